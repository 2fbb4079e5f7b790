"""Size of an offline page, and the time from choosing a photo to its answer.

The networks are those of `walk_page.py`: their weights are random, except that EfficientNet-Lite0 (lite0) is
pretrained below a random output layer. Each page is opened from its file in a real Chromium. Then the same
photo of 640 x 427 is given to it repeatedly; from the file input's event until the prediction is on the page,
it is read, decoded, prepared and classified. The first one also waits for the start of the worker. Run it
with

    pip install '.[test]'
    python benchmarks/offline_page.py

It writes docs/benchmarks/offline_page.md and .json.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from PIL import Image
from sklearn.datasets import load_sample_image

from chromium import chromium
from convscope.offline.page import page as page_of
from machine import describe, sentence
from walk_page import WALKS, model_of, name_of, times

if TYPE_CHECKING:
    from playwright.sync_api import Browser

DOCS = Path(__file__).parents[1] / "docs" / "benchmarks"

WATCH = """() => {
    window.times = [];
    let chosen = 0;
    document.addEventListener("change", () => { chosen = performance.now(); }, true);
    const shown = new MutationObserver(() => window.times.push(performance.now() - chosen));
    shown.observe(document.querySelector(".answers"), { childList: true });
}"""


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=10, help="photos after the first one")
    parser.add_argument("--output", type=Path, default=DOCS / "offline_page")
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    with TemporaryDirectory() as folder, chromium() as browser:
        photo = Path(folder, "photo.jpg")
        Image.fromarray(load_sample_image("china.jpg")).save(photo)
        pages = [
            measure(browser, Path(folder, "page.html"), photo, network, side, arguments.rounds)
            for network, side in WALKS.items()
        ]
        report = {"machine": describe(), "load": load, "chromium": browser.version, "pages": pages}
    print(table(report))
    arguments.output.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")
    arguments.output.with_suffix(".md").write_text(table(report))


def measure(
    browser: Browser, file: Path, photo: Path, network: str, side: int, rounds: int
) -> dict[str, Any]:
    """Write a page, open it, and give it a photo repeatedly."""
    file.write_text(page_of(model_of(network, side), "model"))
    tab = browser.new_page()
    tab.goto(file.as_uri())
    tab.wait_for_selector("input[type=file]", state="attached")
    opened = tab.evaluate("performance.now()")
    tab.evaluate(WATCH)
    for number in range(1, rounds + 2):
        tab.set_input_files("input[type=file]", photo)
        tab.wait_for_selector(f".answers li:nth-child({number})", timeout=60_000)
    first, *others = tab.evaluate("window.times")
    tab.close()
    return {
        "network": network,
        "side": side,
        "bytes": file.stat().st_size,
        "opened_ms": opened,
        "first_ms": first,
        "photo_ms": others,
    }


def table(report: dict[str, Any]) -> str:
    """Format the results as Markdown."""
    lines = [
        "# Size and speed of an offline page",
        "",
        "Written by `benchmarks/offline_page.py`, which describes the method: medians (slowest).",
        f"{sentence(report['machine'])} Chromium {report['chromium']}, without a GPU.",
        f"Load average in the minute before: {report['load']:.1f}.",
        "",
        "| network | pictures | page | until it takes photos | first photo | further photos |",
        "|---|---|---|---|---|---|",
        *(
            f"| `{name_of(one['network'])}` | 3x{one['side']}x{one['side']} | {one['bytes'] / 1e6:.1f} MB "
            f"| {one['opened_ms']:.0f} ms | {one['first_ms']:.0f} ms | {times(one['photo_ms'])} |"
            for one in report["pages"]
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
