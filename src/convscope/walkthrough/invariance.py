"""Invariance: how much feature maps, pooled maps and logits change when the picture is transformed.

    distance = ‖maps - maps of the original picture‖ / ‖maps of the original picture‖

It is measured on the input maps of the network's first pooling, and on the same maps after max pooling,
average pooling or no pooling with its windows. No pooling keeps the first cell of each window (subsampling),
so that all three have the same size. For networks without pooling, the last maps and 2x2 windows are used.

The distance of the logits is measured in the same way, for the original network and with each of the three
kinds in place of all its poolings; the weights stay the same.
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
from convscope.network.variants import with_pooling
from convscope.steps import average_pooling, max_pooling
from convscope.steps.windows import Windows
from convscope.walkthrough.arrays import encode
from convscope.walkthrough.drawing import data_url
from convscope.walkthrough.explanation_document import After, ByPooling, Invariance, Logits
from convscope.walkthrough.numpy_chain import NUMPY_STEPS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.network.chain import Step
    from convscope.steps.arrays import Array

Name = Literal["shift", "turn", "scale", "squash"]

_KINDS = {"max": "max_pooling", "average": "average_pooling", "none": "first_cell"}
"""The kind of step that replaces every pooling; `first_cell` keeps the first cell of each window."""

_AMOUNTS_EACH_WAY = 4
_LARGE_NETWORK = 100_000_000
"""Networks with more multiply-adds per picture are not computed with other poolings."""
_THUMBNAIL_SIDE = 128  # in the order of the page
_MAX_SHIFT = 1 / 4
"""Largest shift, as a share of the width; shifts start at 1 pixel and double."""
_MAX_DEGREES = 40.0
_MAX_FACTOR = 1.5


@dataclass(frozen=True, slots=True)
class Transformation:
    """A transformation of the picture, by several amounts.

    Attributes:
        name: Its name.
        unit: The unit of the amounts.
        amounts: The amounts, in ascending order.
        neutral: The amount that changes nothing.
    """

    name: Name
    unit: str
    amounts: tuple[float, ...]
    neutral: float


def measure_invariance(model: Model, predictor: Predictor, pixels: NDArray[np.uint8]) -> list[Invariance]:
    """Shift, rotate, scale and squash a picture, and measure how much maps and logits change.

    Args:
        model: The model.
        predictor: The same model, ready to predict.
        pixels: uint8 (height, width, channels), prepared.
    """
    step, windows = maps_to_pool(model)
    runtime = Intermediate(model, [step])
    predictors = _predictors_by_pooling(model, predictor)
    results: list[Invariance] = []
    last = model.chain.steps[-1]
    share = NUMPY_STEPS[last.family].forward
    for kind in _transformations(pixels.shape[1]):
        moved = np.stack([transform(pixels, kind.name, amount) for amount in kind.amounts])
        maps = [*runtime.values(moved)[step].astype(np.float64)]
        unchanged = kind.amounts.index(kind.neutral)
        logits = predictor.logits(moved)
        probabilities = [share(last, (row / model.temperature,), []) for row in logits]
        results.append(
            Invariance(
                change=kind.name,
                amounts=[*kind.amounts],
                unit=kind.unit,
                thumbnails=[data_url(picture, _THUMBNAIL_SIDE) for picture in moved],
                logits=encode(logits, "float32"),
                probabilities=encode(np.array(probabilities), "float32"),
                before=distances(maps, unchanged),
                after=After(
                    **{
                        name: distances(map(pool, maps), unchanged)
                        for name, pool in _poolings(windows).items()
                    }
                ),
                by_pooling=_by_pooling(predictors, moved, unchanged) if predictors else None,
            )
        )
    return results


def transform(pixels: NDArray[np.uint8], name: Name, amount: float) -> NDArray[np.uint8]:
    """Transform a picture about its centre; beyond the edge, the edge pixels are repeated.

    Args:
        pixels: uint8 (height, width, channels).
        name: The transformation.
        amount: Pixels to the right, degrees clockwise, or a factor: of both sides, or of the width alone.

    Example:
        >>> transform(np.array([[[10], [20], [30]]], np.uint8), "shift", 1).ravel().tolist()
        [10, 10, 20]
    """
    height, width = pixels.shape[:2]
    (a, b), (d, e) = _inverse(name, amount)
    shift = amount if name == "shift" else 0
    margin = np.array([height, width])
    padded = np.pad(pixels, ((height, height), (width, width), (0, 0)), mode="edge")
    centre_y, centre_x = margin + np.array([height, width]) / 2
    # Pillow takes the inverse map, from output to input pixel: x' = a x + b y + c, likewise y'.
    c = centre_x - a * width / 2 - b * height / 2 - shift
    f = centre_y - d * width / 2 - e * height / 2
    channels = [
        Image.fromarray(np.ascontiguousarray(padded[:, :, channel])).transform(
            (width, height), Image.Transform.AFFINE, (a, b, c, d, e, f), Image.Resampling.BILINEAR
        )
        for channel in range(pixels.shape[2])
    ]
    return np.stack([np.asarray(channel) for channel in channels], axis=2)


def distances(maps: Iterable[Array], reference: int) -> list[float]:
    """Return the distance of each map from the reference, relative to its norm; 0 if that norm is 0.

    Example:
        >>> distances([np.array([3.0, 0.0]), np.array([0.0, 4.0])], reference=1)
        [1.25, 0.0]
    """
    maps = [*maps]
    length = float(np.linalg.norm(maps[reference]))
    return [float(np.linalg.norm(each - maps[reference])) / length if length else 0.0 for each in maps]


def maps_to_pool(model: Model) -> tuple[str, Windows]:
    """Return the step whose maps are pooled first, by name, and the windows of that pooling."""
    chain = model.chain
    pooling = _first_pooling(model)
    if pooling is not None:
        return pooling.inputs[0], pooling.windows
    last_maps = [step for step in chain if step.has_maps][-1]
    return last_maps.name, Windows((2, 2), (2, 2), overhang=True)


def _first_pooling(model: Model) -> Step | None:
    return next((step for step in model.chain if isinstance(step.layer, Pooling)), None)


def _predictors_by_pooling(model: Model, predictor: Predictor) -> dict[str, Predictor] | None:
    """Open the network with each kind of pooling instead of its own; None if it has none, or is large."""
    if _first_pooling(model) is None or model.chain.multiply_adds > _LARGE_NETWORK:
        return None
    variants = {name: replace(model, chain=with_pooling(model.chain, kind)) for name, kind in _KINDS.items()}
    return {
        name: predictor if variant.chain == model.chain else Predictor(variant)
        for name, variant in variants.items()
    }


def _by_pooling(predictors: dict[str, Predictor], pictures: NDArray[np.uint8], unchanged: int) -> ByPooling:
    by_name: dict[str, Logits] = {}
    for name, predictor in predictors.items():
        logits = predictor.logits(pictures)
        by_name[name] = Logits(
            logits=encode(logits, "float32"), distances=distances([*logits.astype(np.float64)], unchanged)
        )
    return ByPooling(**by_name)


def _poolings(windows: Windows) -> dict[str, Callable[[Array], Array]]:
    return {
        "max": lambda maps: max_pooling.forward(maps, windows),
        "average": lambda maps: average_pooling.forward(maps, windows),
        "none": lambda maps: windows.slide(maps)[..., 0, 0],
    }


def _transformations(width: int) -> tuple[Transformation, ...]:
    each_way = np.linspace(-1, 1, 2 * _AMOUNTS_EACH_WAY + 1)
    right = [2.0**n for n in range(width.bit_length()) if 2**n <= max(1, width * _MAX_SHIFT)]
    factors = tuple(np.round(_MAX_FACTOR**each_way, 3).tolist())
    return (
        Transformation("shift", "pixels", (*(-shift for shift in reversed(right)), 0.0, *right), 0),
        Transformation("turn", "°", tuple((each_way * _MAX_DEGREES).tolist()), 0),
        Transformation("scale", "×", factors, 1),
        Transformation("squash", "×", factors, 1),
    )


def _inverse(name: Name, amount: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the matrix from a transformed (x, y) to the original one, both measured from the centre."""
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
