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


TRUNCATED = """
import ctypes, mmap, os, sys, threading
from convscope.commands import process_tuning

process_tuning.exit_on_bus_errors("the pictures are gone")
size = 2**28
with open(sys.argv[1], "w+b") as file:
    file.truncate(size)
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    file.truncate(size // 2)
start = ctypes.addressof(ctypes.c_char.from_buffer(mapped))

def read():  # the intact half takes some time; the interpreter lock is free meanwhile
    ctypes.CDLL(None).memchr(ctypes.c_void_p(start), 1, ctypes.c_size_t(size))

reading = threading.Thread(target=read)
match sys.argv[2]:
    case "main":
        read()
    case "thread":
        reading.start()
    case "deadlock":
        reading.start()
        ctypes.PyDLL(None).sleep(30)  # holds the lock, and would keep a handler in Python waiting
reading.join()
print("never here")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGBUS")
@pytest.mark.parametrize("where", ["main", "thread", "deadlock"])
def test_a_mapped_file_that_is_truncated_ends_the_process_with_a_sentence(tmp_path, where):
    command = [sys.executable, "-c", TRUNCATED, str(tmp_path / "mapped"), where]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "the pictures are gone\n")
