"""Readers of files that convscope writes and reads again: models, checkpoints, records, lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import safetensors.numpy
import safetensors.torch

from convscope.errors import ConvscopeError
from convscope.model import file as model_file
from convscope.model.picture_list import differences, listing
from convscope.network.chain_builder import parse_chain
from convscope.pictures.preparation import Preparation
from convscope.pictures.sources.arrays import open_arrays
from convscope.pictures.split import split
from convscope.pictures.store import REST, read_store
from convscope.pictures.store_building import build_store
from convscope.training import run_files
from convscope.training.data.training_data import training_data
from convscope.training.learning.loop import Training
from convscope.training.machine.machine import Machine
from convscope.training.recipe import resolve
from convscope.training.runs import checkpoint as checkpoints
from convscope.training.runs import run_folder
from convscope.training.settings import Settings
from fuzzing.reader import Reader

if TYPE_CHECKING:
    from pathlib import Path

    from convscope.pictures.store import Store


def model(folder: Path) -> Reader:
    """A model file; inside it the JSON with everything but the tensors."""
    path = folder / "model"
    whole = write_model(path)
    tensors, notes = safetensors.numpy.load(whole), _notes(path)

    def written(text: bytes) -> bytes:
        return safetensors.numpy.save(tensors, {"convscope": text.decode(errors="replace")})

    def read(data: bytes) -> None:
        path.write_bytes(data)
        model_file.load(path)

    return Reader([whole], read, [notes["convscope"].encode()], written)


def checkpoint(folder: Path) -> Reader:
    """A checkpoint; inside it the JSON with the position of the run, with a correct checksum."""
    begun = _training(_store(folder))
    run = folder / "run"
    run.mkdir(exist_ok=True)
    checkpoints.Checkpoints(run).save(begun)
    path = run / run_files.CHECKPOINTS[1]
    whole = path.read_bytes()
    tensors, notes = safetensors.torch.load(whole), _notes(path)

    def written(data: bytes) -> bytes:
        text = data.decode(errors="replace")
        notes = {"convscope": text, "checksum": checkpoints._checksum(tensors, text)}  # noqa: SLF001
        return safetensors.torch.save(tensors, notes)

    def read(data: bytes) -> None:
        path.write_bytes(data)
        checkpoints.Checkpoints(run).restore(begun)

    return Reader([whole], read, [notes["convscope"].encode()], written)


def run_record(folder: Path) -> Reader:
    """The record of a run."""
    run_folder.write(folder, run_folder.Record("/pets", Settings(size=(8, 8)), 1))
    path = folder / run_files.RECORD

    def read(data: bytes) -> None:
        path.write_bytes(data)
        run_folder.read(folder)

    return Reader([path.read_bytes()], read)


def picture_list(folder: Path) -> Reader:
    """The list of a model's training pictures."""
    store = _store(folder)

    def read(data: bytes) -> None:
        try:
            differences(data, store)
        except ValueError as error:
            raise ConvscopeError(str(error)) from error

    return Reader([b"".join(listing(store, split(store)))], read)


def store_record(folder: Path) -> Reader:
    """The metadata of prepared pictures."""
    _store(folder)
    path = next((folder / "stores").glob(f"*/{REST}"))

    def read(data: bytes) -> None:
        path.write_bytes(data)
        if read_store(path.parent) is None:
            raise ConvscopeError("there is no store")

    return Reader([path.read_bytes()], read)


def write_model(path: Path) -> bytes:
    """Write a small model file, and return its bytes."""
    chain = parse_chain("2C3-MP2", (1, 8, 8), 2)
    weights = {name: np.zeros(shape, np.float32) for name, shape in chain.parameters.items()}
    model = model_file.Model(chain, ("cat", "dog"), Preparation(1, 8, 8), (0.0,), (1.0,), weights)
    model_file.save(model, path)
    return path.read_bytes()


def _notes(path: Path) -> dict[str, str]:
    with safetensors.safe_open(path, framework="np") as file:
        return cast("dict[str, str]", file.metadata())


def _store(folder: Path) -> Store:
    pictures = np.random.default_rng(0).integers(0, 256, (40, 8, 8), np.uint8)
    source = open_arrays(pictures, ["cat", "dog"] * 20)
    return build_store(source, Preparation(1, 8, 8), folder=folder / "stores")


def _training(store: Store) -> Training:
    data = training_data(store, split(store))
    settings = Settings(network="2C3-MP2", epochs=2, batch_size=8, precision="fp32")
    return Training(data, resolve(settings, data.statistics, Machine()))
