"""Every benchmark follows the code it measures: it can be imported, and benchmarks/README.md lists it."""

import re
from importlib import import_module
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "benchmarks"
PEERS = {"fastai", "jax", "keras", "tensorflow"}
LISTED = set(
    re.findall(r"^\| `(\w+)\.py` \|", (FOLDER / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
)


def modules():
    for path in sorted(FOLDER.rglob("*.py")):
        place = path.relative_to(FOLDER).with_suffix("")
        yield ".".join(place.parts).removesuffix(".__init__")


@pytest.mark.parametrize("name", list(modules()))
def test_it_can_be_imported(name):
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in PEERS:
            raise
        pytest.skip(f"needs {error.name}")
    assert module.__doc__


def test_every_script_that_writes_a_table_is_listed():
    scripts = {
        path.stem for path in FOLDER.glob("*.py") if "docs/benchmarks/" in path.read_text(encoding="utf-8")
    }
    assert scripts == LISTED
