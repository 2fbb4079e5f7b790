"""Real processes, killed at random moments with SIGKILL, end with the bytes of one that never was.

CONVSCOPE_KILLS says how many kills there shall be at least (4 by default).
"""

import csv
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

KILLS = int(os.environ.get("CONVSCOPE_KILLS", "4"))
PROGRAM = str(Path(__file__).with_name("kill.py"))
EPOCHS = 12
DONE, KILLED = 0, -9


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A folder of 600 small pictures of two classes, so that decoding takes a moment too."""
    folder = tmp_path_factory.mktemp("data") / "pets"
    noise = np.random.default_rng(0).integers(0, 90, (600, 24, 24, 3), np.uint8)
    for index, pixels in enumerate(noise):
        label = ("dark", "bright")[index % 2]
        (folder / label).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels + np.uint8(60 * (index % 2))).save(folder / label / f"{index}.png")
    return folder


def train(cache, *arguments, seconds=None, threads=1):
    """Run the command; kill it after so many seconds. Returns its exit code and how long it took."""
    environment = {**os.environ, "CONVSCOPE_CACHE": str(cache), "OMP_NUM_THREADS": str(threads)}
    command = [sys.executable, PROGRAM, "0.02", "train", *map(str, arguments)]
    begin = time.monotonic()
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
    assert process.returncode in {DONE, KILLED}, output.decode()
    return process.returncode, time.monotonic() - begin


def settings(pictures):
    return [pictures, "--network", "4C3-MP2-8C3-MP2", "--epochs", EPOCHS, "--batch", 10, "--size", 16]


def kill_until_done(pictures, run, cache, moments, whole_seconds):
    """Train with kills at random moments; returns how many there were."""
    kills = 0
    while not (run / "model.safetensors").exists() or (run / "run.json").exists():
        # at the first start, threads are written down; later others may decode, but as many compute
        begun = (run / "run.json").exists()
        start = ["--resume", run] if begun else [*settings(pictures), "--output", run]
        threads = moments.choice([1, 3]) if begun else 1
        code, _ = train(cache, *start, seconds=moments.uniform(0.2, 1) * whole_seconds, threads=threads)
        kills += code == KILLED
    return kills


@pytest.mark.timeout(60 + 60 * KILLS)
def test_a_run_that_was_killed_ends_as_if_it_never_had_been(pictures, tmp_path):
    code, seconds = train(tmp_path / "cache", *settings(pictures), "--output", tmp_path / "whole")
    assert code == DONE
    expected = (tmp_path / "whole" / "model.safetensors").read_bytes()
    moments, kills, rounds = random.Random(0), 0, 0
    while kills < KILLS:
        run, cache = tmp_path / f"run-{rounds}", tmp_path / f"cache-{rounds}"
        kills += kill_until_done(pictures, run, cache, moments, seconds)
        rounds += 1
        assert (run / "model.safetensors").read_bytes() == expected
        assert {path.name for path in run.iterdir()} == {path.name for path in (tmp_path / "whole").iterdir()}
        with (run / "epochs.csv").open(newline="") as file:
            assert [int(row["epoch"]) for row in csv.DictReader(file)] == list(range(1, EPOCHS + 1))
        assert not list((cache / "stores").glob(".building-*"))
