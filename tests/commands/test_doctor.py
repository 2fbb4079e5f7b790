import csv
import hashlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

Paint = Callable[..., Path]
Run = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = pytest.mark.usefixtures("cache")


def digest_of(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(bytes(path) + path.read_bytes() for path in files)).hexdigest()


@pytest.fixture
def sick(pets: Path) -> Path:
    """The pets with a copy under the other label, and a truncated file."""
    (pets / "dark" / "copy.png").write_bytes((pets / "bright" / "3.png").read_bytes())
    (pets / "dark" / "cut.png").write_bytes((pets / "dark" / "4.png").read_bytes()[:60])
    return pets


def test_a_table_a_page_and_a_manifest(run: Run, sick: Path, tmp_path: Path) -> None:
    before = digest_of(sick)
    page, manifest = tmp_path / "report.html", tmp_path / "good.csv"
    done = run("doctor", sick, "--html", page, "--manifest", manifest)
    assert done.returncode == 1, done.stderr
    assert "22 pictures of 2 classes" in done.stdout
    lines = [line.strip().split("  ")[0] for line in done.stdout.splitlines()]
    assert {"unreadable", "two labels", "equal"} <= set(lines)
    assert "cut.png" in done.stdout
    with manifest.open(newline="") as file:
        listed = {row["path"] for row in csv.DictReader(file)}
    assert not {"pets/dark/cut.png", "pets/dark/copy.png", "pets/bright/3.png"} & listed
    assert f"lists {len(listed)} of 22 pictures" in done.stdout
    assert "data:image/png;base64" in page.read_text()
    assert digest_of(sick) == before


def test_an_example_shows_what_a_finding_is_about(run: Run, paint: Paint, tmp_path: Path) -> None:
    for name in ("test/dark/1", "test/dark/2", "train/dark/3", "train/bright/4"):
        paint(tmp_path / f"{name}.png", 10)
    paint(tmp_path / "train" / "bright" / "5.png", 200)
    table = run("doctor", tmp_path, COLUMNS="400").stdout
    rows = {line.strip().partition("  ")[0]: line for line in table.splitlines()}
    first = f"{tmp_path}/test/dark/1.png = "
    assert f"{first}{tmp_path}/train/bright/4.png" in rows["two labels"]
    assert f"{first}{tmp_path}/train/bright/4.png" in rows["shared between parts"]
    assert f"{first}{tmp_path}/test/dark/2.png" in rows["equal"]


def test_json(run: Run, sick: Path) -> None:
    done = run("doctor", sick, "--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert report["data"] == str(sick)
    assert report["classes"] == {"bright": 10, "dark": 12}
    unreadable = next(one for one in report["findings"] if one["kind"] == "unreadable")
    assert [group[0]["picture"] for group in unreadable["groups"]] == [f"{sick}/dark/cut.png"]


@pytest.mark.slow
def test_healthy_pictures_end_with_0(run: Run) -> None:
    done = run("doctor", "digits", "--json")
    report = json.loads(done.stdout)
    problems = [one for one in report["findings"] if one["problem"]]
    assert done.returncode == (1 if problems else 0)
    assert {one["kind"] for one in problems} <= {"nearly equal", "two labels"}  # digits may look alike


@pytest.mark.parametrize("option", ["--html", "--manifest"])
def test_nothing_is_overwritten(run: Run, sick: Path, option: str) -> None:
    file = sick / "dark" / "1.png"
    before = digest_of(sick)
    done = run("doctor", sick, option, file)
    assert done.returncode == 2
    assert "already exists" in done.stderr
    assert digest_of(sick) == before


def test_what_could_not_be_written_in_the_end_is_refused_at_once(run: Run, tmp_path: Path) -> None:
    """The error comes before the findings."""
    new, broken = tmp_path / "new", tmp_path / "broken.zip"
    with ZipFile(broken, "w") as archive:
        for label in ("a", "b"):
            archive.writestr(f"{label}/1.png", b"no picture")
    for data, options, said in (
        ("gone", ["--html", new, "--manifest", new], "both the page and the list"),
        ("gone", ["--html", tmp_path / "missing" / "page.html"], f"no folder {tmp_path / 'missing'}"),
        (broken, ["--manifest", new], "no manifest of broken"),
    ):
        done = run("doctor", data, *options)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
        assert len(done.stderr.splitlines()) <= 4
    assert not new.exists()


@pytest.mark.parametrize("data", ["missing", "pets/dark"])
def test_wrong_input_is_explained(run: Run, pets: Path, data: str) -> None:
    done = run("doctor", pets.parent / data)
    assert done.returncode == 2
    assert done.stdout == ""
    assert 0 < len(done.stderr.splitlines()) <= 4
    assert "Traceback" not in done.stderr
