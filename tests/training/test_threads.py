import pytest
import torch

from convscope.training.events import StepDone
from convscope.training.threads import computing_threads, threads_worth


@pytest.mark.parametrize(
    ("most", "multiply_adds", "threads"),
    [(2, 0, 1), (2, 99_999_999, 1), (2, 200_000_000, 2), (2, 10**12, 2), (8, 450_000_000, 4), (1, 10**12, 1)],
)
def test_another_thread_is_woken_for_enough_work(most, multiply_adds, threads):
    with computing_threads(most):
        assert threads_worth(multiply_adds) == threads


@pytest.mark.parametrize(("network", "threads"), [("2C3-MP2", 1), ("128C3-128C3-MP2", 2)])
def test_a_run_takes_as_many_threads_as_are_worth_waking(make_training, network, threads):
    seen = set()

    def listen(event):
        if isinstance(event, StepDone):
            seen.add(torch.get_num_threads())

    with computing_threads(2):
        make_training(network=network, epochs=1, batch=40).run([listen])
        assert torch.get_num_threads() == 2
    assert seen == {threads}
