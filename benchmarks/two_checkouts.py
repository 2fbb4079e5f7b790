"""Whole trainings from scratch with this checkout and an older one: time, processor time and accuracy.

Each run is a complete process of `convscope train` with an empty cache. In every round, each checkout trains
once on each data set and in each precision, in turns, so that other work on the machine affects both alike.
An additional first run, which is not counted, compiles the kernels. Run it with

    git worktree add ../older COMMIT
    python benchmarks/two_checkouts.py ../older digits "mnist=PATH:--epochs 4" catsdogs=PATH

where PATH is any source for `convscope train`; options after the colon are for that data set. The table gives
the median over the rounds of this checkout's time divided by the other's, and medians of everything else. It
writes docs/benchmarks/two_checkouts.md and .json. Existing runs of the same data are replaced, all others are
kept; give another machine its own --output.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from accuracy import train
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
    data, *options = given
    sources = {name: checkout / "src" for name, checkout in checkouts.items()}
    starts = {name: from_scratch(path) for name, path in sources.items()}
    for name, path in sources.items():
        train(data, 0, *options, "--epochs", "1", *starts[name], path=path)
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in checkouts}
    for number in range(rounds):
        for name in sorted(checkouts, reverse=bool(number % 2)):
            trained = train(data, number, *options, *starts[name], path=sources[name])
            runs[name].append(
                {
                    "whole_seconds": trained.seconds,
                    "processor_seconds": trained.processor_seconds,
                    "accuracy_fraction": trained.metrics["test"]["accuracy_fraction"],
                }
            )
    return runs


def from_scratch(path: Path) -> list[str]:
    """Return the option for training from scratch, if the source folder's version has other starts."""
    command = [sys.executable, "-m", "convscope", "train", "--help"]
    environment = {**os.environ, "PYTHONPATH": str(path)}
    text = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    return FROM_SCRATCH if FROM_SCRATCH[0] in text else []


def table(report: dict[str, Any]) -> str:
    """Format the runs as Markdown."""
    commits = report["commits"]
    lines = [
        "# Duration of training compared with an older version",
        "",
        "Written by `benchmarks/two_checkouts.py`, which describes the method: medians of whole commands,",
        f"this version ({commits['this']}) and an older one ({commits['other']}) in alternation.",
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
