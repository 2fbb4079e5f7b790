"""Train a network on photos in class folders with PyTorch, from scratch, and evaluate it after some minutes.

    python minutes_torch.py PHOTOS TESTS OUTPUT MINUTES [MINUTES ...]

PHOTOS has the folder train, with class folders. TESTS is a text file with one path per line. OUTPUT is a
folder and gets a file MINUTES.txt with the class of each test photo, one per line. The clock starts with the
process and is stopped while test photos are classified. Pillow decodes in two workers of a DataLoader; the
loop is from PyTorch's tutorials, with Adam, random flips, and the network of `minutes_keras.py`.
"""

from __future__ import annotations

import sys
import time

BEGIN = time.perf_counter()

from pathlib import Path  # noqa: E402  # the clock comes first
from typing import TYPE_CHECKING  # noqa: E402

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402, N812  # PyTorch's own idiom
from torch import Tensor, nn  # noqa: E402
from torch.utils.data import DataLoader  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent.parent))
from contenders.folder_torch import Folder  # noqa: E402
from contenders.torch_steps import chain  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

SIDE = 180
BATCH = 32
NETWORK = "16C3-MP2-32C3-MP2-64C3-MP2-128N"


def main() -> None:
    """Train until the last time limit, and classify the test photos at each."""
    photos, tests, output = map(Path, sys.argv[1:4])
    marks = [float(text) for text in sys.argv[4:]]
    torch.manual_seed(0)
    pictures = Folder(photos / "train", SIDE)
    loader = DataLoader(pictures, BATCH, shuffle=True, num_workers=2, persistent_workers=True)
    model = chain(NETWORK, len(pictures.classes))
    model(torch.zeros(1, 3, SIDE, SIDE))  # initialises the lazy layers
    optimiser = torch.optim.Adam(model.parameters())
    stopped = 0.0
    for maps, labels in forever(loader):
        flipped = torch.where(torch.rand(len(maps), 1, 1, 1) < 1 / 2, maps.flip(3), maps)
        optimiser.zero_grad()
        F.cross_entropy(model(flipped), labels).backward()
        optimiser.step()
        if time.perf_counter() - BEGIN - stopped < 60 * marks[0]:
            continue
        at = time.perf_counter()
        answers = classify(model, pictures, tests.read_text().splitlines())
        (output / f"{marks.pop(0):g}.txt").write_text("\n".join(answers))
        stopped += time.perf_counter() - at
        if not marks:
            break


def forever(loader: DataLoader[tuple[Tensor, int]]) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the batches of one epoch after another."""
    while True:
        yield from loader


@torch.inference_mode()
def classify(model: nn.Module, pictures: Folder, paths: list[str]) -> list[str]:
    """Return the class of each photo."""
    places = [model(pictures.pixels(Path(path))[None]).argmax().item() for path in paths]
    return [pictures.classes[int(place)] for place in places]


if __name__ == "__main__":
    main()
