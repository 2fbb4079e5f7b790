import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from convscope.errors import ConvscopeError
from convscope.model.calibration import reliability
from convscope.training.events import EpochDone
from convscope.training.report.figures import (
    confusion_matrix,
    learning_curves,
    reliability_curves,
    worst_mistakes,
    write,
)

ODD_NAMES = ["$\\frac$", "狐", "two\nlines", "\x1b[31mred", "byte \udcff", "x" * 300]


def epoch(number, *, loss=0.5, validated=True):
    return EpochDone(
        epoch=number,
        epochs=9,
        learning_rate=0.1,
        train_loss=loss,
        train_accuracy_fraction=0.75,
        validation_loss=loss + 1 if validated else None,
        validation_accuracy_fraction=0.5 if validated else None,
        pictures_per_second=1e4,
        elapsed_seconds=float(number),
        remaining_seconds=1.0,
    )


def digits(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def names(axes: Axes) -> list[str]:
    return [label.get_text() for label in axes.get_yticklabels()]


def luminance(colour) -> float:
    # WCAG 2.2, "relative luminance"
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def test_curves_hold_every_epoch_of_training_and_validation():
    figure = learning_curves([epoch(1, loss=2.0), epoch(2, loss=1.0)])
    loss, accuracy = figure.axes
    assert {line.get_label(): list(line.get_ydata()) for line in loss.lines} == {
        "training": [2.0, 1.0],
        "validation": [3.0, 2.0],
    }
    assert [list(line.get_xdata()) for line in accuracy.lines] == [[1, 2], [1, 2]]


def test_curves_leave_validation_out_where_there_is_none():
    figure = learning_curves([epoch(1, validated=False), epoch(2, validated=False)])
    assert [[line.get_label() for line in axes.lines] for axes in figure.axes] == [["training"], ["training"]]


@pytest.mark.parametrize("count", [0, 1, 2, 200])
def test_curves_are_drawn_for_any_number_of_epochs(count, tmp_path):
    figure = learning_curves([epoch(number) for number in range(1, count + 1)])
    write(figure, tmp_path / "curves.png")
    with Image.open(tmp_path / "curves.png", formats=["PNG"]) as picture:
        picture.load()
    for axes in figure.axes:
        assert list(axes.lines[0].get_xdata()) == list(range(1, count + 1))


def test_curves_survive_a_diverged_run(tmp_path):
    figure = learning_curves([epoch(1), epoch(2, loss=float("nan")), epoch(3, loss=float("inf"))])
    write(figure, tmp_path / "c.png")
    assert np.isfinite(figure.axes[0].lines[0].get_ydata()).tolist() == [True, False, False]


def test_confusion_matrix_shows_every_count_of_few_classes():
    figure = confusion_matrix([[5, 1, 0], [0, 7, 2], [3, 0, 9]], ["ape", "bee", "cat"])
    assert digits(figure) == ["5", "1", "0", "0", "7", "2", "3", "0", "9"]
    assert names(figure.axes[0]) == ["ape", "bee", "cat"]


@pytest.mark.slow
@given(st.integers(2, 8), st.data())
def test_digits_can_be_read_on_every_cell(size, data):
    counts = data.draw(st.lists(st.integers(0, 50), min_size=size * size, max_size=size * size))
    axes = confusion_matrix(np.reshape(counts, (size, size)), [str(n) for n in range(size)]).axes[0]
    cells = axes.images[0].to_rgba(axes.images[0].get_array()).reshape(-1, 4)
    for text, cell in zip(axes.texts, cells, strict=True):
        bright, dark = sorted([luminance(cell), luminance(to_rgb(text.get_color()))], reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 2, 10, 30])
def test_digits_stay_inside_their_cells(size, tmp_path):
    figure = confusion_matrix(np.full((size, size), 12345), [str(n) for n in range(size)])
    write(figure, tmp_path / "matrix.png")  # drawing fixes the positions
    axes = figure.axes[0]
    cell = axes.get_window_extent().width / size
    assert max(text.get_window_extent().width for text in axes.texts) < cell
    assert min(text.get_fontsize() for text in axes.texts) >= 5


@pytest.mark.slow
@pytest.mark.parametrize(("size", "named"), [(100, 100), (1000, 100)])
def test_many_classes_go_without_digits_and_very_many_without_all_names(size, named, tmp_path):
    figure = confusion_matrix(np.eye(size, dtype=int), [str(n) for n in range(size)])
    write(figure, tmp_path / "matrix.png")
    assert not digits(figure)
    assert len(names(figure.axes[0])) == named


