"""Growth of time and memory of `convscope train` with the number and size of the pictures.

Writes noise pictures as PNG files into two class folders and trains on them for one epoch, as a complete
process with an empty cache: the network `small`, and the default network for pictures of 96x96. Memory
excludes mapped files, whose pages the system can reclaim. Run it with

    python benchmarks/growth.py
    python benchmarks/growth.py --pictures --sides          # the chosen network only

It writes docs/benchmarks/growth.md and .json. Existing runs of the same size are replaced, others are kept.
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
SIDE, SIDE_OF_CHOSEN = 64, 96


def main() -> None:
    """Measure every number and every size of pictures and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, nargs="*", default=[6_250, 25_000, 100_000])
    parser.add_argument("--sides", type=int, nargs="*", default=[32, 64, 128, 256])
    parser.add_argument("--pictures-of-chosen", type=int, nargs="*", default=[500, 2_000, 8_000])
    parser.add_argument("--pictures-of-a-size", type=int, default=2_000)
    parser.add_argument("--output", type=Path, default=DOCS / "growth")
    arguments = parser.parse_args()
    wanted = [
        *(("small", count, SIDE) for count in arguments.pictures),
        *(("small", arguments.pictures_of_a_size, side) for side in arguments.sides),
        *(("chosen", count, SIDE_OF_CHOSEN) for count in arguments.pictures_of_chosen),
    ]
    file = arguments.output.with_suffix(".json")
    runs: list[dict[str, Any]] = json.loads(file.read_text())["runs"] if file.exists() else []
    for network, count, side in wanted:
        runs = [
            run for run in runs if (run["network"], run["pictures"], run["side"]) != (network, count, side)
        ]
        runs.append(measure(network, count, side))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"machine": describe(), "runs": runs}, indent=2) + "\n")
    file.with_suffix(".md").write_text(table(runs))


def measure(network: str, count: int, side: int) -> dict[str, Any]:
    """Train `small`, or the default network if `chosen`, on this many pictures of a size."""
    with TemporaryDirectory() as folder:
        make_pictures(Path(folder) / "pictures", count, side)
        said = {
            "-o": f"{folder}/run",
            "--start": "scratch",
            "--epochs": 1,
            "--size": side,
            **({"--network": "small", "--batch-size": 128} if network == "small" else {}),
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
    print(f"{network}, {count:,} pictures of {side}x{side}: {found}", flush=True)
    return {"network": network, "pictures": count, "side": side, **found}


def make_pictures(folder: Path, count: int, side: int) -> None:
    """Write pictures of noise in two classes, dark and light."""
    rng = np.random.default_rng(0)
    for label in ("dark", "light"):
        (folder / label).mkdir(parents=True)
    for number in range(count):
        label = ("dark", "light")[number % 2]
        pixels = rng.integers(0, 128, (side, side, 3), np.uint8) + np.uint8(100 * (number % 2))
        Image.fromarray(pixels).save(folder / label / f"{number}.png", compress_level=0)


def table(runs: list[dict[str, Any]]) -> str:
    """Format the runs as Markdown."""
    machine = describe()
    lines = [
        "# Time and memory of training by size of the data",
        "",
        "Written by `benchmarks/growth.py`, which describes the method; one run each.",
        "",
        sentence(machine),
        "",
        "| network | pictures | size | whole command | one epoch | peak memory |",
        "|---|---|---|---|---|---|",
        *(
            f"| {run['network']} | {run['pictures']:,} | {run['side']}x{run['side']} "
            f"| {run['whole_seconds']:.1f} s "
            f"| {run['training_seconds']:.1f} s | {run['peak_mebibytes']:,.0f} MiB |"
            for run in runs
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
