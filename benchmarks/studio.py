"""Responsiveness of the studio in a real Chromium: first page, an edit, and scrolling 10,000 pictures.

- First page: from navigation until a network's costs are shown and `Start training` can be pressed; first
  with an empty cache, then with the browser's. Each time in a new browser context.
- Edit: from the new value of a weight of the first filter until the answer and all steps of the walk are
  drawn on the screen; for a photograph, in the view of that convolution.
- Scrolling: the list moves by 120 pixels per frame, as fast as the browser draws; frames per second, and the
  95th percentile of the time between frames.

Times are wall-clock times, so run it on an idle machine; the table gives its load in the minute before.

    pip install '.[test]'
    python benchmarks/studio.py

It writes docs/benchmarks/studio.md and .json.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_image

from chromium import chromium
from contenders.predictors import noise_model
from convscope.model.file import save
from convscope.network.notation import parse_shape
from machine import describe, sentence

if TYPE_CHECKING:
    from collections.abc import Generator

    from playwright.sync_api import Browser

DOCS = Path(__file__).parents[1] / "docs" / "benchmarks"
NETWORK, SHAPE = "32C3-MP2-32C3-MP2-128N", "3x64x64"
PICTURES, FRAMES = 10_000, 600
CLASSES = ("class 0", "class 1")

WATCH = """() => {
    const look = () => {
        const start = document.querySelector(".main-action");
        if (start && !start.disabled && document.querySelector(".network-table")) {
            window.interactive = performance.now();
        } else requestAnimationFrame(look);
    };
    look();
}"""
WAIT = """async () => {
    while (!window.interactive) await new Promise(requestAnimationFrame);
    return window.interactive;
}"""
REQUESTS = "() => performance.getEntriesByType('resource').length + 1"

EDIT = """async (value) => {
    const walked = document.querySelector(".walked");
    const field = document.querySelector("[aria-label='weight (1, 1)']");
    delete walked.dataset.walked;
    field.value = value;
    const start = performance.now();
    const drawn = new Promise((done) => {
        const look = () => walked.dataset.walked && (watching.disconnect(), done());
        const watching = new MutationObserver(look);
        watching.observe(walked, { attributes: true });
    });
    field.dispatchEvent(new Event("change"));
    await drawn;
    await new Promise(requestAnimationFrame);
    await new Promise((done) => setTimeout(done)); // behind the frame
    return performance.now() - start;
}"""

SCROLL = """async (frames) => {
    const list = document.querySelector(".tile-frame");
    const times = [];
    for (let n = 0; n <= frames; n++) {
        times.push(await new Promise(requestAnimationFrame));
        list.scrollTop += 120;
    }
    return times;
}"""


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--output", type=Path, default=DOCS / "studio")
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    report: dict[str, Any] = {"machine": describe(), "load": load, "rounds": arguments.rounds}
    with TemporaryDirectory() as folder:
        model, pictures = prepared(Path(folder))
        with chromium() as browser, running(Path(folder), model, pictures) as address:
            report["chromium"] = browser.version
            report["results"] = {
                **first_page(browser, address, arguments.rounds),
                "edit_ms": edit(browser, address, arguments.rounds),
                **scrolling(browser, address),
            }
    print(table(report))
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")
    arguments.output.with_suffix(".md").write_text(table(report))


def prepared(folder: Path) -> tuple[Path, Path]:
    """Write a model with random weights, and many pictures of noise."""
    save(noise_model(NETWORK, parse_shape(SHAPE)), folder / "pets.safetensors")
    random = np.random.default_rng(0)
    for label in CLASSES:
        (folder / "many" / label).mkdir(parents=True)
        for place, pixels in enumerate(random.integers(0, 256, (PICTURES // 2, 32, 32, 3), np.uint8)):
            Image.fromarray(pixels).save(folder / "many" / label / f"{place}.png", compress_level=1)
    return folder / "pets.safetensors", folder / "many"


@contextmanager
def running(folder: Path, model: Path, pictures: Path) -> Generator[str]:
    """Run a studio until the end of the block; yield its URL."""
    command = [sys.executable, "-m", "convscope", "studio", str(model), "--no-browser"]
    with subprocess.Popen(
        [*command, f"--folder={folder / 'home'}", f"--data={pictures}"], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield cast("IO[str]", process.stdout).readline().strip()
        finally:
            process.terminate()


def first_page(browser: Browser, address: str, rounds: int) -> dict[str, Any]:
    """Open the first page, and reload it."""
    opened: list[float] = []
    again: list[float] = []
    requests = 0
    for _ in range(rounds):
        with browser.new_context() as context:
            page = context.new_page()
            page.add_init_script(f"({WATCH})()")
            page.goto(f"{address}#/train?data={of(address, 'data', 'digits')}")
            opened.append(interactive(page))
            requests = page.evaluate(REQUESTS)
            page.reload()
            again.append(interactive(page))
    return {"first_page_ms": opened, "again_ms": again, "requests": requests}


def interactive(page: Any) -> float:  # noqa: ANN401
    """Return when the page was usable, in milliseconds since navigation."""
    return float(page.evaluate(WAIT))


def edit(browser: Browser, address: str, rounds: int) -> list[float]:
    """Change a weight of the first filter repeatedly."""
    buffer = io.BytesIO()
    Image.fromarray(load_sample_image("china.jpg")).save(buffer, "JPEG")
    request = urllib.request.Request(  # noqa: S310
        f"{address}api/pictures", buffer.getvalue(), {"X-Convscope": "1", "Content-Type": "image/jpeg"}
    )
    picture = json.load(urllib.request.urlopen(request))["picture"]  # noqa: S310
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{address}#/walk/{of(address, 'models', 'pets')}/{picture}?at=convolution_1:0.30.30")
    page.wait_for_selector(".ribbon")
    page.get_by_text("Change the network").click()
    found = [float(page.evaluate(EDIT, round(0.01 * n, 2))) for n in range(rounds + 3)]
    page.close()
    return found[3:]  # the first ones compile shared code


def scrolling(browser: Browser, address: str) -> dict[str, float]:
    """Scroll through all pictures."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(240_000)
    page.goto(f"{address}#/mistakes?part=all&list=uncertain&data={of(address, 'data', 'many')}")
    page.wait_for_selector(".tile img")
    times = np.array(page.evaluate(SCROLL, FRAMES))
    page.close()
    between = np.diff(times)
    return {"frames_a_second": 1e3 / float(between.mean()), "frame_p95_ms": float(np.percentile(between, 95))}


