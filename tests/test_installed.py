"""The tested convscope is the one in `src`, unless pytest's option `pythonpath` leaves that out."""

from pathlib import Path

import convscope

SOURCE = Path(__file__).parent.parent / "src"


def test_it_is_the_installed_package_where_the_source_is_off_the_path(pytestconfig):
    on_the_path = SOURCE in pytestconfig.getini("pythonpath")
    assert Path(convscope.__file__).is_relative_to(SOURCE) == on_the_path
