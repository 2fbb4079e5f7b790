import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from convscope.offline.weights import rounded, split

weights = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=4, max_side=5),
    elements=st.floats(-(2.0**100), 2.0**100, width=32, allow_subnormal=False),
)


@given(weights)
def test_no_weight_is_further_off_than_half_a_step(values):
    multiples, steps = split(values)
    assert multiples.dtype == np.int16
    assert (steps > 0).all()
    far = np.abs(rounded(values).astype(np.float64) - values).reshape(len(values), -1)
    # what float32 rounds off itself, of a step also where it is among the smallest numbers there are
    room = np.abs(values).reshape(len(values), -1).max(axis=1) * 2.0**-23 + 32_767 * 2.0**-150
    assert (far <= (steps / 2 + room)[:, np.newaxis] * (1 + 1e-6)).all()


@given(weights)
def test_the_order_of_a_filter_stays(values):
    before, after = values.reshape(len(values), -1), rounded(values).reshape(len(values), -1)
    assert (np.diff(np.take_along_axis(after, before.argsort(axis=1), axis=1), axis=1) >= 0).all()


def test_a_filter_without_weights_stays_so():
    assert (rounded(np.zeros((2, 3), np.float32)) == 0).all()
    tiny = np.full((1, 2), 1e-45, np.float32)
    assert np.isfinite(rounded(tiny)).all()
