import errno
import fcntl
import subprocess
import sys
import threading

import pytest

from convscope.common.locking import locked

HOLD = (
    "import sys, pathlib; from convscope.common.locking import locked\n"
    "with locked(pathlib.Path(sys.argv[1])): print(); input()"
)


def test_another_process_holds_it_until_it_is_killed(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        holder.stdout.readline()
        with pytest.raises(BlockingIOError), locked(tmp_path):
            pass
        holder.kill()
    with locked(tmp_path):
        assert list(tmp_path.iterdir()) == []


def test_who_waits_gets_it_as_soon_as_it_is_free(tmp_path):
    got = threading.Event()

    def wait():
        with locked(tmp_path, wait=True):
            got.set()

    waiter = threading.Thread(target=wait)
    with locked(tmp_path):
        waiter.start()
        assert not got.wait(0.1)
    waiter.join()
    assert got.is_set()


def test_a_folder_that_cannot_be_locked_is_used_unlocked(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EBADF, "as NFS says")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with locked(tmp_path), locked(tmp_path):
        pass


def test_a_folder_that_is_gone_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), locked(tmp_path / "gone"):
        pass
