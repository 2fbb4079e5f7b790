"""The figures of a run: learning curves, reliability diagram, confusion matrix and worst mistakes.

Blue is correct, orange-red is wrong.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import ArrayLike, NDArray

from convscope.common.atomic import replacing
from convscope.common.figure_fonts import readable
from convscope.common.palette import BLUE, DIVERGING, GREY, INK
from convscope.common.percent import percent
from convscope.common.printable import printable
from convscope.model.calibration import Reliability
from convscope.training.events import EpochDone
from convscope.training.report.judged import MOST_MISTAKES
from convscope.walkthrough.panels import picture

_DPI = 120
_MOST_DIGITS = 30  # classes; with more, digits would be too small to read
_MOST_NAMES = 110  # classes; with more, only some are labelled
_TILE_INCHES = 1.9  # width of a mistake's place, and the height of a square picture's
_CAPTION_INCHES = 0.45
_MARGIN_INCHES = 0.1


def learning_curves(rows: Sequence[EpochDone]) -> Figure:
    """Draw loss and accuracy over the epochs, for the training and validation sets.

    Args:
        rows: One event per epoch, in order.

    Returns:
        Two panels, without validation curves if there is no validation set.
    """
    figure = _figure(9, 3.6)
    epochs = [row.epoch for row in rows]
    panels: list[Axes] = list(figure.subplots(1, 2))
    _curves(panels[0], epochs, [row.train_loss for row in rows], [row.validation_loss for row in rows])
    _curves(
        panels[1],
        epochs,
        [row.train_accuracy_fraction for row in rows],
        [row.validation_accuracy_fraction for row in rows],
    )
    panels[0].set_title("loss", loc="left", color=INK)
    panels[0].set_ylim(bottom=0)
    panels[1].set_title("accuracy", loc="left", color=INK)
    panels[1].yaxis.set_major_formatter(PercentFormatter(xmax=1, symbol=" %"))
    return figure


def reliability_curves(before: Reliability, after: Reliability) -> Figure:
    """Draw the reliability diagram: accuracy against confidence; on the diagonal the network is calibrated.

    Each point is a bin; its area is the share of pictures.

    Args:
        before: Reliability without temperature scaling.
        after: Reliability with temperature scaling.
    """
    figure = _figure(4.6, 4.4)
    axes: Axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="#e5e5e5", linewidth=0.8)
    for name, curve, colour in (("uncalibrated", before, GREY), ("calibrated", after, BLUE)):
        filled = curve.pictures > 0
        points = curve.confidence[filled], curve.accuracy_fraction[filled]
        label = f"{name}: calibration error {percent(curve.error)}"
        axes.plot(*points, color=colour, linewidth=1.6, label=label)
        axes.scatter(*points, s=300 * curve.pictures[filled] / curve.pictures.sum(), color=colour)
    axes.set_xlabel("confidence", color=GREY)
    axes.set_ylabel("accuracy", color=GREY)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(xmax=1, symbol=" %"))
    _calm(axes)
    return figure


def confusion_matrix(matrix: ArrayLike, classes: Sequence[str]) -> Figure:
    """Draw the confusion matrix: rows are the true classes, columns the predicted ones.

    Each cell shows its count. It is blue on the diagonal and orange-red elsewhere; its intensity is the
    square root of its share of the row, so that one error in a hundred is still visible. With many classes
    the counts are omitted, with very many also some of the names.

    Args:
        matrix: Counts, (classes, classes).
        classes: Class names, in the order of the matrix.
    """
    counts = np.asarray(matrix, dtype=np.int64)
    size = len(classes)
    depth = np.sqrt(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))
    signed = np.where(np.eye(size, dtype=bool), depth, -depth)
    inches = float(np.clip(0.5 * size, 2.5, 12))
    figure = _figure(inches + 2, inches + 2)
    axes: Axes = figure.subplots()
    axes.imshow(signed, cmap=DIVERGING, vmin=-1, vmax=1, interpolation="nearest")
    if size <= _MOST_DIGITS:
        _write_counts(axes, counts, signed, 72 * inches / size)
    _name_classes(axes, classes, 72 * inches / size)
    return figure


def worst_mistakes(
    pictures: NDArray[np.uint8],
    truth: ArrayLike,
    prediction: ArrayLike,
    probability: ArrayLike,
    classes: Sequence[str],
) -> Figure:
    """Draw the most confident errors, the most confident first.

    Args:
        pictures: (pictures, height, width, channels), 1 or 3 channels, 0 to 255.
        truth: Class indices, (pictures,).
        prediction: Class indices, (pictures,).
        probability: Confidence, (pictures,).
        classes: Class names, by index.
    """
    truth, prediction, probability = np.asarray(truth), np.asarray(prediction), np.asarray(probability)
    wrong = np.flatnonzero(truth != prediction)
    worst = wrong[np.argsort(-probability[wrong], kind="stable")][:MOST_MISTAKES]
    if not len(worst):
        figure = _figure(4, 2.2)
        figure.text(0.5, 0.5, "no mistakes", ha="center", va="center", color=GREY)
        return figure
    columns = min(len(worst), 6)
    rows = -(-len(worst) // columns)
    height, width = pictures.shape[1:3]
    tile_width = max(_TILE_INCHES, 4 / columns)
    tile_height = _CAPTION_INCHES + _place_height(width, height)
    figure = Figure((tile_width * columns, tile_height * rows), facecolor="white")
    # one set of axes, in inches, for all pictures: each set of its own would take 30 ms
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, tile_width * columns), ylim=(tile_height * rows, 0))
    axes.set_axis_off()
    for place, index in enumerate(worst):
        row, column = divmod(place, columns)
        true, predicted = (_shortened(classes[int(labels[index])], 14) for labels in (truth, prediction))
        caption = f"predicted {predicted}, {percent(probability[index], 0)}\ntrue: {true}"
        middle, top = (column + 0.5) * tile_width, row * tile_height + _CAPTION_INCHES
        axes.text(middle, top - 0.06, caption, ha="center", fontsize=8, color=INK, parse_math=False)
        picture(axes, pictures[index], extent=_extent(middle, top, width, height))
    return figure


def write(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, atomically.

    Raises:
        ConvscopeError: The file cannot be written.
    """
    figure.set_dpi(_DPI)
    with readable(figure), replacing(path) as file:
        # `savefig` would draw twice if there is a layout
        FigureCanvasAgg(figure).print_png(file)


