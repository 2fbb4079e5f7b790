import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import zero_one_loss

from convscope.errors import NetworkError, SettingError
from convscope.steps import classification_error

tables_of_logits = hnp.arrays(
    np.float64, st.tuples(st.integers(1, 6), st.integers(2, 5)), elements=st.floats(-9, 9), unique=True
)


@given(tables_of_logits, st.data())
def test_the_mean_over_pictures_is_the_zero_one_loss_of_scikit_learn(table, data):
    labels = data.draw(st.lists(st.integers(0, table.shape[1] - 1), min_size=len(table), max_size=len(table)))
    errors = [
        classification_error.forward(logits, label) for logits, label in zip(table, labels, strict=True)
    ]
    assert np.mean(errors) == pytest.approx(zero_one_loss(labels, table.argmax(axis=1)))


@given(tables_of_logits)
def test_the_gradient_is_the_slope_which_is_zero_beside_a_jump(table):
    logits = table[0]
    gap = np.diff(np.sort(logits)).min() / 4
    for class_index in range(len(logits)):
        nudged = logits + gap * np.eye(len(logits))[class_index]
        assert classification_error.forward(nudged, 0) == classification_error.forward(logits, 0)
    np.testing.assert_array_equal(classification_error.gradient(logits, 0), np.zeros_like(logits))


def test_the_first_of_equal_classes_is_predicted():
    explained = classification_error.explain([1, 3, 3], true_class=2)
    assert (explained.predicted_class, explained.true_class, explained.result) == (1, 2, 1.0)


@pytest.mark.parametrize(
    "measure", [classification_error.forward, classification_error.gradient, classification_error.explain]
)
def test_bad_arguments_are_named(measure):
    with pytest.raises(SettingError, match="true_class 2"):
        measure([0, 0], 2)
    with pytest.raises(NetworkError, match=r"logits of shape \(1, 2\)"):
        measure([[0, 0]], 0)
