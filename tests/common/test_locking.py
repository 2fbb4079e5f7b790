import errno
import fcntl
import os
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


WITHOUT_FCNTL = "import sys; sys.modules['fcntl'] = None; sys.modules['_fcntl'] = None\n"


def test_without_fcntl_as_on_windows_a_file_elsewhere_is_locked(tmp_path):
    """All modules that use locks can be imported there, and two processes exclude each other."""
    script = WITHOUT_FCNTL + (
        "import convscope.commands.app, convscope.commands.predict\n"
        "import convscope.pictures.store_building, convscope.training.runs.run_folder\n"
        "import convscope.studio.jobs\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    (tmp_path / "run").mkdir()
    command = [sys.executable, "-W", "ignore", "-c", script + HOLD, tmp_path / "run"]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"\n"
        second = WITHOUT_FCNTL + HOLD.replace("input()", "0")
        command = [sys.executable, "-W", "ignore", "-c", second, tmp_path / "run"]
        tried = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert "BlockingIOError" in tried.stderr
        holder.communicate(b"\n")
        again = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert (again.returncode, again.stderr) == (0, "")
    assert list((tmp_path / "run").iterdir()) == []
    gone = subprocess.run([*command[:-1], tmp_path / "gone"], capture_output=True, text=True, check=False)
    assert "FileNotFoundError" in gone.stderr


def test_a_folder_that_is_gone_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), locked(tmp_path / "gone"):
        pass
