import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convscope.pictures.preparation import Preparation
from convscope.pictures.sources.arrays import open_arrays
from convscope.pictures.split import Split
from convscope.pictures.store_building import build_store
from convscope.training.data.training_data import TrainingData, training_data
from convscope.training.learning.loop import Training
from convscope.training.machine.machine import Machine
from convscope.training.recipe import resolve
from convscope.training.settings import Settings

from .torchrun import started

MakeData = Callable[..., TrainingData]
MakeTraining = Callable[..., Training]


def stripes(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Noisy pictures of 8x8, a third of them with vertical and a third with horizontal stripes."""
    pictures = np.random.default_rng(seed).integers(0, 60, (count, 8, 8, 1), np.uint8)
    pictures[1::3, :, ::2] += 160
    pictures[2::3, ::2] += 160
    return pictures, np.array(["none", "standing", "lying"])[np.arange(count) % 3]


@pytest.fixture(scope="session")
def noisy_pets(make_once: Callable[..., Path]) -> Callable[[int, int], Path]:
    """A folder of small square colour pictures, alternately of two classes; tests must not change it."""

    def write(folder: Path, count: int, side: int) -> None:
        noise = np.random.default_rng(0).integers(0, 90, (count, side, side, 3), np.uint8)
        for index, pixels in enumerate(noise):
            label = ("dark", "bright")[index % 2]
            (folder / "pets" / label).mkdir(parents=True, exist_ok=True)
            name = folder / "pets" / label / f"{index}.png"
            Image.fromarray(pixels + np.uint8(60 * (index % 2))).save(name)

    return lambda count, side: (
        make_once(f"noisy-{count}-{side}", partial(write, count=count, side=side)) / "pets"
    )


@pytest.fixture
def make_data(tmp_path_factory: pytest.TempPathFactory) -> MakeData:
    """Prepares pictures in memory: the last ones for validation, all others for training."""

    def make(pictures=None, labels=None, validation: int = 0) -> TrainingData:
        if pictures is None:
            pictures, labels = stripes(60)
        _, height, width, channels = pictures.shape
        folder = Path(tmp_path_factory.mktemp("store"))
        store = build_store(
            open_arrays(pictures, labels), Preparation(channels, height, width), folder=folder
        )
        indices = np.arange(len(pictures))
        end = len(pictures) - validation
        return training_data(store, Split(indices[:end], indices[end:], indices[:0], ()))

    return make


@pytest.fixture(scope="module")
def common_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache of all programs started by the tests in a file."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def start(common_cache: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts programs that share a cache; programs that still run after the test are killed."""
    with started(common_cache) as start:
        yield start


@pytest.fixture
def make_training(make_data: MakeData) -> MakeTraining:
    """Starts a small training; keywords are fields of Settings."""

    def make(data: TrainingData | None = None, **said) -> Training:
        data = data or make_data()
        small = {"network": "4C3-MP2-5N", "epochs": 4, "batch_size": 10, "precision": "fp32", **said}
        return Training(data, resolve(Settings(**small), data.statistics, Machine()))

    return make
