"""Recall and precision of `convscope doctor` for duplicates, and its running time.

Every picture of a data set is copied, with one kind of change at a time and a fixed seed, and originals and
copies are examined together. Recall is the share of copies grouped with their original; precision is the
share of pairs within groups that are a copy and its original. Reported pairs of originals are counted
separately, because real data sets contain duplicates. Times are of complete processes of `convscope doctor`.
Run it with

    python benchmarks/doctor.py --copies PATH --cost mnist=PATH cifar10=PATH

where PATH is any source for `convscope train`. It writes docs/benchmarks/doctor.md and .json.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from convscope.common.processors import processor_count
from convscope.doctor.examination import examine
from convscope.pictures.decoding import Decoded, decode
from convscope.pictures.near_duplicates.clusters import equal_pictures, near_duplicates
from convscope.pictures.near_duplicates.joining import joined
from convscope.pictures.sources import open_source
from machine import describe

DOCS = Path(__file__).parent.parent / "docs" / "benchmarks"
KINDS = {
    "resized to 50-150 %": {"resize"},
    "JPEG quality 30-90": {"compress"},
    "mirrored, JPEG": {"mirror", "compress"},
    "cropped by up to 5 % a side, JPEG": {"crop 5", "compress"},
    "cropped by up to 10 % a side, JPEG": {"crop 10", "compress"},
    "all of it, 10 %": {"crop 10", "mirror", "resize", "compress"},
}


def main() -> None:
    """Measure and write the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--copies", metavar="PATH", required=True)
    parser.add_argument("--cost", nargs="*", metavar="NAME=PATH", default=[])
    parser.add_argument("--output", type=Path, default=DOCS / "doctor")
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    found = {kind: measure(arguments.copies, changes) for kind, changes in KINDS.items()}
    cost = {name: measure_cost(path) for name, _, path in (text.partition("=") for text in arguments.cost)}
    report = {
        "machine": describe(),
        "threads": processor_count(),
        "load_before": load,
        "copies": found,
        "cost": cost,
    }
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")
    arguments.output.with_suffix(".md").write_text(table(report))


def measure(data: str, changes: set[str]) -> dict[str, Any]:
    """Copy every picture, and examine originals and copies together."""
    source = open_source(data)
    count = len(source.items)
    with TemporaryDirectory() as folder:
        for label in ("original", "copy"):
            (Path(folder) / label).mkdir()

        def take(decoded: Decoded) -> None:
            rng = np.random.default_rng((len(changes), decoded.index))
            image = Image.fromarray(decoded.pixels.squeeze())
            image.save(Path(folder) / "original" / f"{decoded.index:06}.png", compress_level=1)
            quality = int(rng.integers(30, 91)) if "compress" in changes else 95
            changed(image, changes, rng).save(
                Path(folder) / "copy" / f"{decoded.index:06}.jpg", quality=quality
            )

        decode(source, range(count), take, lambda _index, _error: None)
        looked_at = open_source(Path(folder))
        seen = examine(looked_at)
    number = [int(Path(item.name).stem) for item in looked_at.items]
    is_copy = [item.label == "copy" for item in looked_at.items]
    labels = np.zeros(len(number), np.int64)  # a single class, so that no copy is left out
    near = near_duplicates(seen.looks, seen.digests, labels, seen.readable)
    groups = joined([*equal_pictures(seen.digests, range(len(number))), *near.tolist()])
    scored = {**score(groups, number, is_copy), "originals": count}
    print(sorted(changes), scored, flush=True)
    return scored


def changed(image: Image.Image, changes: set[str], rng: np.random.Generator) -> Image.Image:
    """Crop, mirror and resize a picture according to the kind of copy."""
    for most in (5, 10):
        if f"crop {most}" in changes:
            left, top, right, bottom = rng.uniform(0, most / 100, 4)
            width, height = image.size
            box = (left * width, top * height, (1 - right) * width, (1 - bottom) * height)
            image = image.crop(tuple(round(edge) for edge in box))
    if "mirror" in changes:
        image = ImageOps.mirror(image)
    if "resize" in changes:
        scale = rng.uniform(0.5, 1.5)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.BICUBIC)
    return image


def score(groups: tuple[tuple[int, ...], ...], number: list[int], is_copy: list[bool]) -> dict[str, Any]:
    """Count the pairs found; strangers are pairs that are neither copies nor both originals."""
    copies = strangers = among_originals = 0
    for group in groups:
        for one, two in combinations(group, 2):
            if number[one] == number[two]:
                copies += 1
            elif is_copy[one] or is_copy[two]:
                strangers += 1
            else:
                among_originals += 1
    found = {"copies_found": copies, "strangers": strangers, "pairs_of_originals": among_originals}
    # duplicates among originals also match with their copies: three more pairs each
    mistakes = max(0, strangers - 3 * among_originals)
    return {
        **found,
        "recall_fraction": copies / max(1, sum(is_copy)),
        "precision_fraction": copies / max(1, copies + mistakes),
    }


def measure_cost(data: str) -> dict[str, Any]:
    """Run the doctor as a complete process."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        start = time.perf_counter()
        with report.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "convscope", "doctor", data, "--json"], stdout=file
            )
            _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        if os.waitstatus_to_exitcode(status) not in {0, 1}:
            raise SystemExit(f"convscope doctor {data} failed")
        told = json.loads(report.read_text())
    findings = {one["kind"]: one["pictures"] for one in told["findings"]}
    cost = {
        "pictures": told["pictures"],
        "seconds": seconds,
        "processor_seconds": usage.ru_utime + usage.ru_stime,
        "peak_mebibytes": usage.ru_maxrss / 1024,
        "findings": findings,
    }
    print(data, cost, flush=True)
    return cost


def table(report: dict[str, Any]) -> str:
    """Format the results as Markdown."""
    machine = report["machine"]
    lines = [
        "# Finding duplicates: recall and cost",
        "",
        "Written by `benchmarks/doctor.py`, which describes the method. Machine:",
        f"{machine['processor']}, {machine['cores']} cores, {report['threads']} threads;"
        f" load average before the start {report['load_before']:.1f}"
        + ("." if report["load_before"] < 1 else ": other programs ran, and the times are too long."),
        "",
        "| copies | originals | recall | precision | pairs of originals |",
        "|---|---|---|---|---|",
        *(
            f"| {kind} | {one['originals']:,} | {one['recall_fraction']:.2%} "
            f"| {one['precision_fraction']:.2%} | {one['pairs_of_originals']:,} |"
            for kind, one in report["copies"].items()
        ),
        "",
        "| data | pictures | seconds | CPU seconds | peak memory | near duplicates |",
        "|---|---|---|---|---|---|",
        *(
            f"| {name} | {one['pictures']:,} | {one['seconds']:.0f} | {one['processor_seconds']:.0f} "
            f"| {one['peak_mebibytes']:,.0f} MiB | {one['findings'].get('nearly equal', 0):,} |"
            for name, one in report["cost"].items()
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
