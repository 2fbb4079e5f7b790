"""The checkpoint: all a stopped run needs to go on, in one `.safetensors` file.

Tensors are named `network.*`, `momentum.*` and `average.*`; the position in the run, the settings and where
the pictures are stand as JSON in the file's metadata.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import safetensors
import safetensors.torch
from pydantic import TypeAdapter, ValidationError

from convscope.atomic import replacing
from convscope.errors import RunError
from convscope.training.loop import Position  # noqa: TC001  # pydantic looks it up
from convscope.training.recipe import Settings  # noqa: TC001  # pydantic looks it up

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from convscope.training.loop import Training

NAME = "checkpoint.safetensors"
_FORMAT = "1"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a run came from.

    Attributes:
        data: The source as it was given, made absolute where it is a path.
        data_digest: Of the store, to notice when pictures have changed.
        settings: What the person said.
    """

    data: str
    data_digest: str
    settings: Settings


@dataclass(frozen=True, slots=True)
class _Metadata:
    format: str
    origin: Origin
    position: Position


_METADATA = TypeAdapter(_Metadata)


def save(run: Path, origin: Origin, training: Training) -> None:
    """Write the checkpoint of a run, whole or not at all.

    Raises:
        ConvscopeError: The file cannot be written.
    """
    tensors = {
        **{f"network.{name}": tensor for name, tensor in training.network.state_dict().items()},
        **{f"momentum.{name}": tensor for name, tensor in training.optimiser.state().items()},
        **{f"average.{name}": tensor for name, tensor in training.average.weights.items()},
    }
    metadata = json.dumps(asdict(_Metadata(_FORMAT, origin, training.position)))
    data = safetensors.torch.save(
        {name: t.contiguous() for name, t in tensors.items()}, {"convscope": metadata}
    )
    with replacing(run / NAME) as file:
        file.write(data)


def remove(run: Path) -> None:
    """Forget the checkpoint of a run that has come to its end."""
    (run / NAME).unlink(missing_ok=True)


def read_origin(run: Path) -> Origin:
    """Say where the run that was stopped came from.

    Raises:
        RunError: There is no checkpoint in this folder, or it cannot be read.
    """
    return _metadata(run).origin


def restore(run: Path, training: Training) -> None:
    """Bring a training to where the run was stopped.

    Raises:
        RunError: The checkpoint cannot be read, or is not one of this training.
    """
    position = _metadata(run).position
    try:
        tensors = safetensors.torch.load_file(run / NAME)
        training.network.load_state_dict(_part(tensors, "network."))
        training.optimiser.load_state(_part(tensors, "momentum."))
        training.average.load_state(_part(tensors, "average."))
    except (safetensors.SafetensorError, KeyError, RuntimeError, OSError) as error:
        raise _unusable(run, str(error).splitlines()[0]) from error
    training.position = position


def _metadata(run: Path) -> _Metadata:
    path = run / NAME
    if not path.is_file():
        raise RunError(
            f"there is no stopped run in {run}",
            why=f"it has no {NAME}",
            remedy="name the folder that train wrote",
        )
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            metadata = _METADATA.validate_json(file.metadata()["convscope"])
    except (safetensors.SafetensorError, ValidationError, KeyError, TypeError, OSError) as error:
        raise _unusable(run, str(error).splitlines()[0]) from error
    if metadata.format != _FORMAT:
        raise _unusable(run, f"its format is {metadata.format}, not {_FORMAT}")
    return metadata


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _unusable(run: Path, why: str) -> RunError:
    return RunError(f"cannot go on with {run / NAME}", why=why, remedy="train anew")
