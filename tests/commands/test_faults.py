"""Behaviour when the machine fails: docs/reference/faults.md, row by row, with real processes."""

import fcntl
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import termios
from contextlib import contextmanager
from functools import partial

import pytest
from safetensors.numpy import load_file

from convscope.training.events import EpochDone, StepDone
from convscope.training.runs import runner
from convscope.training.settings import Settings

SMALL = ["--network", "3C3-MP2", "--epochs", "6", "--batch-size", "5", "--size", "8", "--precision", "fp32"]
SETTINGS = Settings(network="3C3-MP2", epochs=6, batch_size=5, size=(8, 8), precision="fp32")

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("cache")]


def command(*arguments):
    return [sys.executable, "-m", "convscope", "train", *map(str, arguments)]


def train_in_shell(before, *arguments, **more):
    """Train in a separate process, in a shell that ran a command `before`."""
    shell = ["bash", "-c", f'{before}\nexec "$@"', "bash", *command(*arguments)]
    return subprocess.run(shell, capture_output=True, text=True, check=False, timeout=200, **more)


@pytest.fixture
def train(run):
    """Trains in a separate process, without a command before."""
    return partial(run, "train")


def explained(done):
    """Whether an error was reported correctly: exit code 2, a few lines, no traceback."""
    return done.returncode == 2 and 0 < len(done.stderr.splitlines()) <= 4 and "Traceback" not in done.stderr


def weights(run):
    return {name: tensor.tobytes() for name, tensor in load_file(run / "model.safetensors").items()}


@pytest.fixture
def whole(pets, tmp_path):
    """The run folder of an undisturbed training."""
    runner.train(pets, SETTINGS, output=tmp_path / "whole")
    return tmp_path / "whole"


def may(*command_line):
    """Whether this machine allows an operation that needs a namespace."""
    return subprocess.run(["unshare", "-rm", *command_line], capture_output=True, check=False).returncode == 0


needs_namespaces = pytest.mark.skipif(
    shutil.which("unshare") is None or not may("mount", "-t", "tmpfs", "none", "/mnt"),
    reason="no namespaces to mount in",
)


def train_in_namespace(mounts, *arguments):
    shell = ["unshare", "-rm", "bash", "-euc", f'{mounts}\nexec "$@"', "bash", *command(*arguments)]
    return subprocess.run(shell, capture_output=True, text=True, check=False, timeout=200)


@needs_namespaces
def test_a_disk_that_is_full_for_the_run(pets, tmp_path):
    """The folder only has space for its own entry."""
    (tmp_path / "small").mkdir()
    mounts = f"mount -t tmpfs -o size=4k none {tmp_path / 'small'}"
    done = train_in_namespace(mounts, pets, *SMALL, "-o", tmp_path / "small" / "run")
    assert explained(done), done.stderr
    assert "No space left" in done.stderr


def test_a_disk_that_fills_up_later_and_is_freed(pets, whole, tmp_path, train):
    """Files are limited to 24 KiB: checkpoints fit, the figures of the report do not."""
    run = tmp_path / "run"
    done = train_in_shell("ulimit -f 24", pets, *SMALL, "-o", run)
    assert explained(done), done.stderr
    assert "File too large" in done.stderr
    assert train("--resume", run).returncode == 0
    assert weights(run) == weights(whole)


def test_a_store_that_is_deleted_underneath(pets, whole, cache, tmp_path):
    def delete(event):
        if isinstance(event, StepDone) and event.epoch == 2:
            shutil.rmtree(cache / "stores", ignore_errors=True)

    shutil.rmtree(cache / "stores")
    runner.train(pets, SETTINGS, output=tmp_path / "run", listeners=[delete])
    assert weights(tmp_path / "run") == weights(whole)


CUTTING = """
import os
from pathlib import Path

from convscope.commands import main
from convscope.training.learning.loop import Training

advance = Training._advance


def advance_and_cut(training, *found):
    advance(training, *found)
    if training.position.epoch == 2:
        (pictures,) = Path(os.environ["CONVSCOPE_CACHE"]).glob("stores/*/pictures.bin")
        os.truncate(pictures, int(os.environ["LEFT"]))


Training._advance = advance_and_cut
main()
"""


@pytest.mark.parametrize("left", [0, 1])
def test_a_store_that_is_cut_short_underneath(pets, whole, tmp_path, left, fork, train):
    """With no byte left, the system sends SIGBUS; with one byte, the rest of its page reads as black."""
    run = tmp_path / "run"
    program = tmp_path / "cutting.py"
    program.write_text(CUTTING)
    environment = {**os.environ, "LEFT": str(left)}
    process = fork("train", pets, *SMALL, "-o", run, program=str(program), env=environment)
    output, errors = process.communicate()
    assert explained(subprocess.CompletedProcess(process.args, process.returncode, output, errors)), errors
    assert errors.startswith("the prepared pictures can no longer be read\n")
    assert train("--resume", run).returncode == 0
    assert weights(run) == weights(whole)


@needs_namespaces
@pytest.mark.parametrize("place", ["run", "cache"])
def test_a_read_only_folder(pets, cache, tmp_path, place):
    (tmp_path / "runs").mkdir()
    folder = {"run": tmp_path / "runs", "cache": cache}[place]
    mounts = f"mount -t tmpfs -o ro none {folder}"
    done = train_in_namespace(mounts, pets, *SMALL, "-o", tmp_path / "runs" / "pets")
    assert explained(done), done.stderr
    assert "Read-only file system" in done.stderr
    assert list((tmp_path / "runs").iterdir()) == []


