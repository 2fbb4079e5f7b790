"""Checkpoints: the state needed to resume a stopped run, in `.safetensors` files.

They hold the tensors of a training by name: `network.*`, `momentum.*`, ... The metadata of the file holds, as
JSON, the position of the run, the digest of its data, and a checksum of everything. Two files are written
alternately, so that the previous one is available if the newest is damaged.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Protocol

import safetensors
import safetensors.torch
import torch
from pydantic import TypeAdapter, ValidationError

from convscope.common.atomic import replacing
from convscope.common.printable import printable
from convscope.errors import RunError
from convscope.training.learning.progress import Position  # noqa: TC001  # pydantic looks it up
from convscope.training.run_files import CHECKPOINTS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor

    from convscope.training.data.training_data import TrainingData

SECONDS_BETWEEN = 20.0
"""Seconds between checkpoints: a killed run loses at most this much work; a checkpoint takes milliseconds."""
_FORMAT = "4"
_FAULTS = safetensors.SafetensorError, ValidationError, ValueError, OSError


class Resumable(Protocol):
    """A training that can be stopped and resumed."""

    position: Position

    @property
    def data(self) -> TrainingData:
        """The pictures."""
        ...

    def state(self) -> dict[str, Tensor]:
        """Return the state of the training, by name; the tensors themselves, not copies."""
        ...

    def has_position(self, position: Position) -> bool:
        """Whether a position is within this training."""
        ...


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
        run: The run folder.
    """

    def __init__(self, run: Path) -> None:
        self._run = run
        self._number = 0
        self._saved_at = time.monotonic()

    def save_if_due(self, training: Resumable) -> None:
        """Write a checkpoint if the last one is `SECONDS_BETWEEN` seconds old."""
        if time.monotonic() - self._saved_at >= SECONDS_BETWEEN:
            self.save(training)

    def save(self, training: Resumable) -> None:
        """Write a checkpoint atomically, replacing the second newest.

        Raises:
            ConvscopeError: The file cannot be written.
        """
        metadata = _Metadata(_FORMAT, self._number + 1, training.data.all.catalogue.digest, training.position)
        text = json.dumps(asdict(metadata))
        tensors = {name: tensor.contiguous().cpu() for name, tensor in training.state().items()}
        data = safetensors.torch.save(tensors, {"convscope": text, "checksum": _checksum(tensors, text)})
        with replacing(self._run / CHECKPOINTS[metadata.number % 2]) as file:
            file.write(data)
        self._number, self._saved_at = metadata.number, time.monotonic()

    def restore(self, training: Resumable) -> tuple[str, ...]:
        """Load the newest checkpoint that is not damaged, if there is one.

        Returns:
            Messages about damaged checkpoints, in short sentences.

        Raises:
            RunError: All checkpoints are damaged, or they belong to another training.
        """
        faults: dict[Path, str] = {}
        paths = [path for path in (self._run / name for name in CHECKPOINTS) if path.exists()]
        for path in sorted(paths, key=_number, reverse=True):
            try:
                newest = _read(path)
            except _FAULTS as error:
                faults[path] = printable(str(error).splitlines()[0])
                continue
            _check(newest, self._run, training)
            _load(newest, training)
            self._number = newest.metadata.number
            return tuple(f"{path.name} was not used: {why}" for path, why in faults.items())
        for path, why in faults.items():
            raise _unusable(path, why)
        return ()


def _checksum(tensors: Mapping[str, Tensor], text: str) -> str:
    digest = hashlib.blake2b(text.encode(), digest_size=16)
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"\0{name} {tensor.dtype} {tuple(tensor.shape)}\0".encode())
        digest.update(tensor.flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _number(path: Path) -> int:
    """Return the number of a checkpoint from its file header; -1 if that cannot be read."""
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
        raise ValueError(f"its format is {metadata.format}, not {_FORMAT}")
    if notes.get("checksum") != _checksum(tensors, text):
        raise ValueError("its checksum is wrong")
    return _Checkpoint(metadata, tensors)


def _check(checkpoint: _Checkpoint, run: Path, training: Resumable) -> None:
    """Raise if a checkpoint has different pictures, a different network or a position outside the run."""
    if checkpoint.metadata.data_digest != training.data.all.catalogue.digest:
        raise _unusable(run, "the pictures have changed since")
    wanted, found = (
        {name: (tensor.shape, tensor.dtype) for name, tensor in tensors.items()}
        for tensors in (training.state(), checkpoint.tensors)
    )
    path = run / CHECKPOINTS[checkpoint.metadata.number % 2]
    if wanted != found:
        raise _unusable(path, "it is of another network")
    if not training.has_position(checkpoint.metadata.position):
        raise _unusable(path, "its position is outside the run")


def _unusable(path: Path, why: str) -> RunError:
    return RunError(f"cannot resume from {path}", why=why, remedy="train anew")


def _load(checkpoint: _Checkpoint, training: Resumable) -> None:
    with torch.no_grad():
        for name, tensor in training.state().items():
            tensor.copy_(checkpoint.tensors[name])
    training.position = checkpoint.metadata.position
