"""Whether a reader behaved correctly: a result or a ConvscopeError, within time, memory and its folder.

Three things are watched while it reads. Processor time and peak memory come from the system, so that they are
known even if a reader catches the exception that would stop it. Python's audit hooks (PEP 578) report files
that are opened for writing, created, moved or removed, started processes and network access; they do not
report what C libraries do themselves.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convscope.errors import ConvscopeError

if TYPE_CHECKING:
    from collections.abc import Generator

    from fuzzing.reader import Reader

SECONDS = 10.0
"""Seconds of processor time for one input."""
BYTES = 2 * 2**30
"""Bytes in addition to what the process has when it starts to read."""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGING = {
    **dict.fromkeys(("os.mkdir", "os.remove", "os.rmdir", "os.truncate"), (0,)),
    **dict.fromkeys(("os.chmod", "os.chown", "os.utime"), (0,)),
    **dict.fromkeys(("os.rename", "os.link", "os.symlink"), (0, 1)),
}
"""Audit events that change files, and which of their arguments are paths."""
_NEVER = {
    *("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty"),
    *("socket.getaddrinfo", "socket.gethostbyname", "pickle.find_class"),
}
_TICK = os.sysconf("SC_CLK_TCK")
_BREATH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome of one input.

    Attributes:
        verdict: `read`, `refused`, or the misbehaviour of the reader.
        seconds: Processor time.
        bytes_taken: Peak memory in addition to what was taken before.
    """

    verdict: str
    seconds: float
    bytes_taken: int

    @property
    def is_finding(self) -> bool:
        """Whether the reader misbehaved."""
        return self.verdict not in {"read", "refused"}


class Watch:
    """Reports what readers do outside their folder.

    Args:
        place: The folder that they may write to.
    """

    def __init__(self, place: Path) -> None:
        self._place = os.path.realpath(place) + os.sep
        self._is_on = False
        self._seen: list[str] = []
        sys.addaudithook(self._hear)

    @contextmanager
    def on(self) -> Generator[list[str]]:
        """Watch inside the context; yield the list of observations."""
        self._seen = []
        self._is_on = True
        try:
            yield self._seen
        finally:
            self._is_on = False

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._is_on:
            return
        if event in _NEVER:
            self._seen.append(f"{event}{arguments[:2]}")
            raise PermissionError(f"{event} while reading")
        if event == "open":
            path, _, flags = arguments
            self._check(event, [path] if flags & _WRITING else [])
        elif event in _CHANGING:
            paths = [arguments[place] for place in _CHANGING[event]]
            if event in {"os.remove", "os.rmdir"} and arguments[1] >= 0:  # relative to an open folder
                paths = [f"/proc/self/fd/{arguments[1]}/{os.fsdecode(paths[0])}"]
            self._check(event, paths)

    def _check(self, event: str, paths: list[Any]) -> None:
        for path in paths:
            if not isinstance(path, int) and not self._is_inside(os.fsdecode(path)):
                self._seen.append(f"{event}({path!r}) outside its folder")

    def _is_inside(self, path: str) -> bool:
        return path == os.devnull or (os.path.realpath(path) + os.sep).startswith(self._place)


def judge(reader: Reader, data: bytes, watch: Watch) -> Judgement:
    """Run a reader and judge it."""
    processes = ["self"] if reader.process is None else ["self", str(reader.process)]
    before = [_memory(one, forget=True) for one in processes]
    start = _processor_seconds(reader.process)
    with watch.on() as seen:
        verdict = _verdict(reader, data)
        if verdict.startswith("MemoryError"):  # perhaps another reader's threads still hold its input
            time.sleep(_BREATH_SECONDS)
            verdict = _verdict(reader, data)
    seconds = _processor_seconds(reader.process) - start
    taken = max(_memory(one)[1] - rest for one, (rest, _) in zip(processes, before, strict=True))
    if seen:
        verdict = f"did what it may not: {seen[0]}"
    elif seconds > SECONDS:
        verdict = f"took {seconds:.0f} s"
    elif taken > BYTES:
        verdict = f"took {taken / 2**20:,.0f} MiB"
    reader.tidy()
    return Judgement(verdict, seconds, max(0, taken))


def _verdict(reader: Reader, data: bytes) -> str:
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        reader.read(data)
    except ConvscopeError:
        return "refused"
    except Exception as error:  # noqa: BLE001  # which is what is looked for
        return f"{type(error).__name__}: {error}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return "read"


def limit() -> None:
    """Stop a reader after its time, and before it takes all of the machine's memory."""
    signal.signal(signal.SIGPROF, _stop)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + 2 * BYTES  # to observe more than BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))


def _stop(*_: object) -> None:
    raise TimeoutError(f"took more than {SECONDS:g} s")


def _processor_seconds(process: int | None) -> float:
    own = time.process_time()
    if process is None:
        return own
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return own + (int(fields[11]) + int(fields[12])) / _TICK


def _memory(process: str, *, forget: bool = False) -> tuple[int, int]:
    """Return the current memory of a process, and its peak since the last reset, in bytes."""
    if forget:
        Path(f"/proc/{process}/clear_refs").write_text("5")
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
    return tuple(1024 * int(lines[name].split()[0]) for name in ("VmRSS", "VmHWM"))  # type: ignore[return-value]
