"""`convscope train` under torchrun: real processes.

CONVSCOPE_KILLS is the number of random kills (4 by default).
"""

import os
import signal
import subprocess
from contextlib import suppress
from random import Random

import pytest

from convscope.model.file import load

from .torchrun import (
    PATIENCE_SECONDS,
    PROGRAM,
    TOGETHER,
    TORCHRUN,
    assert_same,
    finish,
    kill,
    started,
    training,
    unhurt,
    wait_until,
    workers,
)

EPOCHS = 15
KILLS = int(os.environ.get("CONVSCOPE_KILLS", "4"))
KILLS_OF_A_RUN = 4  # a run that is killed forever never ends
LONGEST_SECONDS = 15  # seconds until the next kill: about the duration of a run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2 * PATIENCE_SECONDS)]


@pytest.fixture(scope="module")
def pictures(noisy_pets):
    return noisy_pets(300, 16)


@pytest.fixture(scope="module")
def whole(pictures, common_cache, make_once):
    return make_once("torchrun", lambda run: unhurt(pictures, run, EPOCHS, common_cache))


@pytest.fixture
def begun(pictures, start, tmp_path, whole):  # noqa: ARG001  # a run that waits for another comes to its end
    """The same run during an epoch, and torchrun."""
    run = tmp_path / "begun"
    torchrun = start([*TOGETHER, *training(pictures, run, EPOCHS)])
    wait_until(lambda: len(list(run.glob("checkpoint-*"))) == 2, torchrun)
    return run, torchrun


def test_two_processes_end_with_the_model_of_one(pictures, common_cache, tmp_path, whole, fork):
    run = tmp_path / "alone"
    with started(common_cache, fork) as start:
        finish(start(training(pictures, run, EPOCHS)))
    alone, together = load(run / "model.safetensors"), load(whole / "model.safetensors")
    assert alone.receipt["data_digest"] == together.receipt["data_digest"]
    assert (alone.receipt["processes"], together.receipt["processes"]) == ("1", "2")
    assert alone.figures["accuracy_fraction"] == pytest.approx(
        together.figures["accuracy_fraction"], abs=0.02
    )


def test_a_run_goes_on_by_itself_when_one_process_is_killed_and_then_the_other(begun, whole):
    run, torchrun = begun
    killed = workers(torchrun)
    os.kill(killed[0], signal.SIGKILL)
    wait_until_others_save(run, torchrun, killed)
    os.kill(workers(torchrun)[1], signal.SIGKILL)
    finish(torchrun)
    assert_same(run, whole)


def test_the_same_command_goes_on_when_all_are_killed_and_without_torchrun(begun, start, pictures, whole):
    """The processes started by torchrun end when torchrun is killed."""
    run, torchrun = begun
    killed = workers(torchrun)
    kill(torchrun)
    torchrun = start([*TOGETHER, *training(pictures, run, EPOCHS)])
    wait_until_others_save(run, torchrun, killed)
    os.kill(torchrun.pid, signal.SIGKILL)
    torchrun.communicate(timeout=PATIENCE_SECONDS)  # until no process can print any more
    assert_same(run, whole)


def wait_until_others_save(run, torchrun, before):
    """Wait until the replacement processes have saved a step."""

    def newest():
        times = [0]
        for path in run.glob("checkpoint-*"):
            with suppress(FileNotFoundError):  # it was just replaced
                times.append(path.stat().st_mtime_ns)
        return max(times)

    def replaced():
        now = workers(torchrun)
        return now.keys() == before.keys() and not {*now.values()} & {*before.values()}

    wait_until(replaced, torchrun)
    saved = newest()
    wait_until(lambda: newest() > saved, torchrun)


def test_the_same_command_finds_what_has_ended(start, pictures, whole):
    """Like when a process is lost while exiting: torchrun restarts all of them."""
    before = {path: path.read_bytes() for path in whole.rglob("*") if path.is_file()}
    again = finish(start([*TOGETHER, *training(pictures, whole, EPOCHS)]))
    assert f"this run has already finished: {whole / 'model.safetensors'} is its model" in again
    assert before == {path: path.read_bytes() for path in whole.rglob("*") if path.is_file()}


@pytest.mark.timeout(PATIENCE_SECONDS + 60 * KILLS)
def test_random_kills_change_nothing(pictures, start, tmp_path, whole):
    """Kills a process, or all including torchrun, at moments from the first import to the last figure."""
    random, kills, rounds = Random(0), 0, 0
    while kills < KILLS:
        run = tmp_path / str(rounds)
        most = min(KILLS - kills, KILLS_OF_A_RUN)
        kills += kill_often(
            lambda run=run: start([*TOGETHER, *training(pictures, run, EPOCHS)]), most, random
        )
        assert_same(run, whole)
        rounds += 1


def kill_often(begin, most, random):
    """Run torchrun to its end, with kills in between; return their number."""
    torchrun = begin()
    for kills in range(most):
        try:
            # reads while waiting: torchrun prints much about a lost process, and must not block on a full
            # pipe
            torchrun.communicate(timeout=random.uniform(0, LONGEST_SECONDS))
        except subprocess.TimeoutExpired:
            torchrun = hurt(torchrun, random) or begin()
        else:
            assert torchrun.returncode == 0
            return kills
    finish(torchrun)
    return most


def hurt(torchrun, random):
    """Kill one of the processes, or all and torchrun; return torchrun if it still runs."""
    ranks = workers(torchrun)
    if not ranks or random.random() < 0.5:
        kill(torchrun)
        return None
    with suppress(ProcessLookupError):
        os.kill(ranks[random.choice(sorted(ranks))], signal.SIGKILL)
    return torchrun


def test_ctrl_c_stops_all_and_the_run_goes_on(begun, start, whole):
    run, torchrun = begun
    torchrun.send_signal(signal.SIGINT)
    output, _ = torchrun.communicate(timeout=PATIENCE_SECONDS)
    assert torchrun.returncode != 0
    assert f"convscope train --resume {run}" in output
    finish(start([*TOGETHER, PROGRAM, "train", "--resume", str(run)]))
    assert_same(run, whole)


def test_several_processes_need_a_folder_by_name(pictures, start):
    command = [argument for argument in training(pictures, "", EPOCHS) if argument not in {"--output", ""}]
    refused = start([*TORCHRUN, "--standalone", "--nproc-per-node", "2", *command])  # and not restarted
    _, errors = refused.communicate(timeout=PATIENCE_SECONDS)
    assert refused.returncode != 0
    assert "several processes train together, and none of them may choose the folder" in errors
