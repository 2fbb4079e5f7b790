"""axe finds no violations, and nothing is too wide, light and dark, wide and narrow."""

import numpy as np
import pytest

from convscope.offline.page import page as offline_page
from convscope.walkthrough.page import losses_page
from convscope.walkthrough.page import page as page_of
from convscope.walkthrough.walk import walk

from .conftest import go_to


def test_the_smallest_of_all_pages(audit, open_page, smiley_walk):
    opened, url = open_page(page_of(smiley_walk.model_dump()), "axe-smiley", bypass_csp=True)
    go_to(opened, f"{url}#at=max_pooling_1")
    assert audit(opened, "light") == []
    opened.close()


@pytest.mark.slow
def test_every_view(audit, open_page, colour_walk):
    opened, url = open_page(page_of(colour_walk.model_dump()), "axe", bypass_csp=True)
    for step in [*(step.name for step in colour_walk.steps), "overview", "why", "invariance"]:
        go_to(opened, f"{url}#at={step}&relu=off")
        assert audit(opened, "light", "dark") == [], step
    opened.close()


@pytest.mark.slow
def test_views_of_what_deep_networks_are_made_of(audit, open_page, deep_walk):
    opened, url = open_page(page_of(deep_walk.model_dump()), "axe-deep", bypass_csp=True)
    for step in ("depthwise_convolution_2.relu6", "addition_1", "joining", "average_pooling_1", "why"):
        go_to(opened, f"{url}#at={step}")
        assert audit(opened, "light") == [], step
    opened.close()


@pytest.mark.slow
def test_blocks_of_steps(audit, open_page, make_model):
    model = make_model("4C3-(8C1r6-D3r6-4C1l)+-K-8C1r6-D3s2r6-6C1l-(9C1-D3-6C1l)+-9C1-J", (1, 12, 12))
    told = walk(model, np.random.default_rng(0).integers(0, 256, (12, 12), np.uint8))
    opened, url = open_page(page_of(told.model_dump()), "axe-blocks", bypass_csp=True)
    for step in ("overview", "addition_2"):
        go_to(opened, f"{url}#at={step}")
        assert audit(opened, "light") == [], step
    opened.close()


@pytest.mark.slow
def test_the_loss_bench(audit, open_page, bench):
    opened, url = open_page(losses_page(bench), "axe-losses", bypass_csp=True)
    go_to(opened, url)
    assert audit(opened, "light", "dark") == []
    opened.close()


@pytest.mark.slow
def test_the_offline_page(audit, open_page, make_model, paint, tmp_path):
    opened, url = open_page(offline_page(make_model(), "random"), "axe-offline", bypass_csp=True)
    (tmp_path / "none.png").write_bytes(b"no picture")
    go_to(opened, url)
    opened.set_input_files("input[type=file]", [paint(tmp_path / "grey.png", 100), tmp_path / "none.png"])
    opened.wait_for_selector(".answers li:nth-child(2)")
    opened.click("text=Use the camera")
    opened.wait_for_selector(".camera .bars")
    assert audit(opened, "light", "dark") == []
    opened.close()
