"""Scrolling through thousands of pictures in a real browser, with few of them in the page at a time."""

import time

import numpy as np
import pytest
from PIL import Image

from convscope.model.file import save

PICTURES = 3_000
FRAMES = 300

SCROLL = """async (frames) => {
    const frame = document.querySelector(".tile-frame");
    let tiles = 0;
    for (let n = 0; n < frames; n++) {
        await new Promise(requestAnimationFrame);
        frame.scrollTop += 120;
        tiles = Math.max(tiles, document.querySelectorAll(".tile").length);
    }
    return tiles;
}"""

pytestmark = pytest.mark.slow


@pytest.fixture
def many(tmp_path):
    """A folder of three thousand pictures of noise, half of them bright."""
    random = np.random.default_rng(0)
    for label, lowest in (("dark", 0), ("bright", 128)):
        folder = tmp_path / "many" / label
        folder.mkdir(parents=True)
        for place, pixels in enumerate(random.integers(lowest, lowest + 128, (PICTURES // 2, 32, 32, 3))):
            Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{place}.png", compress_level=1)
    return tmp_path / "many"


@pytest.mark.timeout(900)
def test_thousands_of_pictures_are_scrolled_a_screenful_at_a_time(
    start_studio, brightness, many, cache, tab, tmp_path
):
    save(brightness, tmp_path / "tone.safetensors")
    studio = start_studio(tmp_path / "tone.safetensors", "--data", many)
    tab.set_default_timeout(240_000)
    tab.goto(f"{studio.address}#/mistakes?part=all&list=uncertain&data={studio.data('many')}")
    tab.get_by_text(f"{PICTURES:,} pictures").first.wait_for()
    tab.wait_for_selector(".tile img")
    assert 0 < tab.evaluate(SCROLL, FRAMES) < 150
    tab.locator(".tile-frame").evaluate("(frame) => (frame.scrollTop = frame.scrollHeight)")
    tab.locator(f".tile[aria-posinset='{PICTURES}']").wait_for()
    end = time.monotonic() + 120
    while not list(cache.rglob("shapes.npy")) and time.monotonic() < end:
        time.sleep(0.5)
    (found,) = cache.rglob("shapes.npy")  # after so many requests, the rest comes from the store
    assert np.load(found).shape == (PICTURES, 3)
