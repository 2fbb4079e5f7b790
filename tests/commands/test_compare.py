import csv
import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from convscope.model.file import Model, save

Run = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = pytest.mark.usefixtures("cache")


@pytest.fixture
def models(brightness: Model, tmp_path: Path) -> tuple[Path, Path]:
    """Two models with opposite predictions: dark and bright."""
    save(brightness, tmp_path / "a.safetensors")
    weights = {name: -weight for name, weight in brightness.weights.items()}
    save(replace(brightness, weights=weights), tmp_path / "b.safetensors")
    return tmp_path / "a.safetensors", tmp_path / "b.safetensors"


def test_the_report_for_people(run: Run, models: tuple[Path, Path], pets: Path) -> None:
    done = run("compare", *models, "--data", pets, "--part", "all")
    assert done.returncode == 0, done.stderr
    assert "accuracy of A     90.00 %" in done.stdout
    assert "difference        -80.00 points (95 % interval -100.00 to -44.05)" in done.stdout
    assert "only A is right   18" in done.stdout
    assert "dark/0.png" in done.stdout


def test_json_and_csv(run: Run, models: tuple[Path, Path], pets: Path, tmp_path: Path) -> None:
    done = run("compare", *models, "--data", pets, "--part", "all", "--json", "--csv", tmp_path / "flips.csv")
    report = json.loads(done.stdout)
    assert (report["only_first"], report["only_second"]) == (18, 2)
    assert report["p_value"] == pytest.approx(0.0004024505615234375)
    with (tmp_path / "flips.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["picture"] for row in rows] == [flip["picture"] for flip in report["flips"]]
    assert rows[0].keys() == report["flips"][0].keys()


def test_where_all_answers_agree_none_is_listed(run: Run, models: tuple[Path, Path], pets: Path) -> None:
    done = run("compare", models[0], models[0], "--data", pets, "--part", "all")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("p-value           1 (McNemar's exact test)\n")


@pytest.mark.parametrize("broken", ["first", "second", "data"])
def test_wrong_input_is_explained(run: Run, models: tuple[Path, Path], pets: Path, broken: str) -> None:
    first, second = "gone" if broken == "first" else models[0], "gone" if broken == "second" else models[1]
    done = run("compare", first, second, "--data", "gone" if broken == "data" else pets)
    assert (done.returncode, done.stdout) == (2, "")
    assert 0 < len(done.stderr.splitlines()) <= 4
