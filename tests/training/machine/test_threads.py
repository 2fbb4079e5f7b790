"""Training in a forked process, and in several threads at once."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

import convscope
from convscope.training.machine.threads import computing_threads, threads_for_steps

FORK = """
import os
import sys
import numpy as np
import convscope
from convscope.training.machine.threads import computing_threads, threads_for_steps
from convscope.errors import RunError

pictures = np.random.default_rng(0).integers(0, 256, (40, 8, 8), np.uint8)
settings = {"network": "4C3-MP2", "epochs": 1, "start": "scratch", "device": "cpu", "precision": "fp32"}
train = lambda: convscope.train((pictures, ["a", "b"] * 20), **settings)
train()
child = os.fork()
if child == 0:
    try:
        train()
    except RunError as error:
        sys.exit(3 if "spawn" in error.remedy else 4)
    sys.exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_training_is_refused_in_a_fork_of_a_process_that_has_trained():
    assert subprocess.run([sys.executable, "-c", FORK], timeout=100, check=False).returncode == 3


@pytest.mark.slow
@pytest.mark.usefixtures("cache")
def test_two_trainings_in_threads_give_the_models_that_they_give_alone():
    """Four at a time with two seeds: a shared generator would mix their random numbers."""
    pictures = np.random.default_rng(0).integers(0, 256, (40, 8, 8), np.uint8)

    def weights(seed):
        classifier = convscope.train(
            (pictures, ["a", "b"] * 20),
            network="4C3-MP2-6N",
            epochs=2,
            start="scratch",
            seed=seed,
            device="cpu",
            precision="fp32",
        )
        return classifier.model.weights

    seeds = [0, 1] * 4
    alone = [weights(seed) for seed in (0, 1)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(weights, seeds))
    for seed, found in zip(seeds, together, strict=True):
        for name, weight in alone[seed].items():
            np.testing.assert_array_equal(found[name], weight, err_msg=f"{name} of seed {seed}")


@pytest.mark.parametrize(("products", "threads"), [(1_000_000, 1), (1_000_000_000, 3)])
def test_small_steps_are_computed_in_one_thread(products, threads):
    with computing_threads(3):
        with threads_for_steps(products):
            assert torch.get_num_threads() == threads
        assert torch.get_num_threads() == 3
