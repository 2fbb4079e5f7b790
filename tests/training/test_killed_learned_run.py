"""A real process that computes features, killed with SIGKILL."""

import sqlite3
import sys
from contextlib import closing, suppress

import numpy as np
import pytest
from PIL import Image

from .torchrun import PROGRAM, finish, kill, started, wait_until


@pytest.mark.slow
def test_a_killed_run_ends_as_if_it_never_had_been(tmp_path):
    pictures, noise = tmp_path / "things", np.random.default_rng(0)
    for kind in ("bright", "dark"):
        (pictures / kind).mkdir(parents=True)
        for number in range(100):
            pixels = noise.integers(0, 256, (64, 64, 3), np.uint8) // (1 + (kind == "dark"))
            Image.fromarray(pixels).save(pictures / kind / f"{number}.png")
    command = [sys.executable, PROGRAM, "train", "--quiet"]
    new = [*command, str(pictures), "--start", "lite0", "-o"]
    with started(tmp_path / "cache") as start:
        process = start([*new, str(tmp_path / "killed")])
        wait_until(lambda: kept(tmp_path / "cache"), process)
        kill(process)
        assert 0 < kept(tmp_path / "cache") < 200
        finish(start([*command, "--resume", str(tmp_path / "killed")]))
    with started(tmp_path / "another") as start:
        finish(start([*new, str(tmp_path / "whole")]))
    killed, whole = (tmp_path / name / "model.safetensors" for name in ("killed", "whole"))
    assert killed.read_bytes() == whole.read_bytes()


def kept(cache):
    """Return of how many pictures the features are in the cache."""
    for path in cache.glob("features/*.sqlite"):
        with closing(sqlite3.connect(path)) as database, suppress(sqlite3.OperationalError):
            return database.execute("SELECT COUNT(*) FROM features").fetchone()[0]
    return 0
