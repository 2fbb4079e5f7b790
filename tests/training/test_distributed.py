"""Real processes that train together give the same result as a single process."""

import contextlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.distributed import HashStore  # noqa: TID251

from convscope.common.ranks import Rank
from convscope.errors import RunError, SettingError
from convscope.training import distributed
from convscope.training.distributed import run_together
from convscope.training.group import Group, process_group

PROGRAM = str(Path(__file__).with_name("together.py"))


needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")


@pytest.fixture(scope="session")
def together(make_once):
    """A folder with the results of all processes; batches of 10, which 4 cannot share evenly."""
    engines = ["fused", "plain", *(["gpu"] if torch.cuda.is_available() else [])]

    def train(folder):
        folder.mkdir()
        done = subprocess.run(
            [sys.executable, PROGRAM, folder, "10", *engines],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        assert done.returncode == 0, done.stderr

    return make_once("together", train)


@pytest.fixture(scope="module", params=["fused", "plain", pytest.param("gpu", marks=needs_gpu)])
def ends(request, together):
    """The result of each process, by number of processes."""
    folder, engine = together, request.param
    return {
        size: [dict(np.load(folder / f"{engine}-{size}-{rank}.npz")) for rank in range(size)]
        for size in (1, 2, 4)
    }


def part(kept, prefix):
    return {name: array for name, array in kept.items() if name.startswith(prefix)}


@pytest.mark.slow
@pytest.mark.parametrize("size", [2, 4])
def test_all_processes_end_with_the_same_to_the_bit(ends, size):
    first, *others = ends[size]
    for other in others:
        for name in first:
            if not name.startswith("cut."):
                np.testing.assert_array_equal(first[name], other[name], err_msg=name)


@pytest.mark.slow
@pytest.mark.parametrize("size", [2, 4])
def test_each_process_reads_its_share_of_each_batch_and_together_they_read_what_one_reads(ends, size):
    (alone,) = ends[1]
    shares = [part(kept, "cut.") for kept in ends[size]]
    for name, batch in part(alone, "cut.").items():
        parts = [share[name] for share in shares]
        np.testing.assert_array_equal(np.concatenate(parts), batch)
        assert max(map(len, parts)) - min(map(len, parts)) <= 1
    assert all(share.keys() == part(alone, "cut.").keys() for share in shares)


@pytest.mark.slow
@pytest.mark.parametrize("size", [2, 4])
def test_the_gradients_of_a_batch_are_those_of_one_process(ends, size):
    (alone,), (first, *_) = ends[1], ends[size]
    gradients = part(alone, "gradient.")
    assert len(gradients) == 6
    for name, gradient in gradients.items():
        np.testing.assert_allclose(first[name], gradient, rtol=0, atol=1e-5 * np.abs(gradient).max())


@pytest.mark.slow
@pytest.mark.parametrize("size", [2, 4])
def test_the_weights_are_those_of_one_process_after_36_steps(ends, size):
    """The order of summation differs, which is visible where it changes a rounding to bfloat16 in Muon."""
    (alone,), (first, *_) = ends[1], ends[size]
    for name, weights in (part(alone, "network.") | part(alone, "average.")).items():
        np.testing.assert_allclose(first[name], weights, rtol=0, atol=1e-2 * np.abs(weights).max())
    np.testing.assert_allclose(first["logits"], alone["logits"], rtol=0, atol=1e-2)


@pytest.mark.slow
@pytest.mark.parametrize("size", [2, 4])
def test_figures_and_decisions_are_those_of_one_process(ends, size):
    (alone,), (first, *_) = ends[1], ends[size]
    assert alone["flip"] == first["flip"] != "None"
    np.testing.assert_allclose(first["log"], alone["log"], rtol=2e-3, atol=2e-3)


def test_a_group_of_one_changes_nothing():
    group, numbers = Group(), np.array([1.5, 2.5])
    assert group.is_first
    assert group.add_up(numbers) is numbers
    assert group.broadcast_text("cat") == "cat"
    assert [group.any(wanted) for wanted in (True, False)] == [True, False]
    assert group.share(slice(3, 7)) == slice(3, 7)
    group.check_same("pictures", "a digest")


def test_what_is_left_in_the_store_by_processes_that_are_gone_leads_nobody_astray():
    store, names = HashStore(), []
    for _ in range(3):  # each time as if torchrun restarted all
        with ThreadPoolExecutor() as pool:
            parts = [pool.submit(distributed._lead, store, 3)]
            parts += [pool.submit(distributed._follow, store, number) for number in (1, 2)]
            meetings = {part.result() for part in parts}
        assert len(meetings) == 1
        names += meetings
        store.set("asked/1", "a question of one who was killed before the answer")
    assert len(set(names)) == 3


def test_whoever_does_not_come_is_not_waited_for_for_ever(monkeypatch):
    monkeypatch.setattr(distributed, "_TIMEOUT", timedelta(seconds=0.1))
    store = HashStore()
    store.set("asked/1", "a question of one who is gone")
    with pytest.raises(RunError, match=r"(?s)lost the other processes.*process 1 did not come"):
        distributed._collectively(lambda: distributed._lead(store, 2))


def test_without_torchrun_there_is_nobody_to_meet(monkeypatch):
    with process_group() as group:
        assert group.rank == Rank()
    for name, value in (("RANK", "1"), ("WORLD_SIZE", "2")):
        monkeypatch.setenv(name, value)
    for name in ("MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(RunError, match="cannot connect to the other processes"), process_group():
        pass


def test_a_program_is_run_as_each_of_several_processes(tmp_path):
    program = "import os, pathlib; pathlib.Path(os.environ['RANK']).write_text(os.environ['WORLD_SIZE'])"
    with contextlib.chdir(tmp_path):
        run_together([sys.executable, "-c", program], 3, threads=1)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"0": "3", "1": "3", "2": "3"}


def test_when_one_of_them_fails_the_others_are_ended():
    program = "import os, time; time.sleep(0 if os.environ['RANK'] == '1' else 200); raise SystemExit(3)"
    with pytest.raises(RunError, match="failed"):
        run_together([sys.executable, "-c", program], 3, threads=1)


def test_more_processes_than_pictures_in_a_batch_are_refused(make_training):
    training = make_training()
    with pytest.raises(SettingError, match="11 processes cannot share batches of 10"):
        type(training)(training.data, training.recipe, Group(Rank(0, 11)))
