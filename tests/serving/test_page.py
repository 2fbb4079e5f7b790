"""The page at / in a browser: each dropped picture gets a prediction or an error."""

import numpy as np
import pytest
from PIL import Image

from .conftest import png


@pytest.fixture
def opened(browser):
    """Opens the page of a service; a script error fails the test."""
    tab = browser.new_page()
    mistakes = []
    tab.on("pageerror", lambda error: mistakes.append(str(error)))

    def open_page(service):
        tab.goto(f"http://127.0.0.1:{service.port}/")
        return tab

    yield open_page
    assert mistakes == []
    tab.close()


def write(folder, files):
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in files]


def test_pictures_are_answered_in_order_and_what_is_none_stops_nothing(served, opened, tmp_path):
    tab = opened(served)
    tab.wait_for_selector("text=2 classes: dark, bright.")
    broken = {f"{place}.png": b"no picture" for place in range(10)}
    tab.set_input_files(
        "input[type=file]", write(tmp_path, {**broken, "dark.png": png(10), "bright.png": png(240)})
    )
    tab.wait_for_selector(".answers li:nth-child(12)")
    names = tab.locator(".answers h2").all_inner_texts()
    assert names == ["bright.png", "dark.png", *reversed(broken)]
    assert tab.locator(".answers li:nth-child(1) th").first.inner_text() == "bright"
    assert tab.locator(".answers li:nth-child(2) th").first.inner_text() == "dark"
    assert "not a JPEG, PNG" in tab.locator(".answers li:nth-child(3)").inner_text()


@pytest.mark.slow
def test_pictures_that_are_too_many_bytes_together_are_answered(serve, opened, tmp_path):
    tab = opened(serve("--body-limit", 1))
    noise = np.random.default_rng(0).integers(0, 256, (450, 450, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    data = (tmp_path / "noise.png").read_bytes()
    assert 2**19 < len(data) < 2**20
    tab.set_input_files("input[type=file]", write(tmp_path, {f"{place}.png": data for place in range(5)}))
    tab.wait_for_selector(".answers li:nth-child(5) .bars")


def test_a_token_is_asked_for(serve, opened, tmp_path):
    (tmp_path / "token").write_text("a-token-of-some-length\n")
    tab = opened(serve("--token-file", tmp_path / "token"))
    tab.wait_for_selector("[type=password]", state="visible")
    tab.fill("[type=password]", "a-token-of-some-length")
    tab.press("[type=password]", "Enter")
    tab.wait_for_selector("text=2 classes: dark, bright.")
    tab.set_input_files("input[type=file]", write(tmp_path, {"dark.png": png(10)}))
    tab.wait_for_selector(".answers .bars")
    assert not tab.is_visible("[type=password]")
