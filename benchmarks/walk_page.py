"""Size of a walk's page, its loading time, and the delay from pointing at a cell to its arithmetic.

The pages are walks of a photo through networks with random weights, except that EfficientNet-Lite0 (lite0) is
pretrained below a random output layer. Each page is opened from its file in a real Chromium, timed from
navigation until a sum is shown. Then the mouse moves from cell to cell of a feature map, and the time until
the arithmetic of each cell is laid out is measured. Run it with

    pip install '.[test]'
    python benchmarks/walk_page.py

It writes docs/benchmarks/walk_page.md and .json.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sklearn.datasets import load_sample_image

from chromium import chromium
from contenders.predictors import noise_model
from convscope.network.presets import PRESETS
from convscope.training.start.backbone import load_backbone
from convscope.walkthrough.page import page as page_of
from convscope.walkthrough.walk import walk
from machine import describe, sentence

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from convscope.model.file import Model

DOCS = Path(__file__).parents[1] / "docs" / "benchmarks"
WALKS = {"32C3-MP2-32C3-MP2-128N": 64, PRESETS["vgg"]: 128, PRESETS["lite0"]: 224}

POINT = """() => {
    const board = document.querySelector(".output-pane .board");
    const box = board.getBoundingClientRect();
    const times = [];
    for (let cell = 1; cell < 20; cell++) {
        const start = performance.now();
        const place = { clientX: box.left + 9 * cell, clientY: box.top + 9 * cell };
        board.dispatchEvent(new PointerEvent("pointermove", place));
        document.querySelector(".sum").getBoundingClientRect();
        times.push(performance.now() - start);
    }
    return times;
}"""


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--output", type=Path, default=DOCS / "walk_page")
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    with TemporaryDirectory() as folder, chromium() as browser:
        walks = [
            measure(browser, Path(folder, "walk.html"), network, side, arguments.rounds)
            for network, side in WALKS.items()
        ]
        report = {"machine": describe(), "load": load, "chromium": browser.version, "walks": walks}
    print(table(report))
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")
    arguments.output.with_suffix(".md").write_text(table(report))


def measure(browser: Browser, file: Path, network: str, side: int, rounds: int) -> dict[str, Any]:
    """Write a page, open it repeatedly, and point at its cells."""
    model = model_of(network, side)
    start = time.perf_counter()
    told = walk(model, load_sample_image("china.jpg"))
    walked = time.perf_counter() - start
    file.write_text(page_of(told.model_dump()))
    opened: list[float] = []
    pointed: list[float] = []
    for _ in range(rounds):
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        tab.goto(f"{file.as_uri()}#at=convolution_2")
        tab.wait_for_selector("main .sum")
        opened.append(tab.evaluate("performance.now()"))
        pointed += tab.evaluate(POINT)
        tab.close()
    size = file.stat().st_size
    return {
        "network": network,
        "side": side,
        "walked_s": walked,
        "bytes": size,
        "opened_ms": opened,
        "pointed_ms": pointed,
    }


def model_of(network: str, side: int) -> Model:
    """Create an untrained model, except for the pretrained weights of EfficientNet-Lite0."""
    model = noise_model(network, (3, side, side))
    if network != PRESETS["lite0"]:
        return model
    backbone = load_backbone("lite0")
    weights = {**model.weights, **backbone.weights}
    return replace(model, weights=weights, mean=backbone.design.mean, std=backbone.design.std)


def table(report: dict[str, Any]) -> str:
    """Format the results as Markdown."""
    lines = [
        "# Size and speed of a walk's page",
        "",
        "Written by `benchmarks/walk_page.py`, which describes the method: medians (slowest).",
        f"{sentence(report['machine'])} Chromium {report['chromium']}, without a GPU.",
        f"Load average in the minute before: {report['load']:.1f}.",
        "",
        "| network | pictures | computing | page | until a sum is shown | from pointing to the arithmetic |",
        "|---|---|---|---|---|---|",
        *(
            f"| `{name_of(one['network'])}` | 3x{one['side']}x{one['side']} | {one['walked_s']:.1f} s "
            f"| {one['bytes'] / 1e6:.1f} MB "
            f"| {times(one['opened_ms'])} | {times(one['pointed_ms'])} |"
            for one in report["walks"]
        ),
    ]
    return "\n".join(lines) + "\n"


def name_of(network: str) -> str:
    """Return a network's notation, or its name if that is long."""
    return "lite0" if network == PRESETS["lite0"] else network


def times(milliseconds: list[float]) -> str:
    """Format median and maximum."""
    return f"{statistics.median(milliseconds):.0f} ms ({max(milliseconds):.0f})"


if __name__ == "__main__":
    main()
