"""The `.onnx` file of a model, written only if it answers as the model does."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import onnx

from convscope.common.atomic import replacing
from convscope.errors import ExportError
from convscope.model.predictor import Predictor, open_session
from convscope.model.raw_graph import build_raw_graph
from convscope.model.selection import select
from convscope.pictures.preparation import Preparation, prepare
from convscope.pictures.reading import read_picture
from convscope.pictures.sources import open_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.model.selection import Selection
    from convscope.pictures.sources import Source

    Named = tuple[str, NDArray[np.uint8]]

PREPARED_BOUND = 1e-5
"""How far a probability may be off for a picture that has the network's size already."""
RAW_BOUND = 1e-3
"""How far for a picture that the graph resizes."""
_MAX_COMPARED = 1_000
_MAX_CALIBRATED = 300


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


@dataclass(frozen=True, slots=True)
class QuantisationCost:
    """What a quantised graph loses.

    Attributes:
        pictures: How many test pictures it was asked about.
        accuracy_fraction: The share of them that it recognises.
        trained_accuracy_fraction: The share that the model as trained recognises.
        changed: How many it answers differently from the model as trained, rightly or wrongly.
    """

    pictures: int
    accuracy_fraction: float
    trained_accuracy_fraction: float
    changed: int


def export_quantised(model: Model, path: Path, data: str, licence: str = "") -> QuantisationCost:
    """Write a model with 8-bit weights and values and measure what that costs.

    Args:
        model: The trained model.
        path: The file to write.
        data: A source of labelled pictures: its training part shows which values occur, its test part judges.
        licence: As in `build_raw_graph`.

    Raises:
        DataError: The source cannot be used.
        ConvscopeError: The file cannot be written.
    """
    from convscope.model.quantisation import quantise  # noqa: PLC0415 - the tool is slow to import

    learned, judged = select(data, model, "train"), select(data, model, "test")
    graph = quantise(
        build_raw_graph(model, licence), learned.store.pictures[_spread(learned.indices, _MAX_CALIBRATED)]
    )
    coarse, exact = _labels(graph, model, judged)
    write(graph, path)
    return QuantisationCost(
        pictures=len(coarse),
        accuracy_fraction=float((coarse == judged.labels).mean()),
        trained_accuracy_fraction=float((exact == judged.labels).mean()),
        changed=int((coarse != exact).sum()),
    )


def _labels(graph: onnx.ModelProto, model: Model, judged: Selection) -> NDArray[np.int64]:
    """Ask a graph and its model for the labels of the same pictures, a batch in memory: (2, pictures)."""
    session, predictor = open_session(graph, None), Predictor(model)
    found = np.empty((2, len(judged.indices)), np.int64)
    for start in range(0, len(judged.indices), predictor.batch_size):
        part = slice(start, start + predictor.batch_size)
        pictures = judged.store.pictures[judged.indices[part]]
        found[0, part] = np.asarray(session.run(["label"], {"pictures": pictures})[0])
        found[1, part] = predictor.logits(pictures).argmax(axis=1)
    return found


def held_out(model: Model, data: str) -> Iterator[Named]:
    """Read raw test pictures of a source, evenly spread and not more than suffice to compare on.

    Raises:
        DataError: The source cannot be used.
    """
    selection = select(data, model, "test")
    source = open_source(data)
    names = [source.items[place].name for place in _spread(selection.places, _MAX_COMPARED)]
    return raw_pictures(source, names, model.preparation)


def _spread(indices: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    return indices[:: -(-len(indices) // most)]


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
            to be resized, in a probability or by such a share of the score; the message names the worst
            picture.
    """
    session, predictor = open_session(graph, None), Predictor(model)
    size = (model.preparation.height, model.preparation.width)
    outputs = ["probabilities", "score"] if model.open_set else ["probabilities"]
    count, largest, worst, worst_share = 0, 0.0, "", -1.0
    for count, (name, pixels) in enumerate(pictures, start=1):  # noqa: B007 - its last value is their number
        shares, *scores = map(np.asarray, session.run(outputs, {"pictures": pixels[np.newaxis]}))
        (expected,) = predictor.answers(prepare(pixels, model.preparation)[np.newaxis])
        difference = float(np.abs(shares - expected.probabilities).max())
        bound = PREPARED_BOUND if pixels.shape[:2] == size else RAW_BOUND
        share = max(difference, _score_difference(scores, expected.score)) / bound
        largest = max(largest, difference)
        if share > worst_share:
            worst, worst_share = name, share
    if worst_share > 1:
        raise ExportError(
            f"the exported graph does not answer as the model: it differs most on {worst}",
            why=f"what it answers there differs by {worst_share:.1f} times what is allowed",
            remedy="report this, with the model and the picture",
        )
    return Agreement(count, largest, worst)


def _score_difference(found: Sequence[NDArray[np.float32]], expected: float | None) -> float:
    """How far a score is off, as a share of it where it is more than 1."""
    return 0.0 if expected is None else abs(found[0].item() - expected) / max(1.0, abs(expected))


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
