import subprocess
import sys

import pytest

SCRIPT = """
import resource, sys, threading
from convscope.commands import process_tuning

size = 2**25  # bytes, 8,192 pages of 4 KiB

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        b"x" * size
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

if sys.argv[1] == "tuned":
    process_tuning.tune()
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


CUT_SHORT = """
import mmap, os, sys, threading
from convscope.commands import process_tuning

process_tuning.explain_bus_errors("the pictures are gone")
with open(sys.argv[1], "r+b") as file:
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    os.truncate(file.fileno(), 0)
reading = threading.Thread(target=mapped.read) if sys.argv[2] == "thread" else None
if reading:
    reading.start()
    reading.join()
mapped.read()
print("never here")
"""


@pytest.mark.parametrize("where", ["main", "thread"])
def test_a_mapped_file_that_is_cut_short_ends_the_process_with_a_sentence(tmp_path, where):
    (tmp_path / "mapped").write_bytes(bytes(100_000))
    done = subprocess.run(
        [sys.executable, "-c", CUT_SHORT, str(tmp_path / "mapped"), where],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "the pictures are gone\n")
