"""Real processes that start from pretrained features: killed with SIGKILL, and several under torchrun."""

import json
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convscope.model.file import load

from .torchrun import PROGRAM, TOGETHER, finish, kill, started, wait_until

pytestmark = pytest.mark.slow


def write_pictures(folder, count):
    """Write noise of two brightnesses, this many pictures each."""
    noise = np.random.default_rng(0)
    for kind in ("bright", "dark"):
        (folder / kind).mkdir(parents=True)
        for number in range(count):
            pixels = noise.integers(0, 256, (64, 64, 3), np.uint8) // (1 + (kind == "dark"))
            Image.fromarray(pixels).save(folder / kind / f"{number}.png")
    return str(folder)


def test_a_killed_run_ends_as_if_it_never_had_been(tmp_path, fork):
    pictures = write_pictures(tmp_path / "things", 100)
    command = [PROGRAM, "train", "--quiet"]
    new = [*command, pictures, "--start", "lite0", "-o"]
    with started(tmp_path / "cache", fork) as start:
        process = start([*new, str(tmp_path / "killed")])
        wait_until(lambda: kept(tmp_path / "cache"), process)
        kill(process)
        assert 0 < kept(tmp_path / "cache") < 200
        finish(start([*command, "--resume", str(tmp_path / "killed")]))
    with started(tmp_path / "another", fork) as start:
        finish(start([*new, str(tmp_path / "whole")]))
    assert_same_model(tmp_path / "killed", tmp_path / "whole")


def test_a_fine_tuning_that_is_killed_ends_as_if_it_never_had_been(tmp_path, fork):
    pictures = write_pictures(tmp_path / "things", 12)
    program = Path(PROGRAM).with_name("tuning_often.py")
    command = [str(program), "train", "--quiet"]
    new = [*command, pictures, "--start", "lite0", "--minutes", "600", "-o"]
    with started(tmp_path / "cache", fork) as start:
        process = start([*new, str(tmp_path / "killed")], HOLD=str(tmp_path / "held"))
        wait_until((tmp_path / "held").exists, process)
        kill(process)
        checkpoints = list((tmp_path / "killed").glob("checkpoint-*"))
        finish(start([*command, "--resume", str(tmp_path / "killed")]))
        finish(start([*new, str(tmp_path / "whole")]))
    assert checkpoints
    assert_same_model(tmp_path / "killed", tmp_path / "whole")
    metrics = json.loads((tmp_path / "whole" / "metrics.json").read_text())
    assert metrics["fine_tuning"]["epochs"] == 4  # two of the last blocks, two of all layers


def test_under_torchrun_the_first_process_learns_the_head(tmp_path, fork):
    pictures = write_pictures(tmp_path / "things", 10)
    train = [PROGRAM, "train", pictures, "--start", "lite0", "-o"]
    with started(tmp_path / "cache") as start, started(tmp_path / "cache", fork) as start_alone:
        output = finish(start([*TOGETHER, "--", *train, str(tmp_path / "together")]))
        finish(start_alone([*train, str(tmp_path / "alone")]))
    assert output.count("written") == 1
    together, alone = (load(tmp_path / name / "model.safetensors") for name in ("together", "alone"))
    assert all(np.array_equal(together.weights[name], one) for name, one in alone.weights.items())


def assert_same_model(run, other):
    assert (run / "model.safetensors").read_bytes() == (other / "model.safetensors").read_bytes()


def kept(cache):
    """Return the number of pictures with features in the cache."""
    for path in cache.glob("features/*.sqlite"):
        with closing(sqlite3.connect(path)) as database, suppress(sqlite3.OperationalError):
            return database.execute("SELECT COUNT(*) FROM features").fetchone()[0]
    return 0
