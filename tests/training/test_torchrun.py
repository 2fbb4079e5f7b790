"""`convscope train` under torchrun: real processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convscope.model.file import load

PROGRAM = str(Path(__file__).with_name("saving_often.py"))
TORCHRUN = (sys.executable, "-m", "torch.distributed.run")
ON_ONE_MACHINE = ("--standalone", "--nproc-per-node", "2", "--max-restarts", "3")
EPOCHS = 60
PATIENCE_SECONDS = 600

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2 * PATIENCE_SECONDS)]


@pytest.fixture
def pictures(tmp_path):
    """A folder of 300 small pictures of two classes."""
    folder = tmp_path / "pets"
    noise = np.random.default_rng(0).integers(0, 90, (300, 16, 16, 3), np.uint8)
    for index, pixels in enumerate(noise):
        label = ("dark", "bright")[index % 2]
        (folder / label).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels + np.uint8(60 * (index % 2))).save(folder / label / f"{index}.png")
    return folder


@pytest.fixture
def environment(tmp_path):
    return {**os.environ, "OMP_NUM_THREADS": "1", "CONVSCOPE_CACHE": str(tmp_path / "cache")}


def training(pictures, run):
    return [
        *(PROGRAM, "train", str(pictures), "--output", str(run), "--network", "4C3-MP2-8C3-MP2"),
        *("--epochs", str(EPOCHS), "--batch", "20", "--precision", "fp32", "--augment", "light"),
    ]


def start(environment, command):
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(torchrun):
    output, errors = torchrun.communicate(timeout=PATIENCE_SECONDS)
    assert torchrun.returncode == 0, errors[-5000:]
    return output


def wait_until_it_learns(run, torchrun):
    """Wait for the second checkpoint after the first: the run is somewhere in its epochs."""
    end = time.monotonic() + PATIENCE_SECONDS
    while len(list(run.glob("checkpoint-*"))) < 2:
        assert torchrun.poll() is None, torchrun.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)


def workers(torchrun):
    """The processes that torchrun has started, by rank."""
    found = {}
    for child in Path(f"/proc/{torchrun.pid}/task/{torchrun.pid}/children").read_text().split():
        variables = dict(
            entry.split("=", 1) for entry in Path(f"/proc/{child}/environ").read_text().split("\0") if entry
        )
        if "RANK" in variables:
            found[int(variables["RANK"])] = int(child)
    return found


@pytest.fixture
def whole(pictures, environment, tmp_path):
    """A run of two processes that nothing happens to."""
    run = tmp_path / "whole"
    output = finish(start(environment, [*TORCHRUN, *ON_ONE_MACHINE, *training(pictures, run)]))
    assert output.count("written") == 1  # only the first process prints
    return run


def same(run, whole):
    assert (run / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    assert {path.name for path in run.rglob("*")} == {path.name for path in whole.rglob("*")}


def test_two_processes_end_with_the_model_of_one(pictures, environment, tmp_path, whole):
    run = tmp_path / "alone"
    finish(start(environment, [sys.executable, *training(pictures, run)]))
    alone, together = load(run / "model.safetensors"), load(whole / "model.safetensors")
    assert alone.receipt["data_digest"] == together.receipt["data_digest"]
    assert (alone.receipt["processes"], together.receipt["processes"]) == ("1", "2")
    assert alone.figures["accuracy_fraction"] == pytest.approx(
        together.figures["accuracy_fraction"], abs=0.02
    )


@pytest.mark.parametrize("victim", [0, 1])
def test_a_run_goes_on_by_itself_when_a_process_is_killed(pictures, environment, tmp_path, whole, victim):
    run = tmp_path / "killed"
    torchrun = start(environment, [*TORCHRUN, *ON_ONE_MACHINE, *training(pictures, run)])
    wait_until_it_learns(run, torchrun)
    before = workers(torchrun)
    os.kill(before[victim], signal.SIGKILL)
    finish(torchrun)
    same(run, whole)


def test_ctrl_c_stops_all_and_the_run_goes_on(pictures, environment, tmp_path, whole):
    run = tmp_path / "stopped"
    torchrun = start(environment, [*TORCHRUN, *ON_ONE_MACHINE, *training(pictures, run)])
    wait_until_it_learns(run, torchrun)
    torchrun.send_signal(signal.SIGINT)
    output, _ = torchrun.communicate(timeout=PATIENCE_SECONDS)
    assert torchrun.returncode != 0
    assert f"convscope train --resume {run}" in output
    again = [*TORCHRUN, *ON_ONE_MACHINE, PROGRAM, "train", "--resume", str(run)]
    finish(start(environment, again))
    same(run, whole)


def test_several_processes_need_a_folder_by_name(pictures, environment):
    command = [arg for arg in training(pictures, "") if arg not in {"--output", ""}]
    done = start(environment, [*TORCHRUN, "--standalone", "--nproc-per-node", "2", *command])
    _, errors = done.communicate(timeout=PATIENCE_SECONDS)
    assert done.returncode != 0
    assert "several processes need to be told the run's folder" in errors
