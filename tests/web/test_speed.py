"""How large a page is, how soon it is there, and how soon after pointing the arithmetic."""

import functools

import pytest
from sklearn.datasets import load_sample_image

from convscope.network.presets import PRESETS
from convscope.walkthrough.page import page as page_of
from convscope.walkthrough.walk import walk

MEGABYTE = 10**6
OPEN_SECONDS = 1.0
POINT_MILLISECONDS = 50


@pytest.fixture(scope="module")
def walked(make_model):
    """Pages of a photo by name, each made once."""

    @functools.cache
    def page(name):
        notation, side = {"usual": ("32C3-MP2-32C3-MP2-128N", 64), "deep": (PRESETS["vgg"], 128)}[name]
        model = make_model(notation, (3, side, side), classes=2)
        return page_of(walk(model, load_sample_image("china.jpg")).model_dump())

    return page


@pytest.mark.slow
@pytest.mark.parametrize(("name", "megabytes"), [("usual", 3), ("deep", 8)])
def test_a_page_is_small(walked, name, megabytes):
    assert len(walked(name).encode()) < megabytes * MEGABYTE


@pytest.mark.slow
@pytest.mark.parametrize("name", ["usual", "deep"])
def test_a_page_is_there_at_once_and_so_is_the_arithmetic(open_page, walked, name):
    tab, url = open_page(walked(name), name)
    opened = []
    for _ in range(3):
        tab.goto("about:blank")
        tab.goto(f"{url}#at=convolution_2")
        tab.wait_for_selector("main .sum")
        opened.append(tab.evaluate("performance.now()") / 1000)
    assert min(opened) < OPEN_SECONDS
    pointed = tab.evaluate(
        """() => {
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
          return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
        }"""
    )
    assert pointed < POINT_MILLISECONDS
    tab.close()
