"""Draw README's picture of a walk: the convolution view of `convscope explain smiley`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import sync_playwright

CELL = "#at=convolution_1:0.3.1&theme=light"
"""The largest number of the feature map, a 4, and its position."""


def main() -> None:
    """Write the page, open it at one cell and take a screenshot."""
    target = Path(__file__).with_name("walk.png")
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = Path(folder) / "smiley.html"
        subprocess.run([sys.executable, "-m", "convscope", "explain", "smiley", "-o", str(page)], check=True)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        tab = browser.new_page(viewport={"width": 1280, "height": 920})
        tab.goto(page.as_uri() + CELL)
        tab.wait_for_selector("main h1")
        tab.screenshot(path=target)
        browser.close()
    Image.open(target).convert("RGB").quantize(128).save(target, optimize=True)


if __name__ == "__main__":
    main()
