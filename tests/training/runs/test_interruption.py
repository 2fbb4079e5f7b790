import os
import signal
import threading

import pytest

from convscope.training.runs.interruption import stop_requested

SIGNALS = [signal.SIGINT, signal.SIGTERM]


@pytest.fixture(autouse=True)
def handlers():
    """What each signal does must be the same afterwards."""
    before = [signal.getsignal(number) for number in SIGNALS]
    yield
    assert [signal.getsignal(number) for number in SIGNALS] == before


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_noted_and_nothing_else_happens(number):
    with stop_requested() as wants_stop:
        assert not wants_stop()
        os.kill(os.getpid(), number)
        assert wants_stop()
        assert wants_stop()


def test_the_second_ctrl_c_is_not_caught():
    with stop_requested() as wants_stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert wants_stop()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_an_error_restores_the_handlers():
    with pytest.raises(ZeroDivisionError), stop_requested():
        raise ZeroDivisionError


def test_in_another_thread_nobody_asks():
    answers = []

    def work():
        with stop_requested() as wants_stop:
            answers.append(wants_stop())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert answers == [False]
