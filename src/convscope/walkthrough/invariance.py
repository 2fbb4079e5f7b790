"""The invariance lab: how far maps, pooled maps and logits move when the picture does.

    distance = ‖maps - maps of the unchanged picture‖ / ‖maps of the unchanged picture‖

for the maps that go into the network's first pooling, and for the same maps after pooling with its windows:
by maximum, by average, or not at all, where the first cell of each window is kept so that all three have the
same size. In a network without pooling the last maps and windows of 2x2 are used.

The distance of the logits is measured in the same way, for the network as it is and with each of the three in
place of all its poolings, with the same weights.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image

from convscope.model.intermediate import Intermediate
from convscope.model.predictor import Predictor
from convscope.network.notation import Pooling
from convscope.steps import average_pooling, max_pooling, softmax
from convscope.steps.windows import Windows
from convscope.walkthrough.arrays import encode
from convscope.walkthrough.document import After, ByPooling, Invariance, Logits
from convscope.walkthrough.drawing import data_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.network.chain import Step
    from convscope.steps.arrays import Array

Name = Literal["shift", "turn", "scale", "squash"]

_KINDS = {"max": "max_pooling", "average": "average_pooling", "none": "first_cell"}
"""The kind of step that takes the place of every pooling; `first_cell` keeps each window's first cell."""

_STEPS_EITHER_WAY = 4
_FARTHEST_SHIFT = 1 / 4
"""As a share of the width; from 1 pixel on, each shift is twice the one before."""
_FARTHEST_TURN = 40.0
_LARGEST_FACTOR = 1.5


@dataclass(frozen=True, slots=True)
class Change:
    """One kind of change.

    Attributes:
        name: What it is called.
        unit: Of the amounts.
        amounts: How far, in order.
        neutral: The one among them that changes nothing.
    """

    name: Name
    unit: str
    amounts: tuple[float, ...]
    neutral: float


def lab(model: Model, predictor: Predictor, pixels: NDArray[np.uint8]) -> list[Invariance]:
    """Shift, turn, scale and squash a picture and see what moves.

    Args:
        model: The model.
        predictor: The same model, ready to predict.
        pixels: uint8 (height, width, channels), prepared.
    """
    name, windows = maps_to_pool(model)
    engine = Intermediate(model, [name])
    others = _predictors_by_pooling(model, predictor)
    results: list[Invariance] = []
    for change in _changes(pixels.shape[1]):
        moved = np.stack([apply(pixels, change.name, amount) for amount in change.amounts])
        maps = [*engine.values(moved)[name].astype(np.float64)]
        unchanged = change.amounts.index(change.neutral)
        logits = predictor.logits(moved)
        probabilities = [softmax.forward(row / model.temperature) for row in logits]
        results.append(
            Invariance(
                change=change.name,
                amounts=[*change.amounts],
                unit=change.unit,
                thumbnails=[data_url(one) for one in moved],
                logits=encode(logits, "float32"),
                probabilities=encode(np.array(probabilities), "float32"),
                before=distances(maps, unchanged),
                after=After(
                    **{
                        kind: distances(map(pool, maps), unchanged)
                        for kind, pool in _poolings(windows).items()
                    }
                ),
                by_pooling=_by_pooling(others, moved, unchanged) if others else None,
            )
        )
    return results


def apply(pixels: NDArray[np.uint8], name: Name, amount: float) -> NDArray[np.uint8]:
    """Change a picture about its centre; what comes in from outside repeats the edge.

    Args:
        pixels: uint8 (height, width, channels).
        name: Which change.
        amount: Pixels to the right, degrees clockwise, or a factor: of both sides, or of the width alone.

    Example:
        >>> apply(np.array([[[10], [20], [30]]], np.uint8), "shift", 1).ravel().tolist()
        [10, 10, 20]
    """
    height, width = pixels.shape[:2]
    (a, b), (d, e) = _inverse(name, amount)
    shift = amount if name == "shift" else 0
    margin = np.array([height, width])
    framed = np.pad(pixels, ((height, height), (width, width), (0, 0)), mode="edge")
    centre_y, centre_x = margin + np.array([height, width]) / 2
    # Pillow asks where each pixel comes from: x' = a x + b y + c, and likewise y', in the framed picture.
    c = centre_x - a * width / 2 - b * height / 2 - shift
    f = centre_y - d * width / 2 - e * height / 2
    channels = [
        Image.fromarray(np.ascontiguousarray(framed[:, :, channel])).transform(
            (width, height), Image.Transform.AFFINE, (a, b, c, d, e, f), Image.Resampling.BILINEAR
        )
        for channel in range(pixels.shape[2])
    ]
    return np.stack([np.asarray(channel) for channel in channels], axis=2)


