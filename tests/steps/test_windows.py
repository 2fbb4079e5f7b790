import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from convscope.errors import NetworkError, SettingError
from convscope.steps.windows import Windows, output_size


@st.composite
def windows_on_maps(draw):
    """Windows together with maps into which at least one of them fits."""
    size = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    stride = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    padding = draw(st.tuples(st.integers(0, 3), st.integers(0, 3)))
    sides = [draw(st.integers(max(1, size[axis] - 2 * padding[axis]), 8)) for axis in (0, 1)]
    seed = draw(st.integers(0, 2**32 - 1))
    maps = np.random.default_rng(seed).normal(size=(draw(st.integers(1, 3)), *sides))
    return Windows(size, stride, padding, draw(st.booleans())), maps


@given(st.integers(1, 20), st.integers(1, 8), st.integers(1, 8), st.integers(0, 4))
def test_output_size_counts_the_windows_that_fit(size, window, stride, padding):
    starts = range(-padding, size + padding - window + 1, stride)
    assert max(output_size(size, window, stride, padding), 0) == len(starts)


@given(st.integers(1, 20), st.integers(1, 8), st.integers(1, 8), st.data())
def test_output_size_with_overhang_is_that_of_pytorch(size, window, stride, data):
    padding = data.draw(st.integers(0, window // 2), label="padding")
    expected = output_size(size, window, stride, padding, overhang=True)
    try:
        pooled = torch.nn.functional.max_pool1d(
            torch.zeros(1, 1, size), window, stride, padding, ceil_mode=True
        )
    except RuntimeError:
        assert expected < 1
    else:
        assert pooled.shape[-1] == expected


@given(windows_on_maps())
def test_slide_and_read_see_the_same_cells(case):
    windows, maps = case
    patches = windows.slide(maps, fill=-99.0)
    assert patches.shape == (len(maps), *windows.output_shape(*maps.shape[1:]), *windows.size)
    for channel, row, column in np.ndindex(patches.shape[:3]):
        cells = windows.read(maps, channel=channel, row=row, column=column)
        values = [-99.0 if cell.value is None else cell.value for cell in cells]
        assert values == patches[channel, row, column].ravel().tolist()


@given(windows_on_maps())
def test_a_read_cell_has_the_value_of_its_place_in_the_map(case):
    windows, maps = case
    height, width = maps.shape[1:]
    for cell in windows.read(maps, channel=0, row=0, column=0):
        inside = 0 <= cell.row < height and 0 <= cell.column < width
        assert cell.value == (maps[0, cell.row, cell.column] if inside else None)


@given(windows_on_maps(), st.integers(0, 2**32 - 1))
def test_add_back_is_the_transpose_of_slide(case, seed):
    windows, maps = case
    patches = windows.slide(maps)
    others = np.random.default_rng(seed).normal(size=patches.shape)
    returned = windows.add_back(others, maps.shape)
    assert returned.shape == maps.shape
    np.testing.assert_allclose((maps * returned).sum(), (patches * others).sum(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    "setting",
    [{"size": (0, 1)}, {"size": (1, 1), "stride": (1, 0)}, {"size": (1, 1), "padding": (-1, 0)}],
)
def test_impossible_windows_are_refused(setting):
    with pytest.raises(SettingError, match="impossible"):
        Windows(**setting)


def test_a_window_larger_than_the_padded_map_is_refused_with_both_sizes():
    with pytest.raises(NetworkError, match=r"\(5, 5\) does not fit into a map of \(2, 8\)"):
        Windows((5, 5), padding=(1, 1)).output_shape(2, 8)


def test_a_window_that_is_not_there_cannot_be_read():
    with pytest.raises(SettingError, match="column 2"):
        Windows((2, 2)).read(np.zeros((1, 3, 3)), channel=0, row=0, column=2)
