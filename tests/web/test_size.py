import pytest
from sklearn.datasets import load_sample_image

from convscope.network.presets import PRESETS
from convscope.walkthrough.page import page as page_of
from convscope.walkthrough.walk import walk

MEGABYTE = 10**6


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "side", "megabytes"), [("32C3-MP2-32C3-MP2-128N", 64, 3), (PRESETS["vgg"], 96, 6)]
)
def test_a_page_is_small(make_model, network, side, megabytes):
    model = make_model(network, (3, side, side), classes=2)
    page = page_of(walk(model, load_sample_image("china.jpg")).model_dump())
    assert len(page.encode()) < megabytes * MEGABYTE
