"""Overlap of reading and predicting many files in `convscope predict`, and its memory.

Three programs take turns on all pictures of a folder: reading and preprocessing alone, in as many threads as
there are processors; prediction alone, of one array in memory; and `convscope predict FOLDER`, as a complete
process. The table gives medians, and the processor time per picture: the first two keep all processors busy,
so the third can at best take as long as both together. For memory, the same command with a tiny network
predicts growing folders of links to these pictures; its peak is sampled 20 times a second, without mapped
files. Run it with

    pip install .
    python benchmarks/many_files.py FOLDER

It writes docs/benchmarks/many_files.md and .json.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from contenders.predictors import noise_model
from convscope.classifier import load
from convscope.common.processors import processor_count
from convscope.model.file import save
from convscope.network.notation import parse_shape
from machine import describe, sentence
from process_tree import observe

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = Path(__file__).parent.parent / "docs" / "benchmarks"
NETWORK, SHAPE = "32C3-MP2-64C3-MP2-128N", "3x32x32"
LIGHT_NETWORK = "AP4"
COUNTS = (1_000, 10_000, 100_000, 1_000_000)


def main() -> None:
    """Measure and write the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="Pictures, in folders of classes or not.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=Path, default=DOCS / "many_files")
    arguments = parser.parse_args()
    files = sorted(str(path) for path in arguments.folder.resolve().rglob("*") if path.is_file())
    report: dict[str, Any] = {"machine": describe(), "rounds": arguments.rounds, "pictures": len(files)}
    with TemporaryDirectory() as folder:
        models = [Path(folder) / f"{name}.safetensors" for name in (NETWORK, LIGHT_NETWORK)]
        for model in models:
            save(noise_model(model.stem, parse_shape(SHAPE)), model)
        report["seconds"] = speeds(models[0], arguments.folder, files, arguments.rounds)
        report["peak_mebibytes"] = {count: peak(models[1], files, count) for count in COUNTS}
    arguments.output.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")
    arguments.output.with_suffix(".md").write_text(table(report))


def speeds(model: Path, folder: Path, files: list[str], rounds: int) -> dict[str, tuple[float, float]]:
    """Measure median seconds per picture, in elapsed time and in processor time."""
    classifier = load(model)

    def read() -> list[np.ndarray]:
        with ThreadPoolExecutor(processor_count()) as pool:
            return list(pool.map(classifier.prepared, files, files))

    pictures = np.stack(read())
    turns: dict[str, Callable[[], object]] = {
        "reading only": read,
        "prediction only": lambda: classifier.predictor.answers(pictures),
        "convscope predict": lambda: observe(command(model, folder), dict(os.environ)),
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in turns}
    for _ in range(rounds):
        for name, take_turn in turns.items():
            start, spent = time.perf_counter(), processor_seconds()
            take_turn()
            seconds = time.perf_counter() - start, processor_seconds() - spent
            found[name].append((seconds[0] / len(files), seconds[1] / len(files)))
    print(found, flush=True)
    medians = {
        name: [statistics.median(column) for column in zip(*one, strict=True)] for name, one in found.items()
    }
    return {name: (wall, busy) for name, (wall, busy) in medians.items()}


def processor_seconds() -> float:
    """Return the processor time of this process and of its finished children."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)


def peak(model: Path, files: list[str], count: int) -> float:
    """Measure the peak memory in MiB of predicting this many files."""
    with TemporaryDirectory() as folder:
        for place, file in enumerate(itertools.islice(itertools.cycle(files), count)):
            Path(folder, f"{place}{Path(file).suffix}").symlink_to(file)
        found = observe(command(model, Path(folder)), dict(os.environ))
    if len(found.lines) != count + 1:
        raise SystemExit(f"{len(found.lines) - 1} of {count} pictures were predicted")
    print(count, found.peak_mebibytes, flush=True)
    return found.peak_mebibytes


def command(model: Path, folder: Path) -> list[str]:
    """Return the command to predict a folder."""
    return [sys.executable, "-m", "convscope", "predict", str(model), str(folder), "--csv", "-"]


def table(report: dict[str, Any]) -> str:
    """Format the results as Markdown."""
    machine, seconds = report["machine"], report["seconds"]
    both = tuple(
        sum(seconds[name][place] for name in ("reading only", "prediction only")) for place in (0, 1)
    )
    rows = {
        "reading only": seconds["reading only"],
        "prediction only": seconds["prediction only"],
        "both, one after the other": both,
        "`convscope predict`, including its start": seconds["convscope predict"],
    }
    lines = [
        "# Predicting many files",
        "",
        "Written by `benchmarks/many_files.py`, which describes the method. Medians of",
        f"{report['rounds']} rounds on {report['pictures']:,} pictures, network `{NETWORK}` on {SHAPE}.",
        sentence(machine),
        "",
        "| | pictures per second | CPU ms per picture |",
        "|---|---|---|",
        *(f"| {name} | {1 / wall:,.0f} | {busy * 1e3:.2f} |" for name, (wall, busy) in rows.items()),
        "",
        f"| files in the folder, network `{LIGHT_NETWORK}` | peak memory, MiB |",
        "|---|---|",
        *(f"| {int(count):,} | {mebibytes:.0f} |" for count, mebibytes in report["peak_mebibytes"].items()),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
