"""axe finds no violations, light and dark, wide and narrow."""

import numpy as np
import pytest

from convscope.offline.page import page as offline_page
from convscope.walkthrough.page import losses_page
from convscope.walkthrough.page import page as page_of
from convscope.walkthrough.walk import walk

from .conftest import go_to

THEMES = pytest.mark.parametrize("theme", ["light", "dark"])


@pytest.fixture
def violations(axe, widths):
    """Opens a page and returns its violations at each width. The policy is disabled for axe."""

    def found(tab, url, theme="light", use=lambda: None):
        go_to(tab, url)
        use()
        for width in widths[theme]:
            tab.set_viewport_size({"width": width, "height": 800})
            if wrong := axe(tab):
                return width, wrong
        return None

    return found


def test_the_smallest_of_all_pages(violations, open_page, smiley_walk):
    opened, url = open_page(page_of(smiley_walk.model_dump()), "axe-smiley", bypass_csp=True)
    assert violations(opened, f"{url}#at=max_pooling_1") is None
    opened.close()


@pytest.mark.slow
@THEMES
def test_every_view(violations, open_page, colour_walk, theme):
    opened, url = open_page(page_of(colour_walk.model_dump()), "axe", color_scheme=theme, bypass_csp=True)
    for step in [*(step.name for step in colour_walk.steps), "overview", "why", "invariance"]:
        assert violations(opened, f"{url}#at={step}&relu=off", theme) is None, step
    opened.close()


@pytest.mark.slow
def test_views_of_what_deep_networks_are_made_of(violations, open_page, deep_walk):
    opened, url = open_page(page_of(deep_walk.model_dump()), "axe-deep", bypass_csp=True)
    for step in ("depthwise_convolution_2.relu6", "addition_1", "joining", "average_pooling_1", "why"):
        assert violations(opened, f"{url}#at={step}") is None, step
    opened.close()


@pytest.mark.slow
def test_blocks_of_steps(violations, open_page, make_model):
    model = make_model("4C3-(8C1r6-D3r6-4C1l)+-K-8C1r6-D3s2r6-6C1l-(9C1-D3-6C1l)+-9C1-J", (1, 12, 12))
    told = walk(model, np.random.default_rng(0).integers(0, 256, (12, 12), np.uint8))
    opened, url = open_page(page_of(told.model_dump()), "axe-blocks", bypass_csp=True)
    for step in ("overview", "addition_2"):
        assert violations(opened, f"{url}#at={step}") is None, step
    opened.close()


@pytest.mark.slow
@THEMES
def test_the_loss_bench(violations, open_page, bench, theme):
    opened, url = open_page(losses_page(bench), "axe-losses", color_scheme=theme, bypass_csp=True)
    assert violations(opened, url, theme) is None
    opened.close()


@pytest.mark.slow
@THEMES
def test_the_offline_page(violations, open_page, make_model, paint, tmp_path, theme):
    text = offline_page(make_model(), "random")
    opened, url = open_page(text, f"axe-offline-{theme}", color_scheme=theme, bypass_csp=True)
    (tmp_path / "none.png").write_bytes(b"no picture")

    def use():
        opened.set_input_files("input[type=file]", [paint(tmp_path / "grey.png", 100), tmp_path / "none.png"])
        opened.wait_for_selector(".answers li:nth-child(2)")
        opened.click("text=Use the camera")
        opened.wait_for_selector(".camera .bars")

    assert violations(opened, url, theme, use) is None
    opened.close()
