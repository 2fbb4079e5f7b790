"""Starts torchrun, and manages its processes, for tests with real processes."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

PROGRAM = str(Path(__file__).with_name("saving_often.py"))
TORCHRUN = (sys.executable, "-m", "torch.distributed.run")
TOGETHER = (*TORCHRUN, "--standalone", "--nproc-per-node", "2", "--max-restarts", "1000")
PATIENCE_SECONDS = 600


def training(pictures, run, epochs):
    """The program and its arguments, for a small network."""
    return [
        *(PROGRAM, "train", str(pictures), "--output", str(run), "--network", "4C3-MP2-8C3-MP2"),
        *("--epochs", str(epochs), "--batch-size", "20", "--precision", "fp32", "--augmentation", "light"),
    ]


@contextmanager
def started(cache, fork=None):
    """Yield a function that starts programs; those still running at the end are killed with their children.

    With `fork`, a command starts with a Python program, whose process is forked.
    """
    running = []

    def start(command, **variables):
        own = {"OMP_NUM_THREADS": "1", "CONVSCOPE_CACHE": str(cache)}
        environment = {**os.environ, **own, **variables}
        if fork:
            program, *arguments = command
            process = fork(*arguments, program=program, env=environment)
        else:
            piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
            process = subprocess.Popen(command, env=environment, **piped)
        running.append(process)
        return process

    try:
        yield start
    finally:
        for process in running:
            if process.poll() is None:
                kill(process)


def kill(process):
    """Kill a program and the processes it has started, and wait for its end."""
    for pid in (*children(process), process.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.communicate()


def children(process):
    """Return the child processes of a program."""
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def workers(torchrun):
    """Return the training processes by rank; one may end while it is inspected."""
    found = {}
    for pid in children(torchrun):
        with suppress(FileNotFoundError, ProcessLookupError):
            variables = Path(f"/proc/{pid}/environ").read_text().split("\0")
            ranks = [entry.removeprefix("RANK=") for entry in variables if entry.startswith("RANK=")]
            found |= {int(rank): pid for rank in ranks}
    return found


def finish(process):
    """Wait for a successful end; return the output."""
    output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, errors[-5000:]
    return output


def wait_until(condition, process):
    """Wait for a condition while a program runs."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)


def unhurt(pictures, run, epochs, cache):
    """An undisturbed run of two processes on this machine."""
    with started(cache) as start:
        output = finish(start([*TOGETHER, *training(pictures, run, epochs)]))
    assert output.count("written") == 1  # only the first process prints
    return run


def assert_same(run, whole):
    """Assert that the results of two runs are the same."""
    assert (run / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    assert {path.name for path in run.rglob("*")} == {path.name for path in whole.rglob("*")}
