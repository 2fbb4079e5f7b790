"""CIFAR-10 on a GPU: `convscope train`, and airbench94 if its script is given.

They alternate, as whole processes, once per seed. convscope's time is given by its own clock, from the first
step to the last, and for the whole command; its accuracy is on the test pictures, without test-time
augmentation. airbench's script is not part of convscope: get it from
https://github.com/KellerJordan/cifar10-airbench and pass its path; the time and accuracy that it prints are
reported unchanged. Run it with

    python benchmarks/gpu.py PATH [--airbench airbench94.py] [--epochs 10] [--seeds 0 1 2]

where PATH is CIFAR-10 as any source for `convscope train`. It writes docs/benchmarks/gpu.md and .json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import torch

from accuracy import DOCS, measure
from convscope.training.machine.engine import engine_name
from machine import describe, sentence

_LINES_KEPT = 5


def main() -> None:
    """Train with every seed in both programs and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", metavar="PATH")
    parser.add_argument("--airbench", type=Path)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--output", type=Path, default=DOCS / "gpu")
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        raise SystemExit(f"nothing was measured: PyTorch {torch.__version__} sees no GPU here")
    options = ["--device", "cuda", *(["--epochs", str(arguments.epochs)] if arguments.epochs else [])]
    runs: list[dict[str, Any]] = []
    for seed in arguments.seeds:
        run = measure(arguments.data, seed, *options)
        print(f"seed {seed}: {run['accuracy_fraction']:.4f} in {run['training_seconds']:.1f} s", flush=True)
        runs.append({**run, "airbench": airbench(arguments.airbench) if arguments.airbench else None})
    found = {"device": engine_name("cuda"), "machine": describe(), "options": options, "runs": runs}
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.with_suffix(".json").write_text(json.dumps(found, indent=2) + "\n")
    arguments.output.with_suffix(".md").write_text(table(found))


def airbench(script: Path) -> dict[str, Any]:
    """Run airbench's script once, in its own folder, which contains its data."""
    command = [sys.executable, script.name]
    start = time.perf_counter()
    ended = subprocess.run(command, cwd=script.parent, capture_output=True, text=True, check=False)
    whole_seconds = time.perf_counter() - start
    if ended.returncode:
        raise SystemExit(f"{script} failed: {ended.stderr[-2000:]}")
    return {"whole_seconds": whole_seconds, "said": ended.stdout.splitlines()[-_LINES_KEPT:]}


def table(found: dict[str, Any]) -> str:
    """Format the runs as Markdown."""
    runs = found["runs"]
    accuracies = [100 * run["accuracy_fraction"] for run in runs]
    means = (statistics.mean(run[figure] for run in runs) for figure in ("training_seconds", "whole_seconds"))
    cells = (
        f"`convscope train {' '.join(found['options'])}`",
        f"{statistics.mean(accuracies):.2f} % ({min(accuracies):.2f} to {max(accuracies):.2f})",
        *(f"{mean:.1f} s" for mean in means),
        str(len(runs)),
    )
    said = [line for run in runs if run["airbench"] for line in run["airbench"]["said"]]
    lines = [
        "# CIFAR-10 on a GPU",
        "",
        "Written by `benchmarks/gpu.py`, which describes the method. Means over the seeds.",
        "",
        f"Device: {found['device']}. {sentence(found['machine'])}",
        "",
        "| run | accuracy (lowest to highest) | training | whole command | seeds |",
        "|---|---|---|---|---|",
        f"| {' | '.join(cells)} |",
    ]
    beside = [
        "",
        "What airbench's script said in the same run, after each of these:",
        "",
        "```",
        *said,
        "```",
    ]
    return "\n".join([*lines, *(beside if said else [])]) + "\n"


if __name__ == "__main__":
    main()