JUMPING = r"""
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* The time of day jumps: ten days ahead, ten days back, and so on at every look. */
static time_t jump(void) {
    static int looks;
    return (__sync_fetch_and_add(&looks, 1) % 2 ? 1 : -1) * 864000;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int failed = syscall(SYS_clock_gettime, clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += jump();
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    struct timespec fine;
    clock_gettime(CLOCK_REALTIME, &fine);
    now->tv_sec = fine.tv_sec;
    now->tv_usec = fine.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *out) {
    struct timespec fine;
    clock_gettime(CLOCK_REALTIME, &fine);
    if (out) *out = fine.tv_sec;
    return fine.tv_sec;
}
"""


@pytest.fixture
def jumping_clock(tmp_path):
    """Environment variables that give a program a different time of day on each call."""
    compiler = shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        pytest.skip("no C compiler to make a clock that jumps")
    source, library = tmp_path / "clock.c", tmp_path / "clock.so"
    source.write_text(JUMPING)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True)
    return {**os.environ, "LD_PRELOAD": str(library)}


def test_a_clock_that_jumps(pets, whole, tmp_path, jumping_clock):
    look = "import time; times = [time.time() for _ in range(9)]; print(max(times) - min(times))"
    seen = subprocess.run([sys.executable, "-c", look], capture_output=True, check=True, env=jumping_clock)
    assert float(seen.stdout) > 86_400
    done = train_in_shell("", pets, *SMALL, "-o", tmp_path / "run", env=jumping_clock)
    assert done.returncode == 0, done.stderr
    assert weights(tmp_path / "run") == weights(whole)
    lasted = json.loads((tmp_path / "run" / "metrics.json").read_text())["training_seconds"]
    assert 0 < lasted < 200


def test_a_picture_that_changes_while_it_is_read(pets, paint, tmp_path, fork):
    """Training uses its old or its new content, never a mixture; the receipt shows which."""
    process = fork("train", pets, *SMALL, "-o", tmp_path / "run")
    for seed in range(10**9):
        if process.poll() is not None:
            break
        shutil.copy(paint(tmp_path / "new.png", 20, seed=seed), pets / "dark" / "5.png")
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert (tmp_path / "run" / "model.safetensors").is_file()


def test_two_trainings_into_one_folder(pets, whole, tmp_path, train):
    run, refused = tmp_path / "run", []

    def also_train(event):
        if isinstance(event, EpochDone) and event.epoch == 2:
            refused.extend([train(pets, *SMALL, "-o", run), train("--resume", run)])

    runner.train(pets, SETTINGS, output=run, listeners=[also_train])
    assert all(map(explained, refused)), [done.stderr for done in refused]
    assert "another process is using" in refused[1].stderr
    assert weights(run) == weights(whole)


@needs_namespaces
def test_a_full_dev_shm(pets, whole, tmp_path):
    mounts = "mount -t tmpfs -o size=4k none /dev/shm; head -c 4096 /dev/zero > /dev/shm/full"
    done = train_in_namespace(mounts, pets, *SMALL, "-o", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert weights(tmp_path / "run") == weights(whole)


def test_sigterm_is_a_stop_like_any_other(pets, whole, tmp_path):
    run = tmp_path / "run"

    def terminate(event):
        if isinstance(event, StepDone) and event.epoch == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        runner.train(pets, SETTINGS, output=run, listeners=[terminate])
    runner.resume(run)
    assert weights(run) == weights(whole)


def test_a_reader_that_goes_away(pets, whole, tmp_path, train):
    """`convscope train ... | head -1`: no traceback, exit code 1, and the run can be resumed."""
    run = tmp_path / "run"
    pipe = 'set -o pipefail; "$@" | head -1'
    done = subprocess.run(
        ["bash", "-c", pipe, "bash", *command(pets, *SMALL, "-o", run)],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert train("--resume", run).returncode == 0
    assert weights(run) == weights(whole)


@pytest.mark.parametrize("size", [(0, 0), (1, 1), (1, 7)])
def test_a_terminal_of_no_size(pets, whole, tmp_path, size, fork):
    """Rows and columns."""
    with on_terminal(fork, size, pets, *SMALL, "-o", tmp_path / "run") as (process, terminal):
        shown = b"".join(iter(lambda: _read(terminal), b""))
    assert process.returncode == 0, shown.decode(errors="replace")
    assert weights(tmp_path / "run") == weights(whole)


LIVE_LINE = re.compile(rb"epoch \d+/120")


def test_a_terminal_that_is_resized_to_nothing(pets, tmp_path, fork):
    arguments = pets, *SMALL, "--epochs", "120", "-o", tmp_path / "run"
    with on_terminal(fork, (24, 80), *arguments) as (process, terminal):
        shown = b""
        while not LIVE_LINE.search(shown):
            shown += _read(terminal)
        resize(terminal, (0, 0))
        process.send_signal(signal.SIGWINCH)
        rest = b"".join(iter(lambda: _read(terminal), b""))
    assert process.returncode == 0, rest.decode(errors="replace")
    assert LIVE_LINE.search(rest)
    assert b"look further" in rest
    assert b"Traceback" not in rest


@contextmanager
def on_terminal(fork, size, *arguments):
    """Train on a terminal of a given size; return the process and the other end of the terminal."""
    master, slave = pty.openpty()
    resize(slave, size)
    environment = {name: text for name, text in os.environ.items() if name not in {"COLUMNS", "LINES"}}
    with os.fdopen(slave, "r+b", buffering=0) as side:
        streams = {"stdin": side, "stdout": side, "stderr": side}
        process = fork("train", *arguments, **streams, env={**environment, "TERM": "xterm"})
    with process:
        yield process, master
    os.close(master)


def resize(terminal, size):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))


def _read(terminal):
    try:
        return os.read(terminal, 65_536)
    except OSError:  # the other end is closed
        return b""
