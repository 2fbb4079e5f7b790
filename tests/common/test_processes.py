"""Other processes are detected, interrupted, and keep inherited locks."""

import subprocess
import sys

import pytest

from convscope.common.locking import locked
from convscope.common.processes import background_options, interrupt, is_alive

WAIT = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    print(flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    sys.exit(7)
"""


def test_a_process_in_the_background_is_alive_until_it_is_interrupted(tmp_path):
    with locked(tmp_path) as lock:
        process = subprocess.Popen(
            [sys.executable, "-c", WAIT], stdout=subprocess.PIPE, **background_options(lock)
        )
    with process:
        process.stdout.readline()
        assert is_alive(process.pid)
        with pytest.raises(BlockingIOError), locked(tmp_path):  # the child holds the lock, too
            pass
        interrupt(process.pid)
        assert process.wait(60) == 7
    assert not is_alive(process.pid)
    with locked(tmp_path):
        pass
