import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


def label(path: Path, grey: int) -> int:
    session = onnxruntime.InferenceSession(path)
    return session.run(["label"], {"pictures": np.full((1, 30, 20, 3), grey, np.uint8)})[0].item()


def test_the_file_is_written_beside_the_model_and_works(run: Run, model_path: Path) -> None:
    done = run("export", model_path)
    assert done.returncode == 0, done.stderr
    assert "all generated" in done.stdout
    path = model_path.with_suffix(".onnx")
    assert (label(path, 20), label(path, 220)) == (0, 1)


def test_it_is_compared_on_test_pictures(run: Run, model_path: Path, pets: Path, tmp_path: Path) -> None:
    alone = run("export", model_path, "-o", tmp_path / "a.onnx").stdout
    (pets / "dark" / "notes.txt").write_text("no picture")
    done = run(
        "export", model_path, "--data", pets, "-o", tmp_path / "b.onnx", CONVSCOPE_CACHE=tmp_path / "c"
    )
    assert done.returncode == 0, done.stderr
    counts = [int(text.split()[2]) for text in (alone, done.stdout)]
    assert counts[1] - counts[0] == 4
    assert "note          left out: 1 .txt file, no pictures by their suffix (dark)" in done.stdout
    assert (tmp_path / "b.onnx").read_bytes() == (tmp_path / "a.onnx").read_bytes()


def test_8_bits_are_measured(run: Run, model_path: Path, pets: Path, tmp_path: Path) -> None:
    done = run("export", model_path, "--quantise", "--data", pets, CONVSCOPE_CACHE=tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "of 4 test pictures" in done.stdout
    assert "changed       0 answers" in done.stdout
    path = model_path.with_suffix(".8bit.onnx")
    assert (label(path, 20), label(path, 220)) == (0, 1)


def test_8_bits_that_ruin_the_answers_are_not_written(
    run: Run, model_path: Path, paint: Callable[..., Path], tmp_path: Path
) -> None:
    """The network separates dark from bright, but is calibrated only on dark pictures."""
    for place in range(12):
        for label_name, grey in (("dark", 5), ("bright", 200)):
            paint(tmp_path / "data" / "test" / label_name / f"{place}.png", grey, place)
            paint(tmp_path / "data" / "train" / label_name / f"{place}.png", 5, 100 + place)
    target = tmp_path / "ruined.onnx"
    done = run(
        *("export", model_path, "--quantise", "--data", tmp_path / "data", "-o", target),
        CONVSCOPE_CACHE=tmp_path / "cache",
    )
    assert done.returncode == 2
    assert "from 100.00% to 50.00% of 24 test pictures" in done.stderr
    assert "24 training pictures, which calibrate it" in " ".join(done.stderr.split())
    assert not target.exists()


def test_a_page_is_compared_too(run: Run, model_path: Path, pets: Path, tmp_path: Path) -> None:
    alone = run("export", model_path, "--html")
    done = run("export", model_path, "--html", "--data", pets, CONVSCOPE_CACHE=tmp_path / "cache")
    assert done.returncode == 0, done.stderr
    counts = [int(text.split()[2]) for text in (alone.stdout, done.stdout)]
    assert counts[1] - counts[0] == 4
    assert "in probability" in done.stdout
    title = f"<title>{model_path.parent.name} · convscope</title>"  # the model of every run is named model
    assert title in model_path.with_suffix(".html").read_text("utf-8")


def test_a_file_that_ends_like_a_page_becomes_one(run: Run, model_path: Path, tmp_path: Path) -> None:
    done = run("export", model_path, "-o", tmp_path / "pets.html")
    assert done.returncode == 0, done.stderr
    assert "<title>pets · convscope</title>" in (tmp_path / "pets.html").read_text("utf-8")


def test_the_model_itself_is_not_written_over(run: Run, model_path: Path) -> None:
    before = model_path.read_bytes()
    done = run(
        "export", model_path, "-o", f"{model_path.parent}/../{model_path.parent.name}/model.safetensors"
    )
    assert done.returncode == 2
    assert "is the model itself" in done.stderr
    assert model_path.read_bytes() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["--quantise"],
        ["--data", "nowhere"],
        ["-o", "nowhere/model.onnx"],
        ["--html", "--quantise", "--data", "digits"],
        ["-o", "model.html", "--quantise", "--data", "digits"],
        ["--html", "-o", "nowhere/model.html"],
    ],
)
def test_bad_input_writes_nothing(run: Run, model_path: Path, arguments: list[str]) -> None:
    done = run("export", model_path, *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr
    assert [path.name for path in model_path.parent.iterdir()] == [model_path.name]
