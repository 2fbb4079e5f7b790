"""What README.md shows is run: its commands in their order, in a folder with the pictures it speaks of."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(console|python)\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)


def steps():
    """(language, what is run, what is shown) in README's order."""
    for language, block in BLOCKS:
        if language == "python":
            yield language, block, ""
        else:
            for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, flags=re.MULTILINE):
                yield language, command, output


def run(language, text, folder):
    scripts = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "100"}
    call = [sys.executable, "-c", text] if language == "python" else ["bash", "-euo", "pipefail", "-c", text]
    return subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def without_installing(command):
    """What follows `pip install ... &&`; it is installed already, and the tests are running already."""
    return re.sub(r"^pip install \S+ && (pytest$)?", "", command)


def lines(text):
    return [line.rstrip() for line in text.splitlines() if line.strip()]


@pytest.fixture
def folder(tmp_path):
    random = np.random.default_rng(0)
    for label, brightness in (("cat", 80), ("dog", 170)):
        (tmp_path / "pets" / label).mkdir(parents=True)
        for number in range(30):
            pixels = random.normal(brightness, 30, (40, 48, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pets" / label / f"{number}.jpg")
    Image.fromarray(pixels).save(tmp_path / "photo.jpg")
    return tmp_path


def test_the_two_commands_to_start_with_stand_first():
    commands = [command for _, command, _ in steps()]
    assert commands[:2] == ["pip install . && convscope train", 'pip install ".[test]" && pytest']


@pytest.mark.parametrize(("command", "shown"), [(command, shown) for _, command, shown in steps() if shown])
def test_what_readme_shows_is_what_is_printed(command, shown, tmp_path):
    done = run("console", command, tmp_path)
    assert done.returncode == 0, done.stderr
    assert lines(done.stdout) == lines(shown)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_readme_can_be_followed_from_top_to_bottom(folder):
    for language, text, _ in steps():
        done = run(language, without_installing(text), folder)
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    promised = re.findall(r"^\| `([\w./]+)` \|", README, flags=re.MULTILINE)
    assert len(promised) >= 6
    for run_folder in ("digits", "pets", "small"):
        missing = [name for name in promised if not (folder / "runs" / run_folder / name).is_file()]
        assert not missing
