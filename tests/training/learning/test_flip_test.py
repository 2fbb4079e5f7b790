import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.metrics import confusion_matrix

from convscope.training.learning.flip_test import _informedness, flips_are_harmless


def taken_for(labels, *, wrong):
    """Correct predictions, except for a share of each class, which is predicted as the next one."""
    predicted = labels.copy()
    classes = labels.max() + 1
    for label, share in enumerate(np.broadcast_to(wrong, classes)):
        members = np.flatnonzero(labels == label)
        predicted[members[: round(share * len(members))]] = (label + 1) % classes
    return predicted


def flip_verdict(labels, predicted, mirrored, classes):
    """Return the verdict on predicted classes, given as indices."""
    matrices = (np.eye(len(classes), dtype=bool)[one] for one in (labels, predicted, mirrored))
    return flips_are_harmless(*matrices, classes)


LABELS = np.repeat(np.arange(4), 100)
CLASSES = ("keep left", "keep right", "stop", "go")


@pytest.mark.parametrize(
    ("wrong", "wrong_mirrored", "mirror"),
    [
        (0, 0, True),
        (0.1, 0.2, True),
        ([0, 0, 0, 0], [0.9, 0.9, 0, 0], False),  # two signs that are mirror images of each other
        ([0, 0, 0, 0], [0.9, 0, 0, 0], False),  # one class is enough
        (0.8, 0.8, None),
        ([0, 0, 0, 0.9], [0, 0, 0, 0.9], None),  # a class that is not learned yet may be the one that is lost
    ],
)
def test_mirroring_is_harmless_where_every_class_is_still_recognised(wrong, wrong_mirrored, mirror):
    predicted, mirrored = (taken_for(LABELS, wrong=share) for share in (wrong, wrong_mirrored))
    assert flip_verdict(LABELS, predicted, mirrored, CLASSES).flip is mirror


def test_the_class_that_suffers_most_is_named():
    verdict = flip_verdict(LABELS, LABELS, taken_for(LABELS, wrong=[0, 0.95, 0, 0.65]), CLASSES)
    assert "'keep right'" in verdict.reason
    assert "100.0 % are recognised, 60.0 % of the flipped ones" in verdict.reason


def test_a_class_with_a_few_pictures_says_nothing():
    labels = np.array([0] * 50 + [1] * 50 + [2] * 4)
    mirrored = np.where(labels == 2, 0, labels)
    assert flip_verdict(labels, labels, mirrored, ("a", "b", "rare")).flip is True
    assert flip_verdict(np.arange(3), np.arange(3), np.arange(3), ("a", "b", "c")).flip is None


def test_informedness_is_hit_rate_less_false_alarm_rate():
    random = np.random.default_rng(0)
    labels, predicted = random.integers(0, 5, 300), random.integers(0, 5, 300)
    table = confusion_matrix(labels, predicted)
    hits, own, called = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    expected = hits / own - (called - hits) / (300 - own)
    found, _ = _informedness(*(np.eye(5, dtype=bool)[one] for one in (labels, predicted)))
    np.testing.assert_allclose(found, expected)


def test_its_standard_error_is_how_much_it_varies_between_samples():
    random = np.random.default_rng(0)
    truth = np.repeat([[True], [False]], (60, 240), axis=0)
    samples = [random.random((300, 1)) < np.where(truth, 0.7, 0.2) for _ in range(2_000)]
    found, errors = np.array([_informedness(truth, one) for one in samples]).squeeze().T
    assert errors.mean() == pytest.approx(found.std(), rel=0.05)


@pytest.mark.parametrize(("pictures", "flip"), [(20, True), (200, False)])
def test_a_class_is_lost_only_if_chance_cannot_explain_it(pictures, flip):
    """Four fifths are correct, and a third of the flipped ones: of 20 this may be chance, of 200 not."""
    labels = np.repeat(np.arange(2), (pictures, 5 * pictures))
    plain, flipped = (
        np.where((labels == 0) & (np.arange(len(labels)) >= share * pictures), 1, labels)
        for share in (0.8, 0.3)
    )
    assert flip_verdict(labels, plain, flipped, ("bird", "plane")).flip is flip


def decided(make_training, make_data, pictures, labels):
    """Train until it is decided whether to mirror."""
    training = make_training(make_data(pictures, labels), network=None, epochs=30, batch_size=32)
    training.run(wants_stop=lambda: training.position.flip is not None)
    return training.position.flip


def disc(height, width, row, column, radius):
    rows, columns = np.indices((height, width))
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


def drawn(kind, random):
    """Draw a picture of 16x16: an arrow to the left or right, or a face, tree or cup from the front."""
    picture = random.integers(0, 80, (16, 16, 1), np.uint8)
    shade = random.integers(150, 256)
    row, half = random.integers(6, 10), random.integers(4, 7)
    shape = np.zeros((16, 16), bool)
    if kind in {"left", "right"}:
        shape[row, 8 - half : 8 + half] = True
        for step in range(half):
            shape[[row - step // 2, row + step // 2], 8 - half + step] = True
        shape = shape if kind == "left" else shape[:, ::-1]
    elif kind == "face":
        shape = disc(16, 16, row, 7.5, half) & ~disc(16, 16, row - 2, 5.5, 1) & ~disc(16, 16, row - 2, 9.5, 1)
    elif kind == "tree":
        for step in range(8):
            shape[3 + step, 7 - step // 2 : 9 + step // 2] = True
        shape[11:15, 7:9] = True
    else:
        shape[row - 3 : row + 4, 7 - half + 2 : 9 + half - 2] = True
    picture[np.roll(shape, random.integers(-1, 2, 2), (0, 1))] = shade
    return picture


def pictures_of(*kinds):
    random = np.random.default_rng(0)
    labels = np.array(kinds)[random.integers(0, len(kinds), 600)]
    return np.stack([drawn(kind, random) for kind in labels]), labels


@pytest.mark.slow
def test_arrows_are_not_mirrored(make_training, make_data):
    assert decided(make_training, make_data, *pictures_of("left", "right", "face")) is False


@pytest.mark.slow
def test_things_that_look_the_same_from_the_left_and_the_right_are_mirrored(make_training, make_data):
    assert decided(make_training, make_data, *pictures_of("face", "tree", "cup")) is True


@pytest.mark.slow
def test_digits_are_not_mirrored(make_training, make_data):
    digits = load_digits()
    pictures = (digits["images"] * 255 / 16).astype(np.uint8)[..., np.newaxis]
    assert decided(make_training, make_data, pictures, digits["target"]) is False
