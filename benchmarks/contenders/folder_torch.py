"""Train on a folder with PyTorch as in its tutorials: Pillow in two workers, a plain loop in float32.

python contenders/folder_torch.py FOLDER SIDE NETWORK EPOCHS
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own idiom
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

sys.path.insert(0, str(Path(__file__).parent.parent))
from contenders.torch_steps import chain

BATCH = 128


class Folder(Dataset[tuple[Tensor, int]]):
    """Pictures of class folders, decoded and resized on each access."""

    def __init__(self, folder: Path, side: int) -> None:
        self.classes = sorted(path.name for path in folder.iterdir())
        self.files = sorted(path for path in folder.glob("*/*") if path.is_file())
        self.side = side

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        path = self.files[index]
        return self.pixels(path), self.classes.index(path.parent.name)

    def pixels(self, path: Path) -> Tensor:
        """Decode and resize a picture."""
        with Image.open(path) as picture:
            pixels = np.array(picture.convert("RGB").resize((self.side, self.side)), np.float32)
        return torch.from_numpy(pixels).permute(2, 0, 1) / 255


def main() -> None:
    """Train, and print the time at the end of each epoch."""
    folder, side, network, epochs = sys.argv[1:]
    pictures = Folder(Path(folder) / "train", int(side))
    loader = DataLoader(pictures, BATCH, shuffle=True, num_workers=2, persistent_workers=True)
    model = chain(network, len(pictures.classes))
    model(torch.zeros(1, 3, int(side), int(side)))  # initialises the lazy layers
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    for epoch in range(1, int(epochs) + 1):
        for maps, labels in loader:
            optimiser.zero_grad()
            F.cross_entropy(model(maps), labels).backward()
            optimiser.step()
        print("epoch", epoch, flush=True)


if __name__ == "__main__":
    main()
