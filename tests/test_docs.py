"""The lists in the reference pages match the code."""

import math
import re
from pathlib import Path

import pytest

from convscope import steps
from convscope.model import file
from convscope.model.metadata import Metadata
from convscope.network import notation
from convscope.network.notation import parse, write
from convscope.network.presets import PRESETS
from convscope.pictures import reading
from convscope.pictures.sources import archive, idx, parquet_pictures, tar_archive
from convscope.serving.limits import Limits
from convscope.studio.data import collecting, collection_routes
from convscope.training.runs import run_folder
from fuzzing import judgement

ROOT = Path(__file__).parent.parent
NOTATION = (ROOT / "docs/reference/notation.md").read_text(encoding="utf-8")
SECURITY = (ROOT / "docs/explanation/security.md").read_text(encoding="utf-8")
MODEL_FILE = (ROOT / "docs/reference/model-file.md").read_text(encoding="utf-8")
SENT = Limits()
PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]


def test_every_named_network_is_listed():
    assert dict(re.findall(r"^\| `([a-z0-9-]+)` \| `([^`]+)` \|$", NOTATION, flags=re.MULTILINE)) == PRESETS


def test_the_example_pieces_are_canonical():
    pieces = re.findall(r"^\| `([\d(]*[A-Z][^`]*)` \|", NOTATION, flags=re.MULTILINE)
    pieces.remove("K")  # it keeps maps for J, and has no meaning alone
    assert len(pieces) >= 8
    assert [write(parse(piece)) for piece in pieces] == pieces


def test_every_step_of_the_book_has_its_place():
    text = (ROOT / "docs/reference/steps.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"automodule:: convscope\.steps\.(\w+)", text)) == sorted(
        {*steps.__all__} - {"POOLINGS"}
    )


def test_every_field_of_the_model_file_is_explained():
    fields = MODEL_FILE[MODEL_FILE.index("## Fields") :]
    cells = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", fields, flags=re.MULTILINE)
    assert sorted(re.findall(r"\w+", " ".join(cells))) == sorted(Metadata.model_fields)


@pytest.mark.parametrize(
    "limit",
    [
        f"{reading.BYTE_LIMIT // 2**20} MiB a file",
        f"{reading.PIXEL_LIMIT:,} pixels |",
        f"{archive.MEMBER_LIMIT:,} members, {reading.BYTE_LIMIT // 2**20} MiB each",
        f"at most {tar_archive.LONGEST_LABEL // 2**10} KiB",
        {16: "read sixteen rows at a time"}[parquet_pictures._ROWS],
        f"{archive.MEMBER_LIMIT:,} members a tar",
        f"2^{math.log2(idx.VALUE_LIMIT):.0f} values",
        f"{notation._MAX_CHARACTERS:,} characters, {notation.MAX_LAYERS} layers",
        f"neurons up to {notation.MAX_UNITS:,}, windows up to {notation.MAX_CELLS}",
        f"{file._MAX_HEADER_BYTES // 2**20} MiB of header",
        f"2^{math.log2(file._MAX_PARAMETERS):.0f} parameters",
        f"2^{math.log2(file._MAX_MAP_VALUES):.0f} numbers in the output of a layer",
        f"{run_folder._MOST_BYTES // 2**20} MiB for `run.json`",
        f"{SENT.body_bytes // 2**20} MiB a body, {SENT.pictures} pictures of {SENT.pixels:,} pixels",
        f"archives of up to {collection_routes.MOST_ARCHIVE_BYTES // 2**20} MiB",
        f"({collecting.MOST_FILES:,} files, {collecting.MOST_UNPACKED_BYTES // 2**30} GiB unpacked",
        f"{SENT.body_bytes // 2**20} MiB, {SENT.pictures} pictures and {collecting.MOST_PIXELS:,} pixels",
        f"{judgement.SECONDS:.0f} seconds of processor time and {judgement.BYTES // 2**30} GiB",
    ],
)
def test_the_security_page_has_the_limits_of_the_code(limit):
    assert limit in " ".join(SECURITY.split())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    links = re.findall(r"\]\(([^):#]+)\)", page.read_text(encoding="utf-8"))
    links = [link for link in links if not link.endswith("commands.md")]  # written when the site is built
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_architecture_names_every_room():
    named = set(re.findall(r"`(\w+(?:/|\.py))`", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")))
    package = ROOT / "src" / "convscope"
    there = {f"{path.name}/" if path.is_dir() else path.name for path in package.iterdir()}
    rooms = {name for name in there if not name.startswith("__") and name != "py.typed"}
    assert rooms <= named
