import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from convscope.offline.weights import MAX_EXACT, rounded, split

weights = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=4, max_side=5),
    elements=st.floats(-(2.0**100), 2.0**100, width=32, allow_subnormal=False),
)


@given(weights)
def test_no_weight_is_further_off_than_half_a_step(values):
    multiples, scales = split(values)
    steps = np.array(scales)
    assert np.abs(multiples).max() <= 32_767
    assert (steps > 0).all()
    by_filter = (-1, *[1] * (values.ndim - 1))
    far = np.abs(multiples * steps.reshape(by_filter) - values)
    assert (far <= steps.reshape(by_filter) / 2 * (1 + 1e-9)).all()
    largest = np.abs(values).reshape(len(values), -1).max(axis=1).astype(np.float64)
    assert (steps[largest > 0] <= (largest / 32_767 * 1.0011)[largest > 0]).all()


@given(weights)
def test_the_order_of_a_filter_stays(values):
    before, after = values.reshape(len(values), -1), split(values)[0].reshape(len(values), -1)
    assert (np.diff(np.take_along_axis(after, before.argsort(axis=1), axis=1), axis=1) >= 0).all()


def test_a_filter_without_weights_stays_so():
    assert (rounded(np.zeros((2, MAX_EXACT), np.float32)) == 0).all()
    tiny = np.full((1, MAX_EXACT + 1), 1e-45, np.float32)
    assert np.isfinite(rounded(tiny)).all()


def test_small_layers_and_biases_are_not_rounded():
    random = np.random.default_rng(0)
    for shape in [(8, MAX_EXACT // 8), (MAX_EXACT + 1,)]:
        values = random.normal(size=shape).astype(np.float32)
        assert (rounded(values) == values).all()
    values = random.normal(size=(1, MAX_EXACT + 1)).astype(np.float32)
    assert (rounded(values) != values).any()