def test_a_class_without_pictures_has_an_empty_row():
    figure = confusion_matrix([[0, 0], [1, 4]], ["ape", "bee"])
    assert np.isfinite(figure.axes[0].images[0].get_array()).all()


def test_worst_mistakes_come_surest_first_and_leave_out_what_is_right():
    pictures = np.arange(4, dtype=np.uint8).reshape(4, 1, 1, 1) * np.ones((4, 6, 5, 1), np.uint8)
    figure = worst_mistakes(pictures, [0, 1, 0, 1], [1, 1, 1, 0], [0.6, 0.99, 0.9, 0.7], ["ape", "bee"])
    (axes,) = figure.axes
    assert [int(image.get_array()[0, 0]) for image in axes.images] == [2, 3, 0]
    assert axes.texts[0].get_text() == "predicted bee, 90 %\ntrue: ape"


def test_worst_mistakes_show_no_more_than_a_page():
    pictures = np.zeros((500, 4, 4, 3), np.uint8)
    figure = worst_mistakes(pictures, np.zeros(500, int), np.ones(500, int), np.ones(500), ["ape", "bee"])
    assert len(figure.axes[0].images) == 24


@pytest.mark.parametrize("shape", [(6, 5, 1), (1, 200, 3), (200, 1, 3)])
@pytest.mark.parametrize("count", [1, 2, 7, 24])
def test_worst_mistakes_keep_their_shape_and_do_not_overlap(shape, count):
    pictures = np.zeros((count, *shape), np.uint8)
    figure = worst_mistakes(
        pictures, np.zeros(count, int), np.ones(count, int), np.ones(count), ["ape", "bee"]
    )
    figure.draw_without_rendering()
    (axes,) = figure.axes
    boxes = [artist.get_window_extent() for artist in (*axes.images, *axes.texts)]
    assert all(figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 for box in boxes)
    assert all(figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1 for box in boxes)
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
    for box in boxes[:count]:
        assert box.height / box.width == pytest.approx(shape[0] / shape[1])


def test_no_mistakes_is_said():
    figure = worst_mistakes(np.zeros((2, 4, 4, 1), np.uint8), [0, 1], [0, 1], [1, 1], ["ape", "bee"])
    assert [text.get_text() for text in figure.texts] == ["no mistakes"]


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 200, 3), (200, 1, 3)])
def test_any_names_and_shapes_are_drawn(shape, tmp_path):
    size = len(ODD_NAMES)
    pictures = np.full((size, *shape), 128, np.uint8)
    truth = np.arange(size)
    write(
        worst_mistakes(pictures, truth, (truth + 1) % size, np.ones(size), ODD_NAMES),
        tmp_path / "mistakes.png",
    )
    write(confusion_matrix(np.eye(size, dtype=int), ODD_NAMES), tmp_path / "matrix.png")
    for path in tmp_path.iterdir():
        with Image.open(path, formats=["PNG"]) as picture:
            picture.load()


def test_a_figure_that_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(ConvscopeError, match=r"nowhere"):
        write(learning_curves([epoch(1)]), tmp_path / "nowhere" / "curves.png")
    assert list(tmp_path.iterdir()) == []


def test_reliability_shows_every_bin_that_holds_pictures():
    confidence = np.array([0.55, 0.55, 0.95, 0.95, 0.95, 0.95])
    right = np.array([True, False, True, True, True, False])
    before, after = reliability(confidence, right), reliability(confidence - 0.1, right)
    figure = reliability_curves(before, after)
    diagonal, *curves = figure.axes[0].lines
    assert list(diagonal.get_xdata()) == list(diagonal.get_ydata()) == [0, 1]
    np.testing.assert_allclose(curves[0].get_xydata(), [[0.55, 0.5], [0.95, 0.75]])
    np.testing.assert_allclose(curves[1].get_xydata(), [[0.45, 0.5], [0.85, 0.75]])
    assert [curve.get_label() for curve in curves] == [
        "uncalibrated: calibration error 15.0 %",
        "calibrated: calibration error 8.3 %",
    ]
    areas = [points.get_sizes() for points in figure.axes[0].collections]
    np.testing.assert_allclose([each[1] / each[0] for each in areas], [2, 2])
