"""How large a page is, how soon it is there, and how soon after pointing the arithmetic."""

import numpy as np
import pytest

from convscope.walkthrough.page import page as page_of
from convscope.walkthrough.walk import walk

MEGABYTE = 10**6
OPEN_SECONDS = 1.0
POINT_MILLISECONDS = 50


@pytest.fixture(scope="module")
def r3(make_model):
    model = make_model("32C3-MP2-32C3-MP2-128N", (3, 64, 64), classes=2)
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    return page_of(walk(model, picture).model_dump())


@pytest.mark.slow
def test_a_usual_page_is_small(r3):
    assert len(r3.encode()) < 3 * MEGABYTE


@pytest.mark.slow
def test_a_page_is_there_at_once_and_so_is_the_arithmetic(open_page, r3):
    tab, url = open_page(r3, "r3")
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
