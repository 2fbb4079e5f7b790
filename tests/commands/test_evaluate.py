import csv
import dataclasses
import json
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from convscope.model.file import Model, save

Run = Callable[..., subprocess.CompletedProcess[str]]
Paint = Callable[..., Path]
pytestmark = pytest.mark.usefixtures("cache")


def test_the_report_for_people(run: Run, model_path: Path, pets: Path) -> None:
    done = run("evaluate", model_path, pets, "--part", "all")
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert "accuracy              90.00 % (95 % interval 69.90 % to 97.21 %)" in done.stdout
    # all 8 predicted as dark are dark; 8 of 10 dark ones are found
    assert ["dark", "10", "100.00", "%", "80.00", "%", "88.89", "%"] in lines
    assert ["dark", "8", "2"] in lines
    assert ["bright", ".", "10"] in lines
    assert "\nROC AUC" in done.stdout
    for title in ("cross-entropy", "squared error", "classification error", "calibration error"):
        assert f"\n{title}" in done.stdout


def test_json(run: Run, model_path: Path, pets: Path) -> None:
    report = json.loads(run("evaluate", model_path, pets, "--part", "all", "--json").stdout)
    assert report["accuracy_fraction"] == 0.9
    assert report["confusion"] == [[8, 2], [0, 10]]
    assert report["classes"][0]["name"] == "dark"
    assert (report["model"], report["data"], report["part"]) == (str(model_path), str(pets), "all")


def test_the_test_part_is_the_default_and_said_so(run: Run, model_path: Path, pets: Path) -> None:
    done = run("evaluate", model_path, pets)
    assert done.returncode == 0
    assert "no test part" in done.stdout
    assert "pictures              4\n" in done.stdout


def test_a_class_called_like_markup_is_shown_as_it_is(
    run: Run, brightness: Model, paint: Paint, tmp_path: Path
) -> None:
    save(dataclasses.replace(brightness, classes=("[red]", "猫")), tmp_path / "m.safetensors")
    paint(tmp_path / "data" / "[red]" / "a.png", 10)
    done = run("evaluate", tmp_path / "m.safetensors", tmp_path / "data", "--part", "all")
    assert "[red]" in done.stdout
    assert "猫" in done.stdout


def test_a_class_the_model_does_not_know(run: Run, model_path: Path, pets: Path, paint: Paint) -> None:
    paint(pets / "purple" / "p.png", 100)
    done = run("evaluate", model_path, pets)
    assert done.returncode == 2
    assert "purple" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("model", "data"),
    [("missing.safetensors", "pets"), ("pets/dark/1.png", "pets"), (None, "missing"), (None, "pets/dark")],
)
def test_wrong_input_is_explained(
    run: Run, model_path: Path, pets: Path, model: str | None, data: str
) -> None:
    done = run("evaluate", pets.parent / model if model else model_path, pets.parent / data)
    assert done.returncode == 2
    assert done.stdout == ""
    assert 0 < len(done.stderr.splitlines()) <= 4
    assert "Traceback" not in done.stderr


def test_csv_lists_every_picture_with_truth_and_answer(run: Run, model_path: Path, pets: Path) -> None:
    path = pets.parent / "pictures.csv"
    done = run("evaluate", model_path, pets, "--part", "all", "--csv", path, "--json")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert list(rows[0]) == ["picture", "truth", "answer", "probability", "unknown"]
    assert Counter((row["truth"], row["answer"]) for row in rows) == {
        ("dark", "dark"): 8, ("dark", "bright"): 2, ("bright", "bright"): 10,
    }  # fmt: skip
    for row in rows:
        assert Path(row["picture"]).parent.name == row["truth"]
        assert 0.5 <= float(row["probability"]) <= 1
        assert row["unknown"] == "no"
    assert json.loads(done.stdout)["pictures"] == len(rows)
    assert f"written {path}" in done.stderr
