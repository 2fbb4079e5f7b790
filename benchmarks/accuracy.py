"""Accuracy and time of `convscope train` with nothing but the automatic recipe.

Each run is a whole process on an empty cache: imports, reading the pictures, training, evaluation and the
report. Test pictures choose nothing; they are looked at once, at the end. Run it with

    python benchmarks/accuracy.py digits mnist=PATH fashion-mnist=PATH cifar10=PATH catsdogs=PATH

where PATH is anything `convscope train` takes. It writes docs/benchmarks/accuracy.md and .json.
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
from typing import Any

from machine import describe, matrix_rates

COLUMNS = (
    "data",
    "test pictures",
    "accuracy, mean (lowest to highest)",
    "seeds",
    "whole command, mean (longest)",
    "of it training",
    "peak memory",
    "network",
    "epochs",
    "mirrored",
)
DOCS = Path(__file__).parent.parent / "docs" / "benchmarks"


def main() -> None:
    """Measure every data set with every seed and write the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", nargs="+", metavar="NAME[=PATH]")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=DOCS / "accuracy")
    arguments = parser.parse_args()
    rates = matrix_rates()
    results: dict[str, list[dict[str, Any]]] = {}
    for seed in range(arguments.seeds):
        for name, _, path in (text.partition("=") for text in arguments.data):
            run = measure(path or name, seed)
            print(
                f"{name} seed {seed}: {run['accuracy_fraction']:.4f} in {run['whole_seconds']:.1f} s",
                flush=True,
            )
            results.setdefault(name, []).append(run)
            write(arguments.output, {"machine": describe(), "matrix_gflops": rates, "results": results})


def measure(data: str, seed: int) -> dict[str, Any]:
    """Train once, as a whole process."""
    with TemporaryDirectory() as folder:
        environment = {**os.environ, "CONVSCOPE_CACHE": folder}
        run = Path(folder) / "run"
        wanted = ["train", data, "--seed", str(seed), "-o", str(run), "--quiet"]
        command = [sys.executable, "-m", "convscope", *wanted]
        start = time.perf_counter()
        process = subprocess.Popen(command, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        whole_seconds = time.perf_counter() - start
        if status:
            raise SystemExit(f"{' '.join(command)} failed")
        metrics = json.loads((run / "metrics.json").read_text())
    figures = metrics["test"]
    return {
        "seed": seed,
        "accuracy_fraction": figures["accuracy_fraction"],
        "pictures": figures["pictures"],
        "whole_seconds": whole_seconds,
        "training_seconds": metrics["training_seconds"],
        "peak_mebibytes": usage.ru_maxrss / 1024,
        "network": metrics["recipe"]["network"],
        "epochs": metrics["recipe"]["epochs"],
        "batch": metrics["recipe"]["batch"],
        "mirrored": metrics["mirrored"],
    }


def write(output: Path, report: dict[str, Any]) -> None:
    """Write the report as JSON and as a table."""
    output.parent.mkdir(parents=True, exist_ok=True)
    output.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")
    output.with_suffix(".md").write_text(table(report))


def table(report: dict[str, Any]) -> str:
    """Lay the report out as Markdown."""
    machine, rates = report["machine"], report["matrix_gflops"]
    lines = [
        "# Accuracy and time of the automatic recipe",
        "",
        "Written by `benchmarks/accuracy.py`, which says how it is measured: `convscope train DATA` as a",
        "whole process on an empty cache, nothing chosen by hand, test pictures looked at once at the end.",
        "",
        f"Machine: {machine['processor']}, {machine['cores']} cores; PyTorch {machine['torch']}, Python",
        f"{machine['python']}. A 2048x2048 matrix product ran there at {rates['fp32']:.0f} (float32) and",
        f"{rates['bf16']:.0f} (bfloat16) GFLOP/s, which is what to scale the times by.",
        "",
        f"| {' | '.join(COLUMNS)} |",
        f"|{'---|' * len(COLUMNS)}",
    ]
    lines += [row(name, runs) for name, runs in report["results"].items()]
    return "\n".join(lines) + "\n"


def row(name: str, runs: list[dict[str, Any]]) -> str:
    """One line of the table."""
    accuracies = [100 * run["accuracy_fraction"] for run in runs]
    whole = [run["whole_seconds"] for run in runs]
    training = statistics.mean(run["training_seconds"] for run in runs)
    memory = max(run["peak_mebibytes"] for run in runs)
    cells = [
        name,
        f"{runs[0]['pictures']:,}",
        f"{statistics.mean(accuracies):.2f} % ({min(accuracies):.2f} to {max(accuracies):.2f})",
        str(len(runs)),
        f"{statistics.mean(whole):.0f} s ({max(whole):.0f})",
        f"{training:.0f} s",
        f"{memory:,.0f} MiB",
        f"`{runs[0]['network']}`",
        str(runs[0]["epochs"]),
        "yes" if runs[0]["mirrored"] else "no",
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
