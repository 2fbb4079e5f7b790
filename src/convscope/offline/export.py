"""Export a model to a page, which is written only if the predictions with rounded weights agree."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from convscope.common.atomic import replacing
from convscope.errors import ExportError
from convscope.model.export import RAW_BOUND, Agreement, noise_pictures
from convscope.model.predictor import Predictor
from convscope.offline.page import page
from convscope.offline.weights import rounded
from convscope.pictures.preparation import prepare

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from convscope.model.export import NamedPixels
    from convscope.model.file import Model

_MAX_PARAMETERS = 2**25  # 90 MB of text; larger pages take too long to open in a browser


def export_page(
    model: Model, path: Path, name: str, pictures: Iterable[NamedPixels] = (), licence: str = ""
) -> Agreement:
    """Write a model as a page, after checking its rounded weights against the model.

    Args:
        model: The trained model.
        path: The file to write.
        name: The model's name on the page.
        pictures: Names and raw pixels of pictures to compare on, in addition to noise, as in `export`.
        licence: See `page`.

    Raises:
        ExportError: The predictions with rounded weights differ from the model's, or there are too many
            weights; nothing was written.
        ConvscopeError: The file cannot be written.
    """
    count = sum(weight.size for weight in model.weights.values())
    if count > _MAX_PARAMETERS:
        raise ExportError(
            f"the network is too large for a page: it has {count:,} parameters",
            why=f"a browser would take too long to open it; the limit is {_MAX_PARAMETERS:,}",
            remedy="export it to ONNX, or serve it",
        )
    agreement = compare(model, [*noise_pictures(model.preparation), *pictures])
    text = page(model, name, licence)
    with replacing(path) as file:
        file.write(text.encode())
    return agreement


def compare(model: Model, pictures: Iterable[NamedPixels]) -> Agreement:
    """Compare the predictions of a model with those of the page's weights.

    Raises:
        ExportError: A probability differs by more than `RAW_BOUND`; the message names the worst picture.
    """
    weights = {name: rounded(weight) for name, weight in model.weights.items()}
    exact, coarse = Predictor(model), Predictor(replace(model, weights=weights))
    count, largest, worst = 0, -1.0, ""
    for count, (name, pixels) in enumerate(pictures, start=1):  # noqa: B007 - used after the loop
        prepared = prepare(pixels, model.preparation)[np.newaxis]
        difference = float(np.abs(exact.probabilities(prepared) - coarse.probabilities(prepared)).max())
        if difference > largest:
            largest, worst = difference, name
    if largest > RAW_BOUND:
        raise ExportError(
            f"rounded weights give other answers than the model: they differ most on {worst}",
            why=f"a probability differs by {largest:.1e}, and the tolerance is {RAW_BOUND:.0e}",
            remedy="export to ONNX, which keeps the weights as they are",
        )
    return Agreement(count, largest, worst)
