import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.common import strict_json

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | FLOATS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_what_json_writes_is_read(value):
    assert strict_json.parse(json.dumps(value)) == value


@pytest.mark.parametrize(
    "text",
    ["", "{", "NaN", "[-Infinity]", "1e999", '{"a": 1, "a": 2}', "[" * 100_000, "[" * 99_999 + "]" * 99_999],
    ids=lambda text: text[:20],
)
def test_what_is_no_plain_json_is_a_value_error(text):
    with pytest.raises(ValueError):  # noqa: PT011
        strict_json.parse(text)


def test_bytes_that_are_no_text_are_a_value_error():
    with pytest.raises(ValueError, match="utf-8"):
        strict_json.parse(b'{"name": "\xff"}')
