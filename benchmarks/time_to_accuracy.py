"""Time of `convscope train` to reach an accuracy: the time of the shortest run that does.

For each kind of run, from the shortest to the longest, it trains with every seed, as complete processes with
an empty cache, and stops at the first kind whose mean test accuracy reaches the highest target. All other
settings are chosen by the recipe. Run it with

    python benchmarks/time_to_accuracy.py mnist=PATH:99,99.5 fashion-mnist=PATH:93 --seeds 0 1 2 3 4
    python benchmarks/time_to_accuracy.py cifar10=PATH:92,94 --seeds 0 1 2 --kinds "--epochs 12" \
        "--epochs 18 --network 24C2-64C3-MP2-64C3-192C3-MP2-192C3-192C3-256C3-MP2-256C3-256C3-MP3"

where PATH is any source for `convscope train`. It writes docs/benchmarks/time_to_accuracy.md and .json.
Existing runs of the same data are replaced, all others are kept.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
from pathlib import Path
from typing import Any

from accuracy import DOCS, measure
from machine import describe, sentence

KINDS = [
    *("--minutes 0.1", "--minutes 0.15", "--minutes 0.2"),
    *(f"--epochs {epochs}" for epochs in (1, 2, 3, 4, 6, 8, 12, 16)),
]


def main() -> None:
    """Train with more and more epochs and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", nargs="+", metavar="NAME=PATH:PERCENT,...")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--kinds", nargs="+", metavar="OPTIONS", default=KINDS)
    parser.add_argument("--output", type=Path, default=DOCS / "time_to_accuracy")
    arguments = parser.parse_args()
    file = arguments.output.with_suffix(".json")
    found = json.loads(file.read_text()) if file.exists() else {}
    for text in arguments.data:
        name, path, percents = text.replace(":", "=").split("=")
        wanted = [float(percent) / 100 for percent in percents.split(",")]
        runs = reach(path, max(wanted), arguments.kinds, arguments.seeds)
        found[name] = {"wanted": wanted, "machine": describe(), "runs": runs}
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(found, indent=2) + "\n")
        file.with_suffix(".md").write_text(table(found))


def reach(path: str, wanted: float, kinds: list[str], seeds: list[int]) -> list[dict[str, Any]]:
    """Train longer and longer until the mean accuracy reaches the target."""
    runs: list[dict[str, Any]] = []
    for kind in kinds:
        group = [{"kind": kind, **measure(path, seed, *kind.split())} for seed in seeds]
        runs += group
        mean = mean_of(group, "accuracy_fraction")
        print(f"{path}: {kind}, {mean:.4f}", flush=True)
        if mean >= wanted:
            break
    return runs


def mean_of(runs: list[dict[str, Any]], figure: str) -> float:
    """Return the mean of one metric of some runs."""
    return statistics.mean(run[figure] for run in runs)


def table(found: dict[str, Any]) -> str:
    """Format the runs as Markdown."""
    machine = list(found.values())[-1]["machine"]
    lines = [
        "# Time to a given accuracy",
        "",
        "Written by `benchmarks/time_to_accuracy.py`, which describes the method. Means over the seeds.",
        "",
        sentence(machine),
        "",
        "| data | target | run | accuracy (lowest to highest) | training | whole command (longest) | seeds |",
        "|---|---|---|---|---|---|---|",
        *(row(name, wanted, one["runs"]) for name, one in found.items() for wanted in one["wanted"]),
    ]
    return "\n".join(lines) + "\n"


def row(name: str, wanted: float, runs: list[dict[str, Any]]) -> str:
    """Format the shortest run that reaches an accuracy, or the longest one tried."""
    by_kind = [list(group) for _, group in itertools.groupby(runs, lambda run: run["kind"])]
    enough = [group for group in by_kind if mean_of(group, "accuracy_fraction") >= wanted]
    taken = (enough or by_kind[-1:])[0]
    accuracies = [100 * run["accuracy_fraction"] for run in taken]
    seconds = [run["whole_seconds"] for run in taken]
    cells = [
        name,
        f"{100 * wanted:g} %" + ("" if enough else ", not reached"),
        f"`{taken[0]['kind']}`",
        f"{statistics.mean(accuracies):.2f} % ({min(accuracies):.2f} to {max(accuracies):.2f})",
        f"{mean_of(taken, 'training_seconds'):.1f} s",
        f"{statistics.mean(seconds):.1f} s ({max(seconds):.1f})",
        str(len(taken)),
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
