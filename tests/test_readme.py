"""Run the examples of README.md and the tutorial, in order, in a folder with the pictures they mention."""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
TUTORIAL = (ROOT / "docs/tutorial/first-classifier.md").read_text(encoding="utf-8")


def steps(page):
    """Return (language, code, output) in the page's order."""
    for language, block in re.findall(
        r"^```(console|python)\n(.*?)^```$", page, flags=re.DOTALL | re.MULTILINE
    ):
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
    """Return the commands after `pip install ... &&`; tests and the documentation site are run elsewhere."""
    return re.sub(r"^pip install \S+( && )?(pytest$|sphinx-build .*)?", "", command)


def shows(page, printed):
    """Whether a page shows the printed output, where `...` matches anything."""
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    return doctest.OutputChecker().check_output(page, printed, options)


@pytest.fixture
def folder(tmp_path):
    random = np.random.default_rng(0)
    for label, brightness in (("cat", 80), ("dog", 170)):
        (tmp_path / "pets" / label).mkdir(parents=True)
        for number in range(30):
            pixels = random.normal(brightness, 30, (24, 28, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pets" / label / f"{number}.jpg")
    Image.fromarray(pixels).save(tmp_path / "photo.jpg")
    return tmp_path


def test_the_two_commands_to_start_with_stand_first():
    commands = [command for _, command, _ in steps(README)]
    assert commands[:2] == ["pip install . && convscope train", 'pip install ".[test]" && pytest']


@pytest.mark.parametrize(
    ("command", "shown"), [(command, shown) for _, command, shown in steps(README) if shown]
)
def test_what_readme_shows_is_what_is_printed(command, shown, tmp_path):
    done = run("console", command, tmp_path)
    assert done.returncode == 0, done.stderr
    assert shows(shown, done.stdout), done.stdout


def follow(page, folder):
    for language, text, shown in steps(page):
        done = run(language, without_installing(text), folder)
        allowed = {0, 1} if text.startswith("convscope doctor") else {0}  # 1: there are problems
        assert done.returncode in allowed, f"{text}\n{done.stdout}\n{done.stderr}"
        assert not shown or shows(shown, done.stdout), f"{text}\n{done.stdout}"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_readme_can_be_followed_from_top_to_bottom(folder):
    follow(README, folder)
    promised = re.findall(r"^\| `([\w./]+)` \|", README, flags=re.MULTILINE)
    assert len(promised) >= 6
    for run_folder in ("digits", "small"):
        missing = [name for name in promised if not (folder / "runs" / run_folder / name).is_file()]
        assert not missing


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_tutorial_can_be_followed_from_top_to_bottom(tmp_path):
    follow(TUTORIAL, tmp_path)
    assert (tmp_path / "walk.html").stat().st_size > 100_000
