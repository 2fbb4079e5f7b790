"""Checkpoints: all an interrupted run needs to go on, in `.safetensors` files.

Tensors are named `network.*`, `momentum.*`, `average.*` and, where gradients are scaled, `scale.*`; the
position in the run and what it learns from stand as JSON in the file's metadata, and beside it a checksum of
everything. There are two files that take turns, so that the one before is there if the newest is damaged.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import safetensors
import safetensors.torch
import torch
from pydantic import TypeAdapter, ValidationError

from convscope.common.atomic import replacing
from convscope.common.printable import printable
from convscope.errors import RunError
from convscope.training.learning.loop import Position  # noqa: TC001  # pydantic looks it up

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor

    from convscope.training.learning.loop import Training

NAMES = "checkpoint-1.safetensors", "checkpoint-2.safetensors"
_FORMAT = "3"
_FAULTS = safetensors.SafetensorError, ValidationError, ValueError, OSError


@dataclass(frozen=True, slots=True)
class _Metadata:
    format: str
    number: int
    data_digest: str
    position: Position


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    metadata: _Metadata
    tensors: dict[str, Tensor]


_METADATA = TypeAdapter(_Metadata)


class Checkpoints:
    """The checkpoints of one run.

    Args:
        run: Its folder.
    """

    def __init__(self, run: Path) -> None:
        self._run = run
        self._number = 0

    def save(self, training: Training) -> None:
        """Write a checkpoint, whole or not at all, in the place of the one before the last.

        Raises:
            ConvscopeError: The file cannot be written.
        """
        metadata = _Metadata(_FORMAT, self._number + 1, training.data.catalogue.digest, training.position)
        text = json.dumps(asdict(metadata))
        tensors = {name: tensor.contiguous().cpu() for name, tensor in training.state().items()}
        data = safetensors.torch.save(tensors, {"convscope": text, "checksum": _checksum(tensors, text)})
        with replacing(self._run / NAMES[metadata.number % 2]) as file:
            file.write(data)
        self._number = metadata.number

    def restore(self, training: Training) -> tuple[str, ...]:
        """Bring a training to where its newest checkpoint is that can be used, if it has any.

        Returns:
            What people should know about it, in short sentences.

        Raises:
            RunError: The checkpoints cannot be read, or are not of this training.
        """
        faults: dict[Path, str] = {}
        paths = [path for path in (self._run / name for name in NAMES) if path.exists()]
        for path in sorted(paths, key=_number, reverse=True):
            try:
                newest = _read(path)
            except _FAULTS as error:
                faults[path] = printable(str(error).splitlines()[0])
                continue
            _check(newest, self._run, training)
            _give(newest, training)
            self._number = newest.metadata.number
            return tuple(f"{path.name} was not used: {why}" for path, why in faults.items())
        for path, why in faults.items():
            raise _unusable(path, why)
        return ()

    def remove(self) -> None:
        """Forget the checkpoints of a run that has come to its end."""
        for name in NAMES:
            (self._run / name).unlink(missing_ok=True)


def _checksum(tensors: Mapping[str, Tensor], text: str) -> str:
    digest = hashlib.blake2b(text.encode(), digest_size=16)
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"\0{name} {tensor.dtype} {tuple(tensor.shape)}\0".encode())
        digest.update(tensor.flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _number(path: Path) -> int:
    """Say which checkpoint of its run a file is, from its head alone; -1 if that cannot be read."""
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            return _METADATA.validate_json((file.metadata() or {}).get("convscope", "")).number
    except _FAULTS:
        return -1


def _read(path: Path) -> _Checkpoint:
    with safetensors.safe_open(path, framework="pt") as file:
        notes = file.metadata() or {}
        tensors: dict[str, Tensor] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # no dict
    text = notes.get("convscope", "")
    metadata = _METADATA.validate_json(text)
    if metadata.format != _FORMAT:
        raise ValueError(f"its format is another than {_FORMAT}")
    if notes.get("checksum") != _checksum(tensors, text):
        raise ValueError("its checksum is wrong: it is damaged")
    return _Checkpoint(metadata, tensors)


def _check(found: _Checkpoint, run: Path, training: Training) -> None:
    """Refuse a checkpoint of other pictures, another network or a place that the run does not have."""
    if found.metadata.data_digest != training.data.catalogue.digest:
        raise _unusable(run, "the pictures have changed since")
    kinds, there = (
        {name: (tensor.shape, tensor.dtype) for name, tensor in tensors.items()}
        for tensors in (training.state(), found.tensors)
    )
    path = run / NAMES[found.metadata.number % 2]
    if kinds != there:
        raise _unusable(path, "it is of another network")
    if not _is_within(found.metadata.position, training):
        raise _unusable(path, "it is of a place outside the run")


def _is_within(at: Position, training: Training) -> bool:
    return (
        at.epochs in {training.recipe.epochs, training.recipe.easy_epochs}
        and 0 <= at.epoch <= at.epochs
        and 0 <= at.step <= training.steps
        and 0 <= at.elapsed_seconds < math.inf
        and 0 <= at.loss_sum < math.inf
    )


def _unusable(path: Path, why: str) -> RunError:
    return RunError(f"cannot go on with {path}", why=why, remedy="train anew")


def _give(found: _Checkpoint, training: Training) -> None:
    training.network.load_state_dict(_part(found.tensors, "network."))
    training.optimiser.load_state(_part(found.tensors, "momentum."))
    training.average.load_state(_part(found.tensors, "average."))
    training.scale.load_state(_part(found.tensors, "scale."))
    training.position = found.metadata.position


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