def _figure(width_inches: float, height_inches: float) -> Figure:
    layout = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08)
    return Figure((width_inches, height_inches), layout=layout, facecolor="white")


def _place_height(width: int, height: int) -> float:
    """Return the height of a mistake's place without its caption, in inches."""
    return _TILE_INCHES * float(np.clip(height / width, 0.3, 2))


def _extent(middle: float, top: float, width: int, height: int) -> tuple[float, float, float, float]:
    """Return left, right, bottom and top of a mistake's picture, within its margins, in inches."""
    most_width, most_height = (
        inches - 2 * _MARGIN_INCHES for inches in (_TILE_INCHES, _place_height(width, height))
    )
    scale = min(most_width / width, most_height / height)
    return middle - scale * width / 2, middle + scale * width / 2, top + scale * height, top


def _curves(
    axes: Axes, epochs: Sequence[int], train: Sequence[float], validation: Sequence[float | None]
) -> None:
    curves = {"training": (train, GREY)}
    if any(value is not None for value in validation):
        curves["validation"] = ([np.nan if value is None else value for value in validation], BLUE)
    for name, (values, colour) in curves.items():
        marker = "o" if len(epochs) <= 30 else None
        axes.plot(epochs, values, color=colour, linewidth=1.6, marker=marker, markersize=3, label=name)
    axes.set_xlabel("epoch", color=GREY)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    _calm(axes)


def _calm(axes: Axes) -> None:
    axes.legend(frameon=False, labelcolor="linecolor", handlelength=1.2)
    axes.grid(axis="y", color="#e5e5e5", linewidth=0.8)
    axes.tick_params(colors=GREY, length=0)
    axes.spines[:].set_visible(False)


def _write_counts(
    axes: Axes, counts: NDArray[np.int64], signed: NDArray[np.float64], cell_points: float
) -> None:
    letters = max(len(str(counts.max(initial=0))), 2)
    # the width of a digit is about 0.6 of the font size; a fifth of the cell stays free
    fontsize = min(0.8 * cell_points / (0.65 * letters), 0.45 * cell_points, 12)
    for (row, column), count in np.ndenumerate(counts):
        colour = _readable_on(DIVERGING((signed[row, column] + 1) / 2)) if count else GREY
        text = axes.text(column, row, str(count), ha="center", va="center", fontsize=fontsize, color=colour)
        text.set_in_layout(False)  # it is inside its cell anyway, and measuring hundreds of them takes long


def _readable_on(background: Iterable[float]) -> str:
    """Return black or white, whichever has the contrast of 4.5:1 that WCAG 2 requires."""
    red, green, blue, _ = (((level + 0.055) / 1.055) ** 2.4 for level in background)
    return "white" if 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.179 else "black"


def _name_classes(axes: Axes, classes: Sequence[str], cell_points: float) -> None:
    every = -(-len(classes) // _MOST_NAMES)
    positions = list(range(0, len(classes), every))
    names = [_shortened(classes[index], 20) for index in positions]
    fontsize = min(0.8 * cell_points * every, 10)
    upright = max(map(len, names)) * 0.6 * fontsize > cell_points * every
    rotation = 90 if upright else 0
    axes.set_xticks(positions, names, rotation=rotation, fontsize=fontsize, parse_math=False)
    axes.set_yticks(positions, names, fontsize=fontsize, parse_math=False)
    axes.set_xlabel("predicted", color=GREY)
    axes.set_ylabel("true", color=GREY)
    axes.tick_params(colors=INK, length=0)
    axes.spines[:].set_visible(False)


def _shortened(name: str, most: int) -> str:
    name = printable(name)
    return name if len(name) <= most else f"{name[: most - 1]}…"
