"""Draw README's picture of the playground: a cell of the second convolution, and its receptive field."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import sync_playwright

MAP, CELL = 7, {"x": 9, "y": 11}
"""A map of the second convolution, and the pointer's position on it, in screen pixels."""


def main() -> None:
    """Write the page, point at the cell and take a screenshot."""
    target = Path(__file__).with_name("playground.png")
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = Path(folder) / "playground.html"
        subprocess.run([sys.executable, "-m", "convscope", "playground", "-o", str(page)], check=True)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        tab = browser.new_page(viewport={"width": 1280, "height": 816})
        tab.goto(page.as_uri())
        tab.locator("[data-step='convolution_2']").nth(MAP).hover(position=CELL)
        tab.wait_for_timeout(500)  # the lines fade in
        tab.screenshot(path=target)
        browser.close()
    Image.open(target).convert("RGB").quantize(128).save(target, optimize=True)


if __name__ == "__main__":
    main()
