import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.errors import SettingError
from convscope.walkthrough.named_filters import NAMED_FILTERS, parse_filter


def test_every_named_filter_can_be_read():
    assert {parse_filter(name).shape for name in NAMED_FILTERS} == {(3, 3)}
    assert parse_filter("blur").sum() == parse_filter("sharpen").sum() == parse_filter("identity").sum() == 1
    assert parse_filter("outline").sum() == parse_filter("sobel-x").sum() == 0
    np.testing.assert_array_equal(parse_filter("sobel-x").T, parse_filter("sobel-y"))


@given(st.lists(st.lists(st.integers(-99, 99), min_size=3, max_size=3), min_size=1, max_size=5))
def test_rows_of_numbers_come_back(rows):
    text = " / ".join(" ".join(map(str, row)) for row in rows)
    assert parse_filter(text).tolist() == rows
    assert parse_filter(text.replace(" / ", ";")).tolist() == rows
    assert parse_filter(text.replace(" / ", "\n")).tolist() == rows


def test_fractions():
    assert parse_filter("1/4 -1/2 / .5 1e1").tolist() == [[0.25, -0.5], [0.5, 10]]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "different lengths"),
        ("sharpn", "'sharpn' is not a number"),
        ("1 2 / 3", "different lengths"),
        ("1 nan", "'nan' is not a number"),
        ("1e400", "'1e400' is not a number"),
        ("1/0", "'1/0' is not a number"),
        ("1 " * 65, "more than 64"),
        ("\x1b[2J", "is not a number"),
    ],
)
def test_what_is_no_filter_is_refused(text, why):
    with pytest.raises(SettingError, match="cannot read the filter") as failure:
        parse_filter(text)
    assert why in failure.value.why
    assert "\x1b" not in str(failure.value)
