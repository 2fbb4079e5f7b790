import subprocess
import sys

import pytest

SCRIPT = """
import resource, sys, threading
from convscope.commands import own_process

size = 2**25  # bytes, 8,192 pages of 4 KiB

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        b"x" * size
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

if sys.argv[1] == "tuned":
    own_process.tune()
b"x" * size
counts = [faults()]
thread = threading.Thread(target=lambda: counts.append(faults()))  # PyTorch goes backward in one of its own
thread.start()
thread.join()
print(*counts)
"""


def faults(how):
    done = subprocess.run([sys.executable, "-c", SCRIPT, how], capture_output=True, text=True, check=True)
    return [int(count) for count in done.stdout.split()]


@pytest.mark.skipif(sys.platform != "linux", reason="mallopt is glibc's")
def test_a_block_that_was_freed_is_used_again_without_new_pages():
    if min(faults("plain")) < 4_000:
        pytest.skip("this system hands out memory in large pages: there is nothing to gain")
    assert max(faults("tuned")) < 1_000
