"""Whether the same command gives the same model every time, on a busy machine.

It trains a small network on the built-in digits with the same command repeatedly, as complete processes,
while other processes keep all processors busy, and counts the different model files by SHA-256. Run it with

    python benchmarks/repeatability.py

It writes docs/benchmarks/repeatability.md and .json.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from convscope.common.processors import processor_count
from machine import describe, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parent.parent / "docs" / "benchmarks"
COMMAND = "train digits --network 8C3-MP2-16N --epochs 1 --quiet"
BUSY = "while True: sum(range(100_000))"


def main() -> None:
    """Run the command the given number of times and write the number of different models."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--output", type=Path, default=DOCS / "repeatability")
    arguments = parser.parse_args()
    digests: Counter[str] = Counter()
    with busy_processors():
        for run in range(1, arguments.runs + 1):
            digests[trained()] += 1
            print(f"{run} runs, {len(digests)} different models", flush=True)
    machine = describe()
    found = {"machine": machine, "command": f"convscope {COMMAND}", "models": dict(digests)}
    arguments.output.with_suffix(".json").write_text(json.dumps(found, indent=2) + "\n")
    arguments.output.with_suffix(".md").write_text(report(machine, digests))


@contextmanager
def busy_processors() -> Iterator[None]:
    """Keep every processor busy."""
    others = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(processor_count())]
    try:
        yield
    finally:
        for process in others:
            process.kill()


def trained() -> str:
    """Run the command; return the digest of its model."""
    with TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        subprocess.run([sys.executable, "-m", "convscope", *COMMAND.split(), "-o", str(run)], check=True)
        return hashlib.sha256((run / "model.safetensors").read_bytes()).hexdigest()


def report(machine: dict[str, str | int], digests: Counter[str]) -> str:
    """Format the result as Markdown."""
    files = "one and the same model file" if len(digests) == 1 else f"{len(digests)} different model files"
    return "\n".join(
        [
            "# The same command gives the same model",
            "",
            "Written by `benchmarks/repeatability.py`, which describes the method.",
            "",
            sentence(machine),
            "",
            f"`convscope {COMMAND}`, {digests.total()} times with a busy process on each processor:",
            f"{files}.",
            "",
        ]
    )


if __name__ == "__main__":
    main()
