"""Complete runs from a backbone of the hub, like from the installed one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

import convscope

from .hub_networks import file_of, trained, write_to_cache

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]

BACKBONE = "mobilenetv1-100"
SHADES = {"red": (200, 40, 40), "green": (40, 200, 40), "blue": (40, 40, 200)}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs `convscope` with the backbone in the hub's cache, and the hub unreachable."""
    home = tmp_path_factory.mktemp("home")
    write_to_cache(home, BACKBONE, file_of(trained(BACKBONE)))

    def start(*arguments: object, hub: Path = home) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "convscope", *map(str, arguments)]
        places = {"HF_HOME": str(hub), "HF_HUB_OFFLINE": "1", "CONVSCOPE_CACHE": str(home / "cache")}
        environment = {**os.environ, **places}
        return subprocess.run(command, check=False, env=environment, capture_output=True, text=True)

    return start


@pytest.fixture(scope="module")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six noisy pictures of each of three colours."""
    folder = tmp_path_factory.mktemp("colours")
    random = np.random.default_rng(0)
    for name, shade in SHADES.items():
        (folder / name).mkdir()
        for number in range(6):
            picture = random.integers(-40, 40, (60, 80, 3)) + np.array(shade)
            Image.fromarray(picture.astype(np.uint8)).save(folder / name / f"{number}.png")
    return folder


@pytest.mark.slow
def test_it_is_learned_from_and_verified_like_the_installed_one(
    run: Run, colours: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    done = run("train", colours, "--start", BACKBONE, "--output", folder)
    assert done.returncode == 0, done.stderr
    assert "revision dda9ab42e23f" in done.stdout.replace("\n", " ")
    assert json.loads((folder / "metrics.json").read_text())["start"] == BACKBONE
    model = convscope.load(folder).model
    assert (model.receipt["start"], model.receipt["start_backbone"]) == (BACKBONE, BACKBONE)
    assert (model.mean, model.std) == ((127.5,) * 3, (127.5,) * 3)
    answers = convscope.load(folder).predict([colours / name / "0.png" for name in SHADES])
    assert [answer.label for answer in answers] == list(SHADES)
    checked = run("verify", folder, "--data", colours)
    assert checked.returncode == 0, checked.stderr
    assert model.receipt["start_digest"] in checked.stdout.replace("\n", "")
    assert len([*tmp_path.parent.parent.rglob(f"{BACKBONE}-*.sqlite")]) >= 1

    more = tmp_path / "more"
    done = run("train", colours, "--start", folder, "--output", more)
    assert done.returncode == 0, done.stderr
    assert convscope.load(more).model.receipt["start_backbone"] == BACKBONE


def test_what_is_not_in_the_cache_is_one_error(run: Run, colours: Path, tmp_path: Path) -> None:
    done = run("train", colours, "--start", BACKBONE, "--output", tmp_path / "run", hub=tmp_path)
    assert done.returncode == 2
    assert "cannot use the weights of MobileNetV1 100" in done.stderr
    assert "hub cannot be reached" in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr
