"""How time and memory of `convscope train` grow with the number and the size of the pictures.

Writes noise pictures as PNG files into two class folders and trains the network `small` on them for one
epoch, as a whole process with an empty cache. Memory does not count mapped files: the system takes their
pages back when it needs room. Run it with

    python benchmarks/growth.py

It writes docs/benchmarks/growth.md and .json.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

from machine import describe, sentence
from process_tree import observe

DOCS = Path(__file__).parent.parent / "docs" / "benchmarks"
SIDE = 64


def main() -> None:
    """Measure every number and every size of pictures and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, nargs="+", default=[6_250, 25_000, 100_000])
    parser.add_argument("--sides", type=int, nargs="+", default=[32, 64, 128, 256])
    parser.add_argument("--pictures-of-a-size", type=int, default=2_000)
    parser.add_argument("--output", type=Path, default=DOCS / "growth")
    arguments = parser.parse_args()
    wanted = [
        *((count, SIDE) for count in arguments.pictures),
        *((arguments.pictures_of_a_size, side) for side in arguments.sides),
    ]
    runs = [measure(count, side) for count, side in wanted]
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.with_suffix(".json").write_text(
        json.dumps({"machine": describe(), "runs": runs}, indent=2) + "\n"
    )
    arguments.output.with_suffix(".md").write_text(table(runs))


def measure(count: int, side: int) -> dict[str, Any]:
    """Train on so many pictures of a size."""
    with TemporaryDirectory() as folder:
        make_pictures(Path(folder) / "pictures", count, side)
        said = {
            "-o": f"{folder}/run",
            "--network": "small",
            "--epochs": 1,
            "--size": side,
            "--batch-size": 128,
        }
        options = [str(word) for option in said.items() for word in option]
        command = [sys.executable, "-m", "convscope", "train", f"{folder}/pictures", "--quiet", *options]
        seen = observe(command, {**os.environ, "CONVSCOPE_CACHE": f"{folder}/cache"})
        training = json.loads(Path(folder, "run", "metrics.json").read_text())["training_seconds"]
    found = {
        "whole_seconds": seen.seconds,
        "training_seconds": training,
        "peak_mebibytes": seen.peak_mebibytes,
    }
    print(f"{count:,} pictures of {side}x{side}: {found}", flush=True)
    return {"pictures": count, "side": side, **found}


def make_pictures(folder: Path, count: int, side: int) -> None:
    """Write noise, dark or light, two classes of it."""
    rng = np.random.default_rng(0)
    for label in ("dark", "light"):
        (folder / label).mkdir(parents=True)
    for number in range(count):
        label = ("dark", "light")[number % 2]
        pixels = rng.integers(0, 128, (side, side, 3), np.uint8) + np.uint8(100 * (number % 2))
        Image.fromarray(pixels).save(folder / label / f"{number}.png", compress_level=0)


def table(runs: list[dict[str, Any]]) -> str:
    """Lay the runs out as Markdown."""
    machine = describe()
    lines = [
        "# Time and memory of training by size of the data",
        "",
        "Written by `benchmarks/growth.py`, which describes the method; one run each.",
        "",
        sentence(machine),
        "",
        "| pictures | size | whole command | one epoch | peak memory |",
        "|---|---|---|---|---|",
        *(
            f"| {run['pictures']:,} | {run['side']}x{run['side']} | {run['whole_seconds']:.1f} s "
            f"| {run['training_seconds']:.1f} s | {run['peak_mebibytes']:,.0f} MiB |"
            for run in runs
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
