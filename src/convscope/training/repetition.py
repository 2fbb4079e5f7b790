"""Making a model again from its receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from convscope.errors import ModelFileError
from convscope.training import session
from convscope.training.recipe import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convscope.model.file import Model
    from convscope.pictures.sources import Data
    from convscope.training.events import Listener

_SETTINGS = TypeAdapter(Settings)
_THREADS = range(1, 1025)


def repeat(model: Model, data: Data, *, listeners: Sequence[Listener] = ()) -> Model:
    """Train once more with the settings and the number of threads that a receipt names.

    Args:
        model: The model to make again.
        data: Its pictures.
        listeners: Who is told what happens.

    Raises:
        ModelFileError: The receipt cannot be used; or the time of the run was limited, so that it learned as
            much as the time allowed, never the same twice; or several processes trained, which one cannot
            repeat to the bit.
        ConvscopeError: The pictures cannot be used.
    """
    try:
        settings = _SETTINGS.validate_json(model.receipt["settings"])
        threads = int(model.receipt["threads"])
        processes = int(model.receipt.get("processes", "1"))
    except (KeyError, ValidationError, ValueError) as error:
        raise ModelFileError(
            "the receipt of this model cannot be used", why="it is damaged or old"
        ) from error
    if processes != 1:
        raise ModelFileError(
            "this run cannot be repeated by one process",
            why=f"{processes} trained together, and sums in another order have other last bits",
            remedy="train again under torchrun with as many, and compare the two models",
        )
    if settings.minutes is not None or threads not in _THREADS:
        raise ModelFileError(
            "this run cannot be repeated",
            why="its time was limited" if settings.minutes else f"it took {threads} threads",
            remedy="train with a number of epochs instead",
        )
    return session.train(data, settings, threads=threads, listeners=listeners).model