def distances(maps: Iterable[Array], reference: int) -> list[float]:
    """Measure how far maps are from those at one place, relative to their length; 0 where they have none.

    Example:
        >>> distances([np.array([3.0, 0.0]), np.array([0.0, 4.0])], reference=1)
        [1.25, 0.0]
    """
    maps = [*maps]
    length = float(np.linalg.norm(maps[reference]))
    return [float(np.linalg.norm(one - maps[reference])) / length if length else 0.0 for one in maps]


def maps_to_pool(model: Model) -> tuple[str, Windows]:
    """Return the name of the step whose maps are pooled first, and the windows of that pooling."""
    chain = model.chain
    pooling = _first_pooling(model)
    if pooling is not None:
        return pooling.inputs[0], pooling.windows
    last_maps = [step for step in chain if step.has_maps][-1]
    return last_maps.name, Windows((2, 2), (2, 2), overhang=True)


def _first_pooling(model: Model) -> Step | None:
    return next((step for step in model.chain if isinstance(step.layer, Pooling)), None)


def _predictors_by_pooling(model: Model, predictor: Predictor) -> dict[str, Predictor] | None:
    """Open the network with each kind of pooling in place of all its poolings; None if it has none."""
    if _first_pooling(model) is None:
        return None
    variants = {name: replace(model, chain=model.chain.with_pooling(kind)) for name, kind in _KINDS.items()}
    return {
        name: predictor if variant.chain == model.chain else Predictor(variant)
        for name, variant in variants.items()
    }


def _by_pooling(predictors: dict[str, Predictor], pictures: NDArray[np.uint8], unchanged: int) -> ByPooling:
    by_name: dict[str, Logits] = {}
    for name, predictor in predictors.items():
        logits = predictor.logits(pictures)
        moved = distances([*logits.astype(np.float64)], unchanged)
        by_name[name] = Logits(logits=encode(logits, "float32"), distances=moved)
    return ByPooling(**by_name)


def _poolings(windows: Windows) -> dict[str, Callable[[Array], Array]]:
    return {
        "max": lambda maps: max_pooling.forward(maps, windows),
        "average": lambda maps: average_pooling.forward(maps, windows),
        "none": lambda maps: windows.slide(maps)[..., 0, 0],
    }


def _changes(width: int) -> tuple[Change, ...]:
    either_way = np.linspace(-1, 1, 2 * _STEPS_EITHER_WAY + 1)
    right = [2.0**n for n in range(width.bit_length()) if 2**n <= max(1, width * _FARTHEST_SHIFT)]
    factors = tuple(np.round(_LARGEST_FACTOR**either_way, 3).tolist())
    return (
        Change("shift", "pixels", (*(-shift for shift in reversed(right)), 0.0, *right), 0),
        Change("turn", "°", tuple((either_way * _FARTHEST_TURN).tolist()), 0),
        Change("scale", "×", factors, 1),
        Change("squash", "×", factors, 1),
    )


def _inverse(name: Name, amount: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Where a changed picture's (x, y) comes from, both measured from the centre."""
    match name:
        case "shift":
            return (1, 0), (0, 1)
        case "turn":
            angle = math.radians(amount)
            return (math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))
        case "scale":
            return (1 / amount, 0), (0, 1 / amount)
        case "squash":
            return (1 / amount, 0), (0, 1)
