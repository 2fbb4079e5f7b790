"""What the reference pages list is what the code has."""

import re
from pathlib import Path

import pytest

from convscope.model.metadata import Metadata
from convscope.network.notation import parse, write
from convscope.network.presets import PRESETS

ROOT = Path(__file__).parent.parent
NOTATION = (ROOT / "docs/reference/notation.md").read_text(encoding="utf-8")
MODEL_FILE = (ROOT / "docs/reference/model-file.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]


def test_every_named_network_is_listed():
    assert dict(re.findall(r"^\| `([a-z0-9]+)` \| `([^`]+)` \|$", NOTATION, flags=re.MULTILINE)) == PRESETS


def test_the_example_pieces_are_canonical():
    pieces = re.findall(r"^\| `(\d*[A-Z]+\w*)` \|", NOTATION, flags=re.MULTILINE)
    assert len(pieces) == 5
    assert [write(parse(piece)) for piece in pieces] == pieces


def test_every_field_of_the_model_file_is_explained():
    fields = MODEL_FILE[MODEL_FILE.index("## Fields") :]
    cells = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", fields, flags=re.MULTILINE)
    assert sorted(re.findall(r"\w+", " ".join(cells))) == sorted(Metadata.model_fields)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    links = re.findall(r"\]\(([^):#]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_architecture_names_every_room():
    named = set(re.findall(r"`(\w+(?:/|\.py))`", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")))
    package = ROOT / "src" / "convscope"
    there = {f"{path.name}/" if path.is_dir() else path.name for path in package.iterdir()}
    rooms = {name for name in there if not name.startswith("__") and name != "py.typed"}
    assert rooms <= named
