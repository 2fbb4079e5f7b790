"""Whole trainings from scratch with this checkout and an older one: time, processor time and accuracy.

Each run is a complete process of `convscope train` with an empty cache. In every round, each checkout trains
once on each data set and in each precision, in turns, so that other work on the machine affects both alike.
An additional first run, which is not counted, compiles the kernels. Run it with

    git worktree add ../older COMMIT
    python benchmarks/two_checkouts.py ../older digits "mnist=PATH:--epochs 4" catsdogs=PATH

where PATH is any source for `convscope train`; options after the colon are for that data set. The table gives
the median over the rounds of this checkout's time divided by the other's, and medians of everything else. It
writes docs/benchmarks/two_checkouts.md and .json. Existing runs of the same data are replaced, all others are
kept.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from convscope.training.machine.precision import fastest_precision
from machine import describe, sentence

HERE = Path(__file__).parent.parent
DOCS = HERE / "docs" / "benchmarks"
FROM_SCRATCH = ["--start", "scratch"]
FIGURES = {"whole": "whole_seconds", "processor": "processor_seconds", "accuracy": "accuracy_fraction"}


def main() -> None:
    """Train with both checkouts in turns and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("other", type=Path, metavar="CHECKOUT")
    parser.add_argument("data", nargs="+", metavar="NAME[=PATH[:OPTIONS]]")
    parser.add_argument("--precisions", nargs="+", default=sorted({"fp32", fastest_precision()}))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=DOCS / "two_checkouts")
    arguments = parser.parse_args()
    file = arguments.output.with_suffix(".json")
    report = json.loads(file.read_text()) if file.exists() else {"data": {}}
    checkouts = {"this": HERE, "other": arguments.other.resolve()}
    report |= {"machine": describe(), "commits": {name: commit(path) for name, path in checkouts.items()}}
    for text, precision in itertools.product(arguments.data, arguments.precisions):
        name, _, rest = text.partition("=")
        path, _, options = rest.partition(":")
        given = [path or name, "--precision", precision, *options.split()]
        runs = in_turns(checkouts, given, arguments.rounds)
        report["data"][f"{name}, {precision}"] = {"options": options, "runs": runs}
        print(row(f"{name}, {precision}", report["data"][f"{name}, {precision}"]), flush=True)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(report, indent=2) + "\n")
        file.with_suffix(".md").write_text(table(report))


def commit(checkout: Path) -> str:
    """Return the short name of a checkout's commit."""
    command = ["git", "-C", str(checkout), "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def in_turns(checkouts: dict[str, Path], given: list[str], rounds: int) -> dict[str, list[dict[str, float]]]:
    """Let the checkouts train in turns; return the runs of each, round by round."""
    for checkout in checkouts.values():
        train(checkout, [*given, "--epochs", "1"], seed=0)
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in checkouts}
    for number in range(rounds):
        for name in sorted(checkouts, reverse=bool(number % 2)):
            runs[name].append(train(checkouts[name], given, seed=number))
    return runs


def train(checkout: Path, given: list[str], *, seed: int) -> dict[str, float]:
    """Train once, from scratch, as a complete process."""
    with TemporaryDirectory() as folder:
        environment = {**os.environ, "CONVSCOPE_CACHE": folder, "PYTHONPATH": str(checkout / "src")}
        run = Path(folder) / "run"
        command = [sys.executable, "-m", "convscope", "train", *given, *_from_scratch(environment)]
        command += ["--seed", str(seed), "-o", str(run), "--quiet"]
        start = time.perf_counter()
        process = subprocess.Popen(command, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        whole_seconds = time.perf_counter() - start
        if status:
            raise SystemExit(f"{' '.join(command)} failed")
        metrics = json.loads((run / "metrics.json").read_text())
    return {
        "whole_seconds": whole_seconds,
        "processor_seconds": usage.ru_utime + usage.ru_stime,
        "accuracy_fraction": metrics["test"]["accuracy_fraction"],
    }


def _from_scratch(environment: dict[str, str]) -> list[str]:
    """Return the option for training from scratch, if the checkout has other starts."""
    command = [sys.executable, "-m", "convscope", "train", "--help"]
    text = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    return FROM_SCRATCH if FROM_SCRATCH[0] in text else []


def table(report: dict[str, Any]) -> str:
    """Format the runs as Markdown."""
    commits = report["commits"]
    lines = [
        "# Whole trainings beside an older version",
        "",
        "Written by `benchmarks/two_checkouts.py`, which describes the method: medians of whole commands,",
        f"this version ({commits['this']}) and an older one ({commits['other']}) in turns.",
        "",
        sentence(report["machine"]),
        "",
        "| data, precision | options | time, this / older | processor time | seconds | accuracy | rounds |",
        "|---|---|---|---|---|---|---|",
        *(row(name, one) for name, one in report["data"].items()),
    ]
    return "\n".join(lines) + "\n"


def row(name: str, one: dict[str, Any]) -> str:
    """Format the runs on one data set in one precision."""
    runs = one["runs"]
    pairs = list(zip(runs["this"], runs["other"], strict=True))
    ratios = {
        title: statistics.median(ours[figure] / theirs[figure] for ours, theirs in pairs)
        for title, figure in FIGURES.items()
    }
    medians = {
        which: {title: statistics.median(run[figure] for run in own) for title, figure in FIGURES.items()}
        for which, own in runs.items()
    }
    ours, theirs = medians["this"], medians["other"]
    cells = [
        name,
        f"`{one['options']}`" if one["options"] else "",
        f"{ratios['whole']:.2f}",
        f"{ratios['processor']:.2f}",
        f"{ours['whole']:.1f} / {theirs['whole']:.1f}",
        f"{ours['accuracy']:.2%} / {theirs['accuracy']:.2%}",
        str(len(pairs)),
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