def of(address: str, what: str, name: str) -> str:
    """Return the id of a model or a source."""
    found = json.load(urllib.request.urlopen(f"{address}api/{what}"))[what]  # noqa: S310
    return next(one["id"] for one in found if one["name"] == name)


def table(report: dict[str, Any]) -> str:
    """Format the results as Markdown."""
    found = report["results"]
    lines = [
        "# Responsiveness of the studio",
        "",
        "Written by `benchmarks/studio.py`, which describes the method.",
        f"{report['rounds']} rounds; network `{NETWORK}` on {SHAPE}; {PICTURES:,} pictures.",
        f"{sentence(report['machine'])} Chromium {report['chromium']}, without a GPU.",
        f"Load average in the minute before: {report['load']:.1f}.",
        "",
        "| | median, ms | fastest | slowest |",
        "|---|---|---|---|",
    ]
    rows = {
        f"first page, {found['requests']} requests": found["first_page_ms"],
        "the same page from the browser's cache": found["again_ms"],
        "an edit, until all steps are drawn": found["edit_ms"],
    }
    for name, times in rows.items():
        lines.append(f"| {name} | {np.median(times):.0f} | {min(times):.0f} | {max(times):.0f} |")
    rate, late = found["frames_a_second"], found["frame_p95_ms"]
    lines += ["", f"Scrolling: {rate:.0f} frames a second, 95 of 100 within {late:.0f} ms of the one before."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
