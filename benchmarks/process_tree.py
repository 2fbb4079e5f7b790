"""Running time, processor time and memory of a benchmarked program with all its processes."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

INTERVAL_SECONDS = 0.05


@dataclass(frozen=True)
class Observed:
    """Measurements of a program.

    Attributes:
        lines: Its output, each line with the seconds since the start.
        seconds: Running time.
        peak_mebibytes: Peak memory of it and all its child processes, without mapped files.
    """

    lines: list[tuple[float, str]]
    seconds: float
    peak_mebibytes: float


def observe(command: list[str], environment: dict[str, str]) -> Observed:
    """Run a program to its end; one that fails ends the benchmark."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    lines: list[tuple[float, str]] = []
    reader = threading.Thread(target=_read, args=(process, lines, start))
    reader.start()
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, sum(anonymous_mebibytes(pid) for pid in tree(process.pid)))
        time.sleep(INTERVAL_SECONDS)
    seconds = time.perf_counter() - start
    reader.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    return Observed(lines, seconds, peak)


def tree(pid: int) -> list[int]:
    """Return the ids of a process and all its descendants (Linux only)."""
    try:
        children = " ".join(path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")).split()
    except OSError:
        children = []
    return [pid, *(one for child in children for one in tree(int(child)))]


def anonymous_mebibytes(pid: int) -> float:
    """Return the memory of a process without mapped files; 0 once it has ended (Linux only)."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"RssAnon:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process, including the kernel, over all threads (Linux only)."""
    numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")


def _read(process: subprocess.Popen[str], lines: list[tuple[float, str]], start: float) -> None:
    for line in cast("IO[str]", process.stdout):
        lines.append((time.perf_counter() - start, line.rstrip("\n")))  # noqa: PERF401  # each at its time
