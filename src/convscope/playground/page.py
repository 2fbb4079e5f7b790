"""The documents for the playground, and its page as a single file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from convscope.errors import NetworkError
from convscope.network.notation import Convolution, Pooling
from convscope.pictures.shapes.kept_drawings import kept_shapes
from convscope.playground.shipped_model import shapes_model
from convscope.walkthrough.arrays import as_text, encode
from convscope.web.html_page import Scripts, html_page
from convscope.web.modules import bundle, styles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.network.chain import Step

KINDS = (
    "image",
    "convolution",
    "relu",
    "max_pooling",
    "average_pooling",
    "flattening",
    "full_connection",
    "softmax",
)
"""The kinds of steps that the page's engine supports, as listed in `web/playground/engine/steps.js`."""
STYLES = tuple(
    f"playground/{name}.css"
    for name in ("playground", "scene/scene", "stage/stage", "learning/learning", "stations/stations")
)
"""The page's style sheets, in addition to the kit's."""
_ALLOWED = {"worker-src": "blob:"}
"""Training runs in a worker that is started from the page's own text."""
_TRAINING, _VALIDATION = (2_000, 1_001), (450, 1_002)
"""Numbers of drawings, and their seeds, which differ from those of the data set `shapes`."""
_GREYS = 17
"""Distance of the grey levels of stored drawings: 16 levels, 0 to 255."""
_SMALLEST = 9
"""Compression level of zlib."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawings:
    """Labelled grey drawings.

    Attributes:
        pixels: (n, height, width), uint8.
        labels: (n,), the index of each drawing's class.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.integer]


def page(network: Mapping[str, object], drawings: Mapping[str, object]) -> str:
    """Write the page as one file.

    Args:
        network: The result of `network_document` or `shapes_network`.
        drawings: The result of `drawings_document` or `shapes_drawings`.

    Returns:
        A complete, self-contained HTML document.
    """
    scripts = Scripts("playground/page.js", {**network, "drawings": drawings}, _ALLOWED)
    return html_page("Playground · convscope", styles(*STYLES), scripts)


@cache
def shapes_network() -> dict[str, object]:
    """Return the document with the built-in network, which the page needs to open."""
    model = shapes_model()
    examples = _draw(model.classes, len(model.classes), _VALIDATION[1])
    return network_document(model, examples.pixels, _TRAINING[0])


@cache
def shapes_drawings() -> dict[str, object]:
    """Return the document with drawings to train on, which are new to the network. It takes seconds."""
    classes = shapes_model().classes
    return drawings_document(_draw(classes, *_TRAINING), _draw(classes, *_VALIDATION))


def _draw(classes: Sequence[str], count: int, seed: int) -> Drawings:
    pixels, labels = kept_shapes(count, seed)
    return Drawings(pixels, np.array([classes.index(label) for label in labels]))


def network_document(model: Model, examples: NDArray[np.uint8], training_count: int) -> dict[str, object]:
    """Return the initial content of the page as JSON values.

    The weights of the output layer are divided by the temperature, so that the displayed logits give the
    displayed probabilities.

    Args:
        model: A trained network for grey drawings, with convolution, ReLU, pooling and full connections.
        examples: An initial drawing of each class, (classes, height, width).
        training_count: Number of training drawings.

    Raises:
        NetworkError: The model has steps that the page does not support, or colour input.
    """
    _check(model)
    output = model.chain.output.name
    weights = {
        name: (array / np.float32(model.temperature if name.startswith(f"{output}.") else 1)).astype("<f4")
        for name, array in model.weights.items()
    }
    return {
        "classes": model.classes,
        "scale": {"mean": model.mean[0], "std": model.std[0]},
        "steps": [_describe(step) for step in model.chain],
        "weights": {name: as_text(array) for name, array in weights.items()},
        "examples": as_text(examples),
        "count": training_count,
        "worker": bundle("playground/training_worker.js"),
    }


def drawings_document(training: Drawings, validation: Drawings) -> dict[str, object]:
    """Return the training and test drawings of the page as JSON values."""
    return {"training": _encode(training), "validation": _encode(validation)}


def _check(model: Model) -> None:
    channels = model.chain.input_shape[0]
    if channels != 1:
        raise NetworkError(
            "the playground is for drawings in grey", why=f"this network reads {channels} channels"
        )
    others = sorted({step.kind for step in model.chain} - {*KINDS})
    if others or any(step.inputs != (before.name,) for before, step in pairwise(model.chain)):
        raise NetworkError(
            f"the playground cannot show {model.notation}",
            why=f"it has {', '.join(others) or 'shortcuts'}",
            remedy="use a chain of convolution, ReLU, pooling and full connections",
        )


def _describe(step: Step) -> dict[str, object]:
    windows = step.windows if isinstance(step.layer, (Convolution, Pooling)) else None
    return {
        "name": step.name,
        "kind": step.kind,
        "title": step.title,
        "inputShape": step.input_shape,
        "shape": step.shape,
        "window": windows.size if windows else (1, 1),
        "stride": windows.stride if windows else (1, 1),
        "padding": windows.padding if windows else (0, 0),
    }


def _encode(drawings: Drawings) -> Mapping[str, object]:
    """Encode drawings with 16 levels of grey, which look the same and take half the space."""
    pixels = np.rint(drawings.pixels / _GREYS).astype(np.uint8) * np.uint8(_GREYS)
    return {
        "pixels": encode(pixels, "uint8", _SMALLEST).model_dump(),
        "labels": [int(label) for label in drawings.labels],
    }
