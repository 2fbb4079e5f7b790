import os

import pytest

from convscope.common.processors import processor_count


def test_the_environment_can_name_the_number(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert processor_count() == 3


@pytest.mark.parametrize("useless", ["", "0", "-2", "many"])
@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system does not tell")
def test_otherwise_those_are_counted_that_this_process_may_use(monkeypatch, useless):
    monkeypatch.setenv("OMP_NUM_THREADS", useless)
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert processor_count() == 1
    finally:
        os.sched_setaffinity(0, allowed)
    assert processor_count() == len(allowed)
