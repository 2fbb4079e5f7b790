import os
import signal
import threading

import pytest

from convscope.training.runs.interruption import stop_requests

SIGNALS = [signal.SIGINT, signal.SIGTERM]


@pytest.fixture(autouse=True)
def handlers():
    """The handlers of all signals must be restored afterwards."""
    before = [signal.getsignal(number) for number in SIGNALS]
    yield
    assert [signal.getsignal(number) for number in SIGNALS] == before


@pytest.mark.parametrize("number", SIGNALS)
def test_a_deferred_signal_is_noted_and_nothing_else_happens(number):
    with stop_requests() as request, request.deferred() as wants_stop:
        assert not wants_stop()
        os.kill(os.getpid(), number)
        assert wants_stop()
        assert wants_stop()
        assert request.is_made


def test_the_second_ctrl_c_is_not_deferred():
    with stop_requests() as request, request.deferred() as wants_stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert wants_stop()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_that_a_library_swallowed_is_still_noted():
    with stop_requests() as request:
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        assert request.is_made
        with request.deferred() as wants_stop:
            assert wants_stop()


def test_an_error_restores_the_handlers():
    with pytest.raises(ZeroDivisionError), stop_requests() as request, request.deferred():
        raise ZeroDivisionError


def test_in_another_thread_nobody_asks():
    answers = []

    def work():
        with stop_requests() as request, request.deferred() as wants_stop:
            answers.append(wants_stop())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert answers == [False]
