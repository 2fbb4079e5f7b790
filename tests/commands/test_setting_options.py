import pytest

from convscope.commands.setting_options import _height_and_width
from convscope.errors import SettingError


@pytest.mark.parametrize(("text", "size"), [("64", (64, 64)), ("48x64", (48, 64)), ("8X9", (8, 9))])
def test_a_size_is_a_side_or_height_and_width(text, size):
    assert _height_and_width(text) == size


@pytest.mark.parametrize("text", ["", "x", "64x", "x64", "1x2x3", "-3", "6.5", "²"])
def test_anything_else_is_no_size(text):
    with pytest.raises(SettingError, match="size cannot be"):
        _height_and_width(text)
