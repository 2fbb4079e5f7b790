"""Starts the command line in forked processes (`forking.py`) instead of new ones, on Linux."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from typing import IO, Self

PROGRAM = Path(__file__).with_name("forking.py")


class Forking:
    """The forking process, and requests to it."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with closing(theirs):
            self._process = subprocess.Popen([sys.executable, str(PROGRAM)], stdin=theirs)

    def ask(self, request: dict[str, object], streams: list[int]) -> int:
        """Return the answer to a request; see `forking.py` for both."""
        socket.send_fds(self._socket, [json.dumps(request).encode()], streams)
        return int(self._socket.recv(64))

    def close(self) -> None:
        """End it, and all processes that it has forked."""
        self._socket.close()
        self._process.wait()


class Forked:
    """A forked process, used like `subprocess.Popen`.

    Args:
        forking: The forking process.
        arguments: Arguments of `convscope`.
        program: A Python file to run instead of the command line.
        env: Environment variables; None: those of this process.
        stdin: Its input, or a file with it.
        stdout: A file for its output, or `subprocess.PIPE`; None: returned by `communicate`.
        stderr: A file for its standard error, likewise.
    """

    def __init__(
        self,
        forking: Forking,
        *arguments: object,
        program: str | None = None,
        env: dict[str, str] | None = None,
        stdin: str | IO[str] = "",
        stdout: IO[str] | int | None = None,
        stderr: IO[str] | None = None,
    ) -> None:
        self.args = [*map(str, arguments)]
        self.returncode: int | None = None
        self.stdout: IO[str] | None = None
        self._forking = forking
        if stdout == subprocess.PIPE:
            reader, writer = os.pipe()
            self.stdout, stdout = os.fdopen(reader), os.fdopen(writer, "w")
        self._output, self._errors = stdout or _file(), stderr or _file()
        request = {
            "arguments": self.args,
            "environment": dict(os.environ if env is None else env),
            "folder": str(Path.cwd()),
            "program": program,
        }
        files = (_file(stdin) if isinstance(stdin, str) else stdin, self._output, self._errors)
        self.pid = forking.ask(request, [file.fileno() for file in files])
        if isinstance(stdin, str):
            files[0].close()
        if self.stdout:
            self._output.close()  # so that it ends with the process
        self._end = os.pidfd_open(self.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.wait()
        for file in (self.stdout, self._output, self._errors):
            if file:
                file.close()

    def poll(self) -> int | None:
        """Return the exit code; None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, and return the exit code.

        Raises:
            subprocess.TimeoutExpired: It has not ended within this many seconds.
        """
        if self.returncode is None:
            if not select.select([self._end], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            os.close(self._end)
            self.returncode = self._forking.ask({"wait": self.pid}, [])
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait for its end, and return its output on both streams."""
        output = self.stdout.read() if self.stdout else None
        self.wait(timeout)
        return _all_of(self._output) if output is None else output, _all_of(self._errors)

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)


def _file(text: str = "") -> IO[str]:
    file = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - until the end is waited for
    file.write(text)
    file.seek(0)
    return file


def _all_of(file: IO[str]) -> str:
    with file:
        file.seek(0)
        return file.read()
