"""The modules without a page, compared with NumPy or Python, in a real browser."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convscope.steps import flattening
from convscope.steps.windows import Windows
from convscope.walkthrough.arrays import STORED, encode, encode_rounded

finite = st.floats(allow_nan=False, allow_infinity=False, width=32)


@pytest.fixture(scope="module")
def run(smiley):
    """Call a module's function, `run("kit/numbers.js", "three", [1.5])`, once for each list of arguments."""
    smiley.go("")

    def run(module, function, *calls):
        return smiley.tab.evaluate(
            """async ([module, name, calls]) => {
              const found = (await import(`convscope/${module}`))[name];
              return Promise.all(calls.map((call) => found(...call)));
            }""",
            [module, function, [list(call) for call in calls]],
        )

    return run


@settings(max_examples=10)
@given(st.lists(finite, min_size=20, max_size=50))
def test_numbers_keep_three_digits_and_all_of_them_on_demand(run, number, values):
    for text, whole, value in zip(
        run("kit/numbers.js", "three", *([value] for value in values)),
        run("kit/numbers.js", "full", *([value] for value in values)),
        values,
        strict=True,
    ):
        assert "-" not in text
        assert math.isclose(number(text), value, rel_tol=0.00501, abs_tol=0)
        assert math.isclose(number(whole), value, rel_tol=1e-8)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-4, "−4"),
        (1234, "1234"),
        (0.1, "0.1"),
        (-0.05, "−0.05"),
        (2.5001, "2.5"),
        (12.345, "12.3"),
        (123.45, "123"),
        (246000.7, "246,000"),
        (0.0000123, "1.23×10⁻⁵"),
        (-6.02e23, "−6.02×10²³"),
    ],
)
def test_numbers_as_a_person_writes_them(run, value, text):
    assert run("kit/numbers.js", "three", [value]) == [text]


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (1, "100 %"), (0.9999, "> 99.9 %"), (0.0001, "< 0.1 %"), (0.9713, "97.1 %")],
)
def test_shares_are_not_certain_unless_they_are(run, share, text):
    assert run("kit/numbers.js", "percent", [share]) == [text]


def test_points_stand_above_each_other(run):
    written = ["1", "−20.5", "0.00123", "1.23×10⁻⁵"]
    (aligned,) = run("kit/numbers.js", "alignAtPoint", [written])
    from_the_right = {
        len(text) - len(plain.split("×")[0].split(".")[0])
        for text, plain in zip(aligned, written, strict=True)
    }
    assert len(from_the_right) == 1


@pytest.mark.parametrize("dtype", ["float32", "int16", "int32", "uint8"])
def test_arrays_arrive_as_they_were_sent(run, dtype):
    values = np.arange(-300, 300).reshape(2, -1) * (1 if dtype == "uint8" else 7)
    array = np.abs(values).astype(np.uint8) if dtype == "uint8" else values
    packed = encode_rounded(array / 3) if dtype == "int16" else encode(array, dtype)
    (tensor,) = run("kit/arrays.js", "unpack", [packed.model_dump()])
    assert tensor["shape"] == [2, 300]
    data = tensor["data"]
    found = [data[str(place)] for place in range(array.size)] if isinstance(data, dict) else data
    np.testing.assert_array_equal(np.array(found), packed.values().ravel().astype(float))


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 200_000])
def test_arrays_that_are_stored_arrive_too(run, size):
    array = np.random.default_rng(size).integers(0, 256, size, np.uint8)
    (tensor,) = run("kit/arrays.js", "unpack", [encode(array, "uint8", STORED).model_dump()])
    assert tensor["shape"] == [size]
    data = tensor["data"]
    assert (list(data.values()) if isinstance(data, dict) else data) == array.tolist()


places = st.lists(st.integers(0, 999), max_size=3)
names = st.from_regex(r"[a-z_0-9.]{1,12}", fullmatch=True)
stops = st.fixed_dictionaries({"step": names, "place": places})
options = st.dictionaries(
    names.filter(lambda name: name != "at"), st.text(min_size=1, max_size=8), max_size=3
)


@settings(max_examples=30)
@given(st.lists(st.text(min_size=1, max_size=8), max_size=3), st.lists(stops, max_size=4), options)
def test_the_address_holds_the_whole_state(run, path, trail, options):
    state = {"path": path, "trail": trail, "options": options}
    (fragment,) = run("kit/address.js", "format", [state])
    assert run("kit/address.js", "parse", [fragment]) == [state]


@pytest.mark.slow
@given(st.tuples(*[st.integers(1, 5)] * 3), st.data())
def test_flattening_both_ways(run, shape, data):
    index = data.draw(st.integers(0, math.prod(shape) - 1))
    (place,) = run("kit/receptive.js", "cellOfIndex", [index, shape])
    assert tuple(place) == np.unravel_index(index, shape)
    cell = flattening.explain(np.zeros(shape), index=index)
    assert place == [cell.channel, cell.row, cell.column]
    assert run("kit/receptive.js", "indexOfCell", [place, shape]) == [index]


@settings(max_examples=20)
@given(
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(0, 2), st.integers(0, 2)),
    st.data(),
)
def test_a_window_lies_where_the_step_reads(run, window, stride, padding, data):
    windows = Windows(window, stride, padding)
    rows, columns = windows.output_shape(8, 7)
    row, column = data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, columns - 1))
    (found,) = run(
        "kit/receptive.js",
        "windowOf",
        [{"window": window, "stride": stride, "padding": padding}, row, column],
    )
    cells = windows.read(np.zeros((1, 8, 7)), channel=0, row=row, column=column)
    assert (found["top"], found["left"]) == (cells[0].row, cells[0].column)
    assert found["height"] * found["width"] == len(cells)


def test_colours_are_symmetric_around_nothing_and_readable(run):
    for theme in ("light", "dark"):
        values = [-2, -1, -0.5, 0, 0.5, 1, 2, 0]
        colours = run("kit/colours.js", "signed", *([value, 1, theme] for value in values))
        assert colours[0] == colours[1]
        assert colours[5] == colours[6]
        assert colours[3] == colours[7]
        zero = colours[3]
        assert max(zero) - min(zero) < 10  # no hue
        for ink, colour in zip(
            run("kit/colours.js", "inkOn", *([colour] for colour in colours)), colours, strict=True
        ):
            assert _contrast(colour, [0, 0, 0] if ink == "#000" else [255, 255, 255]) >= 4.5
    assert run("kit/colours.js", "signed", [1, 0, "light"]) == run(
        "kit/colours.js", "signed", [0, 1, "light"]
    )


def _contrast(first, second):
    """WCAG 2.2, https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in np.array(colour) / 255]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))
