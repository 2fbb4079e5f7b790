"""Train a network on photos in class folders with fastai, within some minutes.

    python minutes_fastai.py PHOTOS TESTS OUTPUT START MINUTES

PHOTOS has the folder train, with class folders. TESTS is a text file with one path per line. OUTPUT is a
folder and gets a file MINUTES.txt with the class of each test photo, one per line; none if not even one epoch
fits. The clock starts with the process and ends before the test photos are classified.

START is "lite0": `fine_tune` of the backbone that convscope starts from, at 224x224; if an epoch of all
layers does not fit, `fit_one_cycle` of the head only. Or it is "scratch": `fit_one_cycle` of xresnet18 at
128x128, as in fastai's examples on Imagenette. The number of epochs is estimated by timing eight batches.
Everything else is fastai's default.
"""

# ruff: noqa: E402  # the clock comes first

from __future__ import annotations

import sys
import time

BEGIN = time.perf_counter()

from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from contenders.folder_fastai import MEAN, STD, load_weights  # isort: skip  # needed to import torchvision
from fastai.vision.all import (
    ImageDataLoaders,
    Learner,
    Normalize,
    Resize,
    aug_transforms,
    set_seed,
    vision_learner,
    xresnet18,
)

BATCH = 32
TIMED = 8


def main() -> None:
    """Train as long as there is time, and classify the test photos."""
    photos, tests, output = map(Path, sys.argv[1:4])
    start, minutes = sys.argv[4], float(sys.argv[5])
    set_seed(0, reproducible=True)
    learner = pretrained(photos) if start == "lite0" else from_scratch(photos)
    with learner.no_bar(), learner.no_logging():
        if not train(learner, 60 * minutes, is_pretrained=start == "lite0"):
            return
        paths = [Path(line) for line in tests.read_text().splitlines()]
        answers, _ = learner.get_preds(dl=learner.dls.test_dl(paths))
    classes = [learner.dls.vocab[place] for place in answers.argmax(1).tolist()]
    (output / f"{minutes:g}.txt").write_text("\n".join(classes))


def train(learner: Learner, seconds: float, *, is_pretrained: bool) -> bool:
    """Train for as many epochs as fit; return whether at least one did."""
    epoch = seconds_per_epoch(learner)
    if is_pretrained:
        learner.unfreeze()
        all_layers = seconds_per_epoch(learner)
        learner.freeze()
        epochs = int((seconds - (time.perf_counter() - BEGIN) - epoch) / all_layers)
        if epochs >= 1:
            learner.fine_tune(epochs)
            return True
    epochs = int((seconds - (time.perf_counter() - BEGIN)) / epoch)
    if epochs < 1:
        return False
    learner.fit_one_cycle(1 if is_pretrained else epochs)
    return True


def seconds_per_epoch(learner: Learner) -> float:
    """Time a few batches, without training on them."""
    loader, rate = learner.dls.train, 0.0
    learner.create_opt()
    begin = time.perf_counter()
    for number, (pictures, labels) in enumerate(loader, 1):
        learner.loss_func(learner.model(pictures), labels).backward()
        learner.opt.zero_grad()
        if number == TIMED:
            rate = (time.perf_counter() - begin) / TIMED
            break
    learner.opt = None
    return rate * len(loader)


def pretrained(photos: Path) -> Learner:
    """Create the learner from pretrained features."""
    learner = vision_learner(loaders(photos, 224), "tf_efficientnet_lite0", pretrained=False, normalize=False)
    load_weights(learner.model[0].model)
    learner.freeze()
    return learner


def from_scratch(photos: Path) -> Learner:
    """Create the learner of a network with random weights."""
    pictures = loaders(photos, 128)
    return Learner(pictures, xresnet18(n_out=len(pictures.vocab)))


def loaders(photos: Path, side: int) -> ImageDataLoaders:
    """Load all training photos; fastai requires a validation set, which is not used here: 1 in 100."""
    normalise = Normalize.from_stats(MEAN, STD)
    return ImageDataLoaders.from_folder(
        photos / "train",
        valid_pct=0.01,
        seed=0,
        bs=BATCH,
        item_tfms=Resize(side),
        batch_tfms=[*aug_transforms(), normalise],
    )


if __name__ == "__main__":
    main()
