"""Memory that `convscope train` takes for many pictures, beyond the mapped pages of the store.

Writes noise pictures of 64x64 as PNG files in two class folders, trains for a given time as a whole process
and samples its anonymous resident memory (RssAnon of /proc/PID/status, so Linux only). Run it with

    python benchmarks/memory.py

It writes docs/benchmarks/memory.md and .json.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from machine import describe

DOCS = Path(__file__).parent.parent / "docs" / "benchmarks"
SIDE = 64


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--minutes", type=float, default=0.5)
    parser.add_argument("--output", type=Path, default=DOCS / "memory")
    arguments = parser.parse_args()
    peaks = {count: measure(count, arguments.minutes) for count in arguments.pictures}
    report = {"machine": describe(), "side": SIDE, "minutes": arguments.minutes, "peak_mebibytes": peaks}
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")
    lines = [
        "# Memory of training",
        "",
        "Written by `benchmarks/memory.py`: the peak of the anonymous resident memory of `convscope train`",
        f"on colour PNG files of {SIDE}x{SIDE}, reading included, in one run each. The store's pages are not",
        "counted: they are the file's, and the system takes them back when it needs room.",
        "",
        "| pictures | peak |",
        "|---|---|",
        *(f"| {count:,} | {peak:,.0f} MiB |" for count, peak in peaks.items()),
    ]
    arguments.output.with_suffix(".md").write_text("\n".join(lines) + "\n")


def measure(count: int, minutes: float) -> float:
    """Train on so many pictures; return the peak in MiB."""
    with TemporaryDirectory() as folder:
        make_pictures(Path(folder) / "pictures", count)
        wanted = ["train", f"{folder}/pictures", "-o", f"{folder}/run", "--quiet", "--minutes", str(minutes)]
        command = [sys.executable, "-m", "convscope", *wanted]
        process = subprocess.Popen(command, env={**os.environ, "CONVSCOPE_CACHE": f"{folder}/cache"})
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, anonymous_mebibytes(process.pid))
            time.sleep(0.05)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} failed")
    print(f"{count:,} pictures: {peak:,.0f} MiB", flush=True)
    return peak


def make_pictures(folder: Path, count: int) -> None:
    """Write noise, dark or light, two classes of it."""
    rng = np.random.default_rng(0)
    for label in ("dark", "light"):
        (folder / label).mkdir(parents=True)
    for number in range(count):
        label = ("dark", "light")[number % 2]
        pixels = rng.integers(0, 128, (SIDE, SIDE, 3), np.uint8) + np.uint8(100 * (number % 2))
        Image.fromarray(pixels).save(folder / label / f"{number}.png", compress_level=0)


def anonymous_mebibytes(pid: int) -> float:
    """Read what a process holds beyond mapped files; 0 once it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"RssAnon:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    main()
