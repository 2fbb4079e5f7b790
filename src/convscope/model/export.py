"""Export a model to an `.onnx` file, which is written only if its predictions are the same."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import onnx

from convscope.common.atomic import replacing
from convscope.errors import ExportError
from convscope.model.predictor import Predictor
from convscope.model.raw_graph import build_raw_graph
from convscope.model.selection import select
from convscope.model.session import Session
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

    NamedPixels = tuple[str, NDArray[np.uint8]]

PREPARED_BOUND = 1e-5
"""Tolerance of a probability for a picture that already has the input size of the network."""
RAW_BOUND = 1e-3
"""Tolerance of a probability for a picture that the graph resizes."""
_MAX_COMPARED = 1_000
_MAX_CALIBRATED = 300
MOST_LOST = 0.05
"""Largest acceptable loss of accuracy by quantisation, as a fraction."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well an exported graph agrees with its model.

    Attributes:
        pictures: Number of pictures compared.
        difference: Largest difference between two probabilities.
        worst: The picture with the largest difference relative to its tolerance.
    """

    pictures: int
    difference: float
    worst: str


def export(model: Model, path: Path, pictures: Iterable[NamedPixels] = (), licence: str = "") -> Agreement:
    """Write a model as an `.onnx` file, after checking it against the model.

    Args:
        model: The trained model.
        path: The file to write.
        pictures: Names and raw pixels of pictures to compare on, in addition to noise of many sizes, which is
            always used.
        licence: See `build_raw_graph`.

    Raises:
        ExportError: The graph's predictions differ from the model's; nothing was written.
        ConvscopeError: The file cannot be written.
    """
    graph = build_raw_graph(model, licence)
    agreement = compare(graph, model, [*noise_pictures(model.preparation), *pictures])
    write(graph, path)
    return agreement


@dataclass(frozen=True, slots=True)
class QuantisationCost:
    """The effect of quantisation on accuracy.

    Attributes:
        pictures: Number of test pictures.
        accuracy_fraction: Accuracy of the quantised graph on them.
        trained_accuracy_fraction: Accuracy of the model as trained.
        changed: Number of pictures for which the predicted class changes.
        calibrated: Number of training pictures used to measure the ranges of the activations.
        notes: Remarks on the selection of pictures.
    """

    pictures: int
    accuracy_fraction: float
    trained_accuracy_fraction: float
    changed: int
    calibrated: int
    notes: tuple[str, ...] = ()


def export_quantised(model: Model, path: Path, data: str, licence: str = "") -> QuantisationCost:
    """Write a model with 8-bit weights and activations, and measure the loss of accuracy.

    Args:
        model: The trained model.
        path: The file to write.
        data: A source of labelled pictures: its training set calibrates the quantisation, its test set
            measures the accuracy.
        licence: See `build_raw_graph`.

    Raises:
        DataError: The source cannot be used.
        ExportError: The loss of accuracy exceeds `MOST_LOST`; nothing was written.
        ConvscopeError: The file cannot be written.
    """
    from convscope.model.quantisation import quantise  # noqa: PLC0415 - the tool is slow to import

    train, test = select(data, model, "train"), select(data, model, "test")
    calibrated = train.store.pictures[_spread(train.indices, _MAX_CALIBRATED)]
    graph = quantise(build_raw_graph(model, licence), calibrated)
    quantised, exact = _decided(graph, model, test)
    truth = test.target.indicators(test.labels)
    cost = QuantisationCost(
        pictures=len(truth),
        accuracy_fraction=float((quantised == truth).all(axis=1).mean()),
        trained_accuracy_fraction=float((exact == truth).all(axis=1).mean()),
        changed=int((quantised != exact).any(axis=1).sum()),
        calibrated=len(calibrated),
        notes=test.notes,
    )
    _check_cost(cost)
    write(graph, path)
    return cost


def _check_cost(cost: QuantisationCost) -> None:
    """Refuse a graph that loses too much accuracy; a single additional error may be chance."""
    lost = cost.trained_accuracy_fraction - cost.accuracy_fraction
    if lost > MOST_LOST and round(lost * cost.pictures) > 1:
        raise ExportError(
            f"with 8 bits the accuracy falls from {cost.trained_accuracy_fraction:.2%} to "
            f"{cost.accuracy_fraction:.2%} of {cost.pictures:,} test pictures",
            why=f"values on the {cost.calibrated:,} training pictures, which calibrate it, differ from those "
            "on the test pictures, or the network does not bear 8 bits",
            remedy="give training pictures like those that are to be classified, or leave out --quantise",
        )


def _decided(graph: onnx.ModelProto, model: Model, test: Selection) -> NDArray[np.bool_]:
    """Return the decisions of a graph and of its model for the same pictures, (2, pictures, classes)."""
    session, predictor = Session(lambda: graph, None), Predictor(model)
    decided = np.empty((2, len(test.indices), len(model.classes)), np.bool_)
    for start in range(0, len(test.indices), predictor.batch_size):
        batch = slice(start, start + predictor.batch_size)
        pictures = test.store.pictures[test.indices[batch]]
        shares = np.asarray(session.run(["probabilities"], {"pictures": pictures})[0])
        decided[0, batch] = model.decide(shares)
        decided[1, batch] = model.decide(predictor.probabilities(pictures))
    return decided


def held_out(model: Model, data: str) -> tuple[Iterator[NamedPixels], tuple[str, ...]]:
    """Read up to 1,000 raw test pictures of a source, evenly spread, to compare on.

    Returns:
        The pictures, and remarks on their selection.

    Raises:
        DataError: The source cannot be used.
    """
    selection = select(data, model, "test")
    source = open_source(data, several_labels=model.has_several_labels)
    names = [source.items[index].name for index in _spread(selection.positions, _MAX_COMPARED)]
    return raw_pictures(source, names, model.preparation), selection.notes


def _spread(indices: NDArray[np.int64], limit: int) -> NDArray[np.int64]:
    return indices[:: -(-len(indices) // limit)]


def write(graph: onnx.ModelProto, path: Path) -> None:
    """Validate a graph with ONNX's checker and write it.

    Raises:
        ConvscopeError: The file cannot be written.
    """
    onnx.checker.check_model(graph, full_check=True)
    with replacing(path) as file:
        file.write(graph.SerializeToString())


def compare(graph: onnx.ModelProto, model: Model, pictures: Iterable[NamedPixels]) -> Agreement:
    """Compare the predictions of a graph for raw pictures with those of its model.

    Raises:
        ExportError: A probability, or the score (relative), differs by more than `RAW_BOUND`, or by more than
            `PREPARED_BOUND` for a picture that is not resized; the message names the worst picture.
    """
    # one thread each: the threads of two sessions would busy-wait for each other
    session, predictor = Session(lambda: graph, 1), Predictor(model, threads=1)
    size = (model.preparation.height, model.preparation.width)
    outputs = ["probabilities", "score"] if model.open_set else ["probabilities"]
    count, largest, worst, worst_share = 0, 0.0, "", -1.0
    for count, (name, pixels) in enumerate(pictures, start=1):  # noqa: B007 - used after the loop
        probabilities, *scores = map(np.asarray, session.run(outputs, {"pictures": pixels[np.newaxis]}))
        (expected,) = predictor.answers(prepare(pixels, model.preparation)[np.newaxis])
        difference = float(np.abs(probabilities - expected.probabilities).max())
        bound = PREPARED_BOUND if pixels.shape[:2] == size else RAW_BOUND
        share = max(difference, _score_difference(scores, expected.score)) / bound
        largest = max(largest, difference)
        if share > worst_share:
            worst, worst_share = name, share
    if worst_share > 1:
        raise ExportError(
            f"the exported graph gives other answers than the model: it differs most on {worst}",
            why=f"its answer differs from the model's by {worst_share:.1f} times the tolerance",
            remedy="report this, with the model and the picture",
        )
    return Agreement(count, largest, worst)


def _score_difference(scores: Sequence[NDArray[np.float32]], expected: float | None) -> float:
    """Return the difference of the scores, relative to the expected score if that is above 1."""
    return 0.0 if expected is None else abs(scores[0].item() - expected) / max(1.0, abs(expected))


def noise_pictures(preparation: Preparation) -> Iterator[NamedPixels]:
    """Generate pictures of noise: smaller and larger than the input size, narrow, wide, grey and in colour.

    Rows and columns are resized separately, so not all combinations of heights and widths are needed: each
    height occurs once in grey and once in colour, each time with a different width.
    """
    random = np.random.default_rng(0)
    heights, widths = (
        sorted({1, size, size + 1, 3 * size, 4 * size + 3})
        for size in (preparation.height, preparation.width)
    )
    count = max(len(heights), len(widths))
    for number, (turn, channels) in product(range(count), ((0, 1), (2, 3))):
        height, width = heights[number % len(heights)], widths[(number + turn) % len(widths)]
        noise = random.integers(0, 256, (height, width, channels), np.uint8)
        yield f"noise {height}x{width}x{channels}", noise


def raw_pictures(source: Source, names: Iterable[str], preparation: Preparation) -> Iterator[NamedPixels]:
    """Read pictures of a source without preparing them; the JPEG decoder may scale down as in training.

    Args:
        source: The source.
        names: Names of the pictures.
        preparation: Its size limits how far the decoder may scale down.
    """
    wanted = set(names)
    indices = [index for index, item in enumerate(source.items) if item.name in wanted]
    for index, load in source.iterate(indices):
        name, pixels = source.items[index].name, load()
        if isinstance(pixels, bytes):
            pixels = read_picture(pixels, name, preparation.shortest_side)
        yield name, pixels if pixels.ndim == 3 else pixels[:, :, np.newaxis]
