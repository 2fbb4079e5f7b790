import threading

import numpy as np
import pytest

from convscope.network.kernels import CHUNKS
from convscope.network.threads import run


@pytest.mark.parametrize("threads", [1, 2, 3, 5, CHUNKS, 1000])
def test_every_chunk_is_handed_out_once(threads):
    seen = np.zeros(CHUNKS, int)

    def kernel(first, last, by):
        seen[first:last] += by

    run(kernel, 2, threads=threads)
    assert (seen == 2).all()


def test_the_calling_thread_works_too():
    workers = set()

    def kernel(*chunks):
        workers.add((chunks, threading.current_thread()))

    run(kernel, threads=1)
    assert workers == {((0, CHUNKS), threading.current_thread())}


@pytest.mark.parametrize("failing", [0, CHUNKS - 1])
def test_an_error_in_any_chunk_is_raised(failing):
    def kernel(first, last):
        if first <= failing < last:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(kernel, threads=2)


@pytest.mark.parametrize(("numbers", "shared"), [(1_000, False), (1_000_000, True)])
def test_little_work_stays_with_the_calling_thread(numbers, shared, monkeypatch):
    monkeypatch.setattr("convscope.network.threads.processor_count", lambda: 2)
    workers = set()

    def kernel(*_):
        workers.add(threading.current_thread())

    run(kernel, np.zeros(numbers, np.uint8))
    assert len(workers) == 1 + shared
