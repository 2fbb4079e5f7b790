"""The `.onnx` file of a model, written only if it answers as the model does."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import onnx

from convscope.atomic import replacing
from convscope.errors import ExportError
from convscope.model.predictor import Predictor, open_session
from convscope.model.raw_graph import build_raw_graph
from convscope.pictures.preparation import Preparation, prepare
from convscope.pictures.reading import read_picture

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.pictures.sources import Source

    Named = tuple[str, NDArray[np.uint8]]

PREPARED_BOUND = 1e-5
"""How far a probability may be off for a picture that has the network's size already."""
RAW_BOUND = 1e-3
"""How far for a picture that the graph resizes."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well an exported graph answers as its model does.

    Attributes:
        pictures: How many pictures both were asked about.
        difference: By how much two probabilities of one class differed at most.
        worst: The picture where the difference was largest for its bound.
    """

    pictures: int
    difference: float
    worst: str


def export(model: Model, path: Path, pictures: Iterable[Named] = (), licence: str = "") -> Agreement:
    """Write a model as an `.onnx` file, checked against the model itself.

    Args:
        model: The trained model.
        path: The file to write.
        pictures: Names and raw pixels of pictures to compare on, beside the made-up ones, which every export
            is compared on: noise of many sizes and shapes.
        licence: As in `build_raw_graph`.

    Raises:
        ExportError: The graph does not answer as the model does; nothing was written.
        ConvscopeError: The file cannot be written.
    """
    graph = build_raw_graph(model, licence)
    found = compare(graph, model, [*made_up(model.preparation), *pictures])
    write(graph, path)
    return found


def write(graph: onnx.ModelProto, path: Path) -> None:
    """Check a graph against ONNX's own rules and write it.

    Raises:
        ConvscopeError: The file cannot be written.
    """
    onnx.checker.check_model(graph, full_check=True)
    with replacing(path) as file:
        file.write(graph.SerializeToString())


def compare(graph: onnx.ModelProto, model: Model, pictures: Iterable[Named]) -> Agreement:
    """Hold a graph from raw pictures against the model it was made of.

    Raises:
        ExportError: They differ by more than `RAW_BOUND`, or by more than `PREPARED_BOUND` where nothing had
            to be resized; the message names the worst picture.
    """
    session, predictor = open_session(graph, None), Predictor(model)
    size = (model.preparation.height, model.preparation.width)
    count, largest, worst, worst_share = 0, 0.0, "", -1.0
    for count, (name, pixels) in enumerate(pictures, start=1):  # noqa: B007 - its last value is their number
        (answer,) = session.run(["probabilities"], {"pictures": pixels[np.newaxis]})
        expected = predictor.probabilities(prepare(pixels, model.preparation)[np.newaxis])
        difference = float(np.abs(np.asarray(answer) - expected).max())
        share = difference / (PREPARED_BOUND if pixels.shape[:2] == size else RAW_BOUND)
        largest = max(largest, difference)
        if share > worst_share:
            worst, worst_share = name, share
    if worst_share > 1:
        raise ExportError(
            f"the exported graph does not answer as the model: it differs most on {worst}",
            why=f"probabilities differ by {worst_share:.1f} times what is allowed",
            remedy="report this, with the model and the picture",
        )
    return Agreement(count, largest, worst)


def made_up(preparation: Preparation) -> Iterator[Named]:
    """Make pictures of noise: smaller and larger than the network's, narrow, wide, grey and in colour."""
    random = np.random.default_rng(0)
    heights, widths = (
        sorted({1, size, size + 1, 3 * size, 4 * size + 3})
        for size in (preparation.height, preparation.width)
    )
    for height, width, channels in product(heights, widths, (1, 3)):
        noise = random.integers(0, 256, (height, width, channels), np.uint8)
        yield f"made-up noise {height}x{width}x{channels}", noise


def raw_pictures(source: Source, names: Iterable[str], preparation: Preparation) -> Iterator[Named]:
    """Read pictures of a source as they are, large photos scaled down by their codec as in training.

    Args:
        source: Where they lie.
        names: Which of them.
        preparation: Says how far a codec may scale down.
    """
    wanted = set(names)
    indices = [index for index, item in enumerate(source.items) if item.name in wanted]
    for index, load in source.iterate(indices):
        name, found = source.items[index].name, load()
        pixels = read_picture(found, name, preparation.shortest_side) if isinstance(found, bytes) else found
        yield name, pixels if pixels.ndim == 3 else pixels[:, :, np.newaxis]
