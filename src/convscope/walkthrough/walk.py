"""The walk: everything about one picture's way through one network, computed from the model's own weights.

`docs/reference/walk.md` explains what it holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from convscope.errors import SettingError
from convscope.model.intake import name_of, pixels_of
from convscope.model.intermediate import Intermediate
from convscope.model.predictor import Predictor
from convscope.model.selection import select
from convscope.network.notation import parse
from convscope.network.shapes import trace
from convscope.pictures.preparation import prepare
from convscope.steps import softmax
from convscope.walkthrough.arrays import encode
from convscope.walkthrough.chain import Step, forward
from convscope.walkthrough.changes import changes
from convscope.walkthrough.document import ImageStep, Note, Walk
from convscope.walkthrough.drawing import data_url
from convscope.walkthrough.invariance import lab
from convscope.walkthrough.linear import no_relu
from convscope.walkthrough.neighbours import neighbours
from convscope.walkthrough.receptive_field import receptive_fields
from convscope.walkthrough.relevance import relevance
from convscope.walkthrough.step_fields import Teller, common_fields, is_large
from convscope.walkthrough.why import why

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.model.intake import Picture
    from convscope.pictures.sources import Data
    from convscope.pictures.store import Progress
    from convscope.walkthrough.document import Neighbour


def walk(
    model: Model,
    picture: Picture,
    *,
    model_name: str = "",
    picture_name: str | None = None,
    truth: str | None = None,
    data: Data | None = None,
    notes: Sequence[Note] = (),
    progress: Progress | None = None,
) -> Walk:
    """Take a picture through a model and tell every step.

    Args:
        model: What `convscope.model.file.load` returns.
        picture: As `convscope.load(...).predict` takes one.
        model_name: What to call the model.
        picture_name: What to call the picture; None takes its path.
        truth: The name of the true class, if it is known.
        data: A source of labelled pictures such as the model was trained on: its training pictures are
            searched for the nearest ones, its test pictures show what the last neurons answer to.
        notes: What is worth telling besides.
        progress: Called with (pictures prepared, pictures in all) while the data are prepared.

    Raises:
        PictureError: The picture cannot be read.
        SettingError: The model has no such class.
        NetworkError: The model's numbers grow beyond all bounds.
        DataError: The data cannot be used, or have a class that the model does not know.
    """
    name = picture_name or name_of(picture, 1)
    original = pixels_of(picture, name)
    pixels = prepare(original, model.preparation)
    predictor = Predictor(model)
    steps = forward(model, pixels)
    size = model.preparation
    shape = size.channels, size.height, size.width
    rows = trace(parse(model.notation), shape, len(model.classes))
    differences = _differences(model, predictor, pixels, steps)
    fields = receptive_fields(steps)
    truth_index = _index_of(truth, model)
    of_inputs = None if data is None else relevance(model, select(data, model, "test", progress=progress))
    teller = Teller(model, truth_index, of_inputs, coarse=is_large(model))
    logits = steps[-1].input
    image = ImageStep(
        **common_fields("image", rows[0], fields[0], differences["image"]),
        original=data_url(original),
        original_shape=[*original.shape[:2], original.shape[2] if original.ndim == 3 else 1],
        changes=changes(picture, original, model),
        pixels=encode(pixels.transpose(2, 0, 1), "uint8"),
        mean=[*model.mean],
        std=[*model.std],
        output=teller.encode(steps[0].output),
    )
    told = [
        teller.tell(step, row, field, differences[step.name])
        for step, row, field in list(zip(steps, rows, fields, strict=True))[1:]
    ]
    return Walk(
        model=model_name,
        picture_name=name,
        network=model.notation,
        classes=[*model.classes],
        truth=truth_index,
        predicted=int(logits.argmax()),
        temperature=model.temperature,
        probabilities=softmax.forward(logits / model.temperature).tolist(),
        largest_difference=max(differences.values()),
        steps=[image, *told, teller.loss(logits, rows[-1], fields[-1])],
        notes=[*notes],
        why=why(steps, model, predictor, pixels),
        neighbours=_neighbours(model, data, steps, progress),
        no_relu=no_relu(model, pixels),
        invariance=lab(model, predictor, pixels),
    )


def _differences(
    model: Model, predictor: Predictor, pixels: NDArray[np.uint8], steps: Sequence[Step]
) -> dict[str, float]:
    """How far each step is from what the engine computes: the largest absolute difference.

    The engine's probabilities are calibrated, so those are compared.
    """
    names = [step.name for step in steps if step.kind != "softmax"]
    engine = Intermediate(model, names).values(pixels[np.newaxis])
    found = {
        step.name: float(np.abs(step.output - engine[step.name][0]).max())
        for step in steps
        if step.kind != "softmax"
    }
    probabilities = softmax.forward(steps[-1].input / model.temperature)
    difference = np.abs(probabilities - predictor.probabilities(pixels[np.newaxis])[0])
    return {**found, "softmax": float(difference.max())}


def _neighbours(
    model: Model, data: Data | None, steps: Sequence[Step], progress: Progress | None
) -> list[Neighbour]:
    if data is None:
        return []
    features = steps[-2].input
    return neighbours(model, select(data, model, "train", progress=progress), features)


def _index_of(truth: str | None, model: Model) -> int | None:
    if truth is None:
        return None
    if truth not in model.classes:
        raise SettingError(
            f"the model has no class {truth!r}", remedy=f"choose from {', '.join(model.classes[:10])}"
        )
    return model.classes.index(truth)
