"""Time of the playground to start, to respond to a stroke, and to train from scratch.

The page is written to a file and opened from it in a real Chromium, repeatedly:

    alive     from navigation until a prediction is on the page; also the browser's first paint
    stroke    part of a stroke: every step computed, every map painted, the page laid out
    trained   from *Train from scratch* until the test accuracy is 95 %

Run it with

    pip install '.[test]'
    python benchmarks/playground.py

It writes docs/benchmarks/playground.md and .json.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from chromium import chromium
from convscope.playground.page import page, shapes_drawings, shapes_network
from machine import describe, sentence

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DOCS = Path(__file__).parents[1] / "docs" / "benchmarks"
WANTED = 95.0
LONGEST = 300_000  # timeout in milliseconds

WATCH = """() => {
    const look = () => {
        if (document.querySelector(".bars-now .best")) globalThis.alive = performance.now();
        else requestAnimationFrame(look);
    };
    look();
}"""
STROKE = """() => {
    const pad = document.querySelector(".drawing-pad");
    const box = pad.getBoundingClientRect();
    pad.setPointerCapture = () => {};
    const send = (kind, share) => pad.dispatchEvent(new PointerEvent(kind, {
        buttons: 1, clientX: box.left + box.width * share, clientY: box.top + box.height * 0.3,
    }));
    send("pointerdown", 0.1);
    const times = [];
    for (let piece = 0; piece < 30; piece++) {
        const start = performance.now();
        send("pointermove", 0.1 + piece / 40);
        document.body.getBoundingClientRect();
        times.push(performance.now() - start);
    }
    return times;
}"""
TRAIN = """([wanted, longest]) => new Promise((resolve, reject) => {
    const start = performance.now();
    [...document.querySelectorAll("button")].find((one) => one.textContent.includes("Train")).click();
    const look = setInterval(() => {
        const right = parseFloat(document.querySelector(".when .validation")?.textContent);
        if (right >= wanted) {
            clearInterval(look);
            resolve(performance.now() - start);
        } else if (performance.now() - start > longest) reject(new Error(`only ${right} %`));
    }, 20);
})"""


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--trainings", type=int, default=3)
    parser.add_argument("--output", type=Path, default=DOCS / "playground")
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    with TemporaryDirectory() as folder, chromium() as browser:
        file = Path(folder, "playground.html")
        file.write_text(page(shapes_network(), shapes_drawings()), encoding="utf-8")
        report = {
            "machine": describe(),
            "load": load,
            "chromium": browser.version,
            "bytes": file.stat().st_size,
            **measure(browser, file.as_uri(), arguments.rounds, arguments.trainings),
        }
    print(table(report))
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")
    arguments.output.with_suffix(".md").write_text(table(report))


def measure(browser: Browser, url: str, rounds: int, trainings: int) -> dict[str, list[float]]:
    """Open the page repeatedly, draw on it, and train in it."""
    found: dict[str, list[float]] = {"paint_ms": [], "alive_ms": [], "stroke_ms": [], "trained_ms": []}
    for turn in range(max(rounds, trainings)):
        tab = opened(browser, url)
        if turn < rounds:
            found["alive_ms"].append(tab.evaluate("alive"))
            found["paint_ms"].append(
                tab.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
            )
            found["stroke_ms"] += tab.evaluate(STROKE)
        if turn < trainings:
            found["trained_ms"].append(tab.evaluate(TRAIN, [WANTED, LONGEST]))
        tab.close()
    return found


def opened(browser: Browser, url: str) -> Page:
    """Open the page and wait until it is alive and painted."""
    tab = browser.new_page(viewport={"width": 1280, "height": 800})
    tab.add_init_script(f"({WATCH})()")
    tab.goto(url)
    tab.wait_for_selector(".bars-now .best")
    tab.wait_for_timeout(200)
    return tab


def table(report: dict[str, Any]) -> str:
    """Format the results as Markdown."""
    rows = {
        "first contentful paint": report["paint_ms"],
        "alive: an answer is there": report["alive_ms"],
        "a piece of a stroke, until everything is drawn": report["stroke_ms"],
        f"from random weights to {WANTED:.0f} % of the validation drawings": report["trained_ms"],
    }
    lines = [
        "# Speed of the playground",
        "",
        "Written by `benchmarks/playground.py`, which describes the method.",
        f"{sentence(report['machine'])} Chromium {report['chromium']}, without a GPU.",
        f"Load average in the minute before: {report['load']:.1f}.",
        f"The page has {report['bytes'] / 1e6:.2f} MB.",
        "",
        "| | median, ms | fastest | slowest |",
        "|---|---|---|---|",
        *(
            f"| {name} | {statistics.median(times):,.1f} | {min(times):,.1f} | {max(times):,.1f} |"
            for name, times in rows.items()
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
