"""Accuracy and time of `convscope train` with the automatic recipe and no options.

Each run is a complete process with an empty cache: imports, reading the pictures, training, evaluation and
report. The test pictures are used once, at the end. On a busy machine, OMP_NUM_THREADS=1 keeps threads from
waiting for each other; such runs are used for the accuracy, and only those with the most threads for the
times. Run it with

    python benchmarks/accuracy.py digits mnist=PATH fashion-mnist=PATH cifar10=PATH catsdogs=PATH

where PATH is any source for `convscope train`. It writes docs/benchmarks/accuracy.md and .json. Existing runs
of the same data and seed are replaced, all others are kept.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from convscope.common.processors import processor_count
from machine import describe, matrix_rates, sentence

COLUMNS = (
    "data",
    "test pictures",
    "accuracy, mean (lowest to highest)",
    "calibration error, mean (highest)",
    "seeds",
    "timed",
    "whole command, mean (longest)",
    "training alone",
    "peak memory",
    "network",
    "flip",
)
DOCS = Path(__file__).parent.parent / "docs" / "benchmarks"


def main() -> None:
    """Measure every data set with every seed and write the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", nargs="+", metavar="NAME[=PATH]")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--output", type=Path, default=DOCS / "accuracy")
    arguments = parser.parse_args()
    file = arguments.output.with_suffix(".json")
    runs = json.loads(file.read_text())["runs"] if file.exists() else []
    machine = {**describe(), "matrix_gflops": matrix_rates()}
    for seed in arguments.seeds:
        for name, _, path in (text.partition("=") for text in arguments.data):
            run = {"data": name, **measure(path or name, seed), "machine": machine}
            print(f"{name} seed {seed}: {run['accuracy_fraction']:.4f} in {run['whole_seconds']:.1f} s")
            runs = [old for old in runs if (old["data"], old["seed"]) != (name, seed)] + [run]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps({"runs": runs}, indent=2) + "\n")
            file.with_suffix(".md").write_text(table(runs))


class Trained(NamedTuple):
    """A finished `convscope train`.

    Attributes:
        seconds: Running time of the whole process.
        processor_seconds: Its processor time, including the kernel, over all threads.
        peak_mebibytes: Its peak memory.
        metrics: The content of its metrics.json.
    """

    seconds: float
    processor_seconds: float
    peak_mebibytes: float
    metrics: dict[str, Any]


def train(data: str, seed: int, *options: str, path: Path | None = None) -> Trained:
    """Train once, as a complete process with an empty cache.

    Args:
        data: Any source for `convscope train`.
        seed: The random seed.
        options: Other options of the command.
        path: The source folder of another checkout, whose convscope is to train.
    """
    with TemporaryDirectory() as folder:
        environment = {**os.environ, "CONVSCOPE_CACHE": folder, **({"PYTHONPATH": str(path)} if path else {})}
        run = Path(folder) / "run"
        wanted = ["train", data, "--seed", str(seed), "-o", str(run), "--quiet", *options]
        command = [sys.executable, "-m", "convscope", *wanted]
        start = time.perf_counter()
        process = subprocess.Popen(command, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        if status:
            raise SystemExit(f"{' '.join(command)} failed")
        metrics = json.loads((run / "metrics.json").read_text())
    return Trained(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, metrics)


def measure(data: str, seed: int, *options: str) -> dict[str, Any]:
    """Train once; return the figures of the run."""
    trained = train(data, seed, *options)
    metrics, figures = trained.metrics, trained.metrics["test"]
    return {
        "seed": seed,
        "threads": processor_count(),
        "processor_seconds": trained.processor_seconds,
        "accuracy_fraction": figures["accuracy_fraction"],
        "calibration_error": figures["calibration_error"],
        "pictures": figures["pictures"],
        "whole_seconds": trained.seconds,
        "training_seconds": metrics["training_seconds"],
        "peak_mebibytes": trained.peak_mebibytes,
        "network": metrics["recipe"]["network"],
        "epochs": metrics["recipe"]["epochs"],
        "batch": metrics["recipe"]["batch_size"],
        "mirrored": metrics["flip"],
    }


def table(runs: list[dict[str, Any]]) -> str:
    """Format the runs as Markdown."""
    threads = max(run["threads"] for run in runs)
    machine = [run for run in runs if run["threads"] == threads][-1]["machine"]  # of a timed run
    rates = machine["matrix_gflops"]
    names = dict.fromkeys(run["data"] for run in runs)
    lines = [
        "# Accuracy and time of the automatic recipe",
        "",
        "Written by `benchmarks/accuracy.py`, which describes the method: `convscope train DATA` as a",
        "whole process with an empty cache and no options; the test pictures are used once, at the end.",
        "",
        sentence(machine),
        f"A 2048x2048 matrix product reached {rates['fp32']:.0f} (float32) and {rates['bf16']:.0f}",
        "(bfloat16) GFLOP/s; scale the times accordingly.",
        "",
        f"| {' | '.join(COLUMNS)} |",
        f"|{'---|' * len(COLUMNS)}",
        *(row(name, [run for run in runs if run["data"] == name]) for name in names),
    ]
    return "\n".join(lines) + "\n"


def row(name: str, runs: list[dict[str, Any]]) -> str:
    """Format the runs on one data set as a line of the table."""
    accuracies = [100 * run["accuracy_fraction"] for run in runs]
    threads = max(run["threads"] for run in runs)
    timed = [run for run in runs if run["threads"] == threads]
    whole = [run["whole_seconds"] for run in timed]
    training = statistics.mean(run["training_seconds"] for run in timed)
    cells = [
        name,
        f"{runs[0]['pictures']:,}",
        f"{statistics.mean(accuracies):.2f} % ({min(accuracies):.2f} to {max(accuracies):.2f})",
        calibration(runs),
        str(len(runs)),
        f"{len(timed)} with {threads} threads",
        f"{statistics.mean(whole):.0f} s ({max(whole):.0f})",
        f"{training:.0f} s",
        f"{max(run['peak_mebibytes'] for run in runs):,.0f} MiB",
        f"`{runs[0]['network']}`",
        "yes" if runs[0]["mirrored"] else "no",
    ]
    return f"| {' | '.join(cells)} |"


def calibration(runs: list[dict[str, Any]]) -> str:
    """Return a sentence on the calibration errors of the runs in which they were recorded."""
    errors = [100 * run["calibration_error"] for run in runs if "calibration_error" in run]
    if not errors:
        return "not recorded"
    return f"{statistics.mean(errors):.2f} % ({max(errors):.2f}), recorded in {len(errors)} of {len(runs)}"


if __name__ == "__main__":
    main()
