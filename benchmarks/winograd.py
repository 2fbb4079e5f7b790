"""Estimate what Winograd's algorithm could save in the convolutions of a float32 step, without building it.

F(m x m, 3x3) computes m x m sums of a 3x3 filter with (m + 2)^2 products for each channel instead of 9 m^2:
16 instead of 36, or 36 instead of 144. These are matrix products of all tiles with all filters. This measures
only these products, and a lower bound for the transformations of maps: copying the maps that they write, and
reading the sums once. The transformation of the filters is not counted. It uses one core, and takes the
shortest of several processor times. Run it with

    python benchmarks/winograd.py

It writes docs/benchmarks/winograd.md and .json.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own idiom

from machine import describe, sentence

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = Path(__file__).parent.parent / "docs" / "benchmarks"
BATCH, REPEATS = 128, 15
LAYERS = [(64, 32, 14), (128, 64, 16), (256, 128, 8)]
"""Filters, channels and side of the maps in the convolutions of R1 and R4 after the first."""


def main() -> None:
    """Measure every layer and write the table."""
    torch.set_num_threads(1)
    rows = [measure(*layer) for layer in LAYERS]
    file = DOCS / "winograd.json"
    file.write_text(json.dumps({"machine": describe(), "rows": rows}, indent=2) + "\n")
    file.with_suffix(".md").write_text(table(rows))


def measure(filters: int, channels: int, side: int) -> dict[str, Any]:
    """Time oneDNN's convolution and the parts of Winograd's, in milliseconds."""
    ordered = {"memory_format": torch.channels_last}
    maps = torch.randn(BATCH, channels, side, side).contiguous(**ordered)
    weight = torch.randn(filters, channels, 3, 3).contiguous(**ordered)
    row: dict[str, Any] = {
        "layer": f"{filters}C3 on {channels}x{side}x{side}",
        "onednn": shortest(lambda: F.conv2d(maps, weight, padding=1)),
    }
    for size in (2, 4):
        row |= {f"{part}{size}": taken for part, taken in winograd(filters, channels, side, size).items()}
    print(row, flush=True)
    return row


def winograd(filters: int, channels: int, side: int, size: int) -> dict[str, float]:
    """Time the products of F(size x size, 3x3) and the copies, in milliseconds."""
    products, tiles = (size + 2) ** 2, BATCH * (-(-side // size)) ** 2
    patches, transformed = torch.randn(products, tiles, channels), torch.randn(products, channels, filters)
    sums, copy = torch.empty(products, tiles, filters), torch.empty(products, tiles, channels)
    return {
        "products": shortest(lambda: torch.bmm(patches, transformed, out=sums)),
        "copies": shortest(lambda: copy.copy_(patches)) + shortest(lambda: sums.sum(0)),
    }


def shortest(run: Callable[[], object]) -> float:
    """Return the shortest processor time of several runs, in milliseconds."""
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        run()
        times.append(1e3 * (time.process_time() - start))
    return min(times)


def table(rows: list[dict[str, Any]]) -> str:
    """Format the rows as Markdown."""
    lines = [
        "# What Winograd's algorithm could save",
        "",
        "Written by `benchmarks/winograd.py`, which describes the method. Milliseconds of one core,",
        f"forwards, float32, batch {BATCH}.",
        "",
        sentence(describe()),
        "",
        "| layer | oneDNN | F(2x2): products | and copies | F(4x4): products | and copies |",
        "|---|---|---|---|---|---|",
        *(
            f"| {row['layer']} | {row['onednn']:.1f} | {row['products2']:.1f} | {row['copies2']:.1f} "
            f"| {row['products4']:.1f} | {row['copies4']:.1f} |"
            for row in rows
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
