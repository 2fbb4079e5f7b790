"""Real processes, killed at random moments with SIGKILL, give the same bytes as an undisturbed one.

CONVSCOPE_KILLS is the minimum number of kills (4 by default).
"""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from convscope.training.listeners.csv_log import COLUMNS
from convscope.training.run_files import CHECKPOINTS

KILLS = int(os.environ.get("CONVSCOPE_KILLS", "4"))
PROGRAM = str(Path(__file__).with_name("kill.py"))
TIMES = {"pictures_per_second", "elapsed_seconds", "remaining_seconds"}


@pytest.fixture
def pictures(noisy_pets):
    """Enough pictures for decoding to take some time."""
    return noisy_pets(400, 24)


def rows(run):
    """Return the rows of the log without columns that depend on time."""
    with (run / "epochs.csv").open(newline="") as file:
        return [[row[name] for name in COLUMNS if name not in TIMES] for row in csv.DictReader(file)]


@pytest.mark.slow
@pytest.mark.timeout(120 + 60 * KILLS)
def test_a_run_that_was_killed_ends_as_if_it_never_had_been(pictures, tmp_path):
    folder = tmp_path / "killed"
    done = subprocess.run(
        [sys.executable, PROGRAM, pictures, folder, str(KILLS)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    outputs = [path.read_text() for path in folder.glob("*/output")]
    assert done.returncode == 0, (done.stderr, outputs)
    found = json.loads((folder / "kills.json").read_text())
    assert sum(found["kills"].values()) >= KILLS
    whole = folder / "whole" / "run"
    expected = (whole / "model.safetensors").read_bytes()
    for number in range(found["rounds"]):
        run = folder / str(number) / "run"
        assert (run / "model.safetensors").read_bytes() == expected
        # killed just after run.json was removed, a checkpoint may remain, which is not used any more
        assert {path.name for path in run.rglob("*")} - {*CHECKPOINTS} == {
            path.name for path in whole.rglob("*")
        }
        assert rows(run) == rows(whole)
        assert not list((folder / str(number) / "cache" / "stores").glob(".building-*"))
