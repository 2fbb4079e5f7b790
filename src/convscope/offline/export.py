"""The page as a file, written only if what it carries answers as the model does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from convscope.common.atomic import replacing
from convscope.errors import ExportError
from convscope.model.export import RAW_BOUND, Agreement, made_up
from convscope.model.predictor import Predictor
from convscope.offline.page import page
from convscope.offline.weights import rounded
from convscope.pictures.preparation import prepare

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from convscope.model.export import Named
    from convscope.model.file import Model

_MAX_PARAMETERS = 2**25  # 90 MB of text; browsers take longer over more than a person waits


def export_page(
    model: Model, path: Path, name: str, pictures: Iterable[Named] = (), licence: str = ""
) -> Agreement:
    """Write a model as a page, its rounded weights checked against the model itself.

    Args:
        model: The trained model.
        path: The file to write.
        name: What the page calls the model.
        pictures: Names and raw pixels of pictures to compare on, beside the made-up ones, as `export` has it.
        licence: As in `page`.

    Raises:
        ExportError: The rounded weights do not answer as the model does, or there are too many of them;
            nothing was written.
        ConvscopeError: The file cannot be written.
    """
    count = sum(weight.size for weight in model.weights.values())
    if count > _MAX_PARAMETERS:
        raise ExportError(
            f"the network is too large for a page: it has {count:,} parameters",
            why=f"a browser shall open it at once; the limit is {_MAX_PARAMETERS:,}",
            remedy="export to ONNX, or serve the model",
        )
    found = compare(model, [*made_up(model.preparation), *pictures])
    text = page(model, name, licence)
    with replacing(path) as file:
        file.write(text.encode())
    return found


def compare(model: Model, pictures: Iterable[Named]) -> Agreement:
    """Hold a model with the page's weights against the model as it is.

    Raises:
        ExportError: A probability differs by more than `RAW_BOUND`; the message names the worst picture.
    """
    carried = {name: rounded(weight) if weight.ndim > 1 else weight for name, weight in model.weights.items()}
    exact, carrying = Predictor(model), Predictor(replace(model, weights=carried))
    count, largest, worst = 0, -1.0, ""
    for count, (name, pixels) in enumerate(pictures, start=1):  # noqa: B007 - its last value is their number
        prepared = prepare(pixels, model.preparation)[np.newaxis]
        difference = float(np.abs(exact.probabilities(prepared) - carrying.probabilities(prepared)).max())
        if difference > largest:
            largest, worst = difference, name
    if largest > RAW_BOUND:
        raise ExportError(
            f"weights of 16 bits do not answer as the model: they differ most on {worst}",
            why=f"probabilities differ by {largest:.1e}, and {RAW_BOUND:.0e} is allowed",
            remedy="export to ONNX, which carries the weights as they are",
        )
    return Agreement(count, largest, worst)
