"""Peak memory of training on streamed shards, for 1, 4 and 16 times as many pictures.

A process with an empty cache trains for one epoch on shards of 8x8 noise in two classes, with the same
`--store-limit` each time. Memory is the peak of the process without mapped files, sampled 20 times a second;
it grows with the data kept for each picture: name, class and digest. The first process compiles the kernels
and is not counted. Run it with

    python benchmarks/streaming.py

It writes docs/benchmarks/streaming.md and .json.
"""

from __future__ import annotations

import argparse
import io
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
from tars import tar_of

DOCS = Path(__file__).parent.parent / "docs" / "benchmarks"
TIMES = (1, 4, 16)
PER_SHARD = 5_000
HELD_OUT = 500
LIMIT_BYTES = 1_500_000
"""With 192 bytes per picture, 5,096 pictures are kept, and each of the two blocks holds 1,358."""


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=20_000)
    parser.add_argument("--output", type=Path, default=DOCS / "streaming")
    said = parser.parse_args()
    measure(PER_SHARD)
    rows = [measure(times * said.pictures) for times in TIMES]
    first, last = rows[0], rows[-1]
    grown = 2**20 * (last["peak_mebibytes"] - first["peak_mebibytes"])
    report: dict[str, Any] = {
        "machine": describe(),
        "store_limit_bytes": LIMIT_BYTES,
        "runs": rows,
        "bytes_a_picture_more": grown / (last["pictures"] - first["pictures"]),
    }
    said.output.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    said.output.with_suffix(".md").write_text(table(report), encoding="utf-8")


def measure(pictures: int) -> dict[str, float]:
    """Train on this many pictures and measure."""
    with TemporaryDirectory() as folder:
        data = Path(folder, "noise")
        write_shards(data, pictures)
        command = [
            *(sys.executable, "-m", "convscope", "train", str(data), "-o", str(Path(folder, "run"))),
            *(
                "--network",
                "4C3-MP2-5N",
                "--epochs",
                "1",
                "--batch-size",
                "256",
                "--precision",
                "fp32",
                "--quiet",
            ),
            *("--store-limit", str(LIMIT_BYTES / 1e9)),
        ]
        environment = {**os.environ, "CONVSCOPE_CACHE": str(Path(folder, "cache")), "OMP_NUM_THREADS": "1"}
        seen = observe(command, environment)
    return {"pictures": pictures, "peak_mebibytes": seen.peak_mebibytes, "seconds": seen.seconds}


def table(report: dict[str, Any]) -> str:
    """Format the results as Markdown."""
    rows = report["runs"]
    lines = [
        "# Memory of streamed training",
        "",
        "Written by `benchmarks/streaming.py`, which describes the method.",
        sentence(report["machine"]),
        "",
        "| pictures in the shards | peak memory, MiB |",
        "|---|---|",
        *(f"| {row['pictures']:,} | {row['peak_mebibytes']:.0f} |" for row in rows),
        "",
        f"That is {report['bytes_a_picture_more']:.0f} bytes for each additional picture.",
    ]
    return "\n".join(lines) + "\n"


def write_shards(folder: Path, pictures: int) -> None:
    """Write training shards, and one shard each for validation and test."""
    folder.mkdir()
    for first in range(0, pictures, PER_SHARD):
        write_shard(folder / f"train-{first:08}.tar", range(first, min(first + PER_SHARD, pictures)))
    for place, part in enumerate(("val", "test")):
        start = pictures + place * HELD_OUT
        write_shard(folder / f"{part}-0.tar", range(start, start + HELD_OUT))


def write_shard(path: Path, numbers: range) -> None:
    """Write a tar in WebDataset format."""
    noise = np.random.default_rng(numbers.start).integers(0, 128, (len(numbers), 8, 8, 3), np.uint8)
    members: dict[str, bytes] = {}
    for number, pixels in zip(numbers, noise, strict=True):
        file = io.BytesIO()
        Image.fromarray(pixels + np.uint8(64 * (number % 2))).save(file, "PNG", compress_level=0)
        members[f"{number:08}.png"] = file.getvalue()
        members[f"{number:08}.cls"] = (b"dark", b"bright")[number % 2]
    path.write_bytes(tar_of(members))


if __name__ == "__main__":
    main()
