"""The browser for measuring pages."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from playwright.sync_api import Browser, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Generator

SWITCHES = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


@contextmanager
def chromium() -> Generator[Browser]:
    """Run the system's Chromium, or playwright's own, until the end of the block."""
    path = next((found for name in ("chromium", "google-chrome") if (found := shutil.which(name))), None)
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=SWITCHES) as browser,
    ):
        yield browser
