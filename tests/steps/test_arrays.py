import numpy as np
import pytest

from convscope.errors import NetworkError, SettingError
from convscope.steps.arrays import as_array, require_inside


def test_values_become_float64():
    assert as_array(np.ones((2, 3), dtype=np.float32), "weights", neurons=2, inputs=None).dtype == np.float64


@pytest.mark.parametrize("shape", [(3,), (3, 4, 1), (2, 4), (3, 0)])
def test_other_axes_are_refused_and_named(shape):
    with pytest.raises(NetworkError) as refusal:
        as_array(np.zeros(shape), "weights", neurons=3, inputs=None)
    assert f"weights of shape {shape}" in str(refusal.value)
    assert "(neurons = 3, inputs)" in str(refusal.value)


@pytest.mark.parametrize("place", [(0, 5), (2, 0), (-1, 0), (0, -1)])
def test_a_place_outside_is_refused_and_named(place):
    with pytest.raises(SettingError, match=f"row {place[0]}, column {place[1]}"):
        require_inside((2, 5), row=place[0], column=place[1])


def test_every_place_inside_is_accepted():
    for row, column in np.ndindex(2, 5):
        require_inside((2, 5), row=row, column=column)


def test_a_place_needs_an_index_for_every_axis():
    with pytest.raises(SettingError):
        require_inside((2, 5), row=0)
