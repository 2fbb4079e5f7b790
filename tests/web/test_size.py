from dataclasses import replace

import pytest
from sklearn.datasets import load_sample_image

from convscope.network.presets import PRESETS
from convscope.training.start.backbone import load_backbone
from convscope.walkthrough.page import page as page_of
from convscope.walkthrough.walk import walk

MEGABYTE = 10**6


@pytest.fixture(scope="session")
def lite0_page(make_model):
    """The page of a photo's walk through EfficientNet-Lite0 with a random head."""
    backbone = load_backbone("lite0")
    model = make_model(backbone.design.notation([4, 10]), (3, 224, 224), classes=5)
    weights = {**model.weights, **backbone.weights}
    model = replace(model, weights=weights, mean=backbone.design.mean, std=backbone.design.std)
    return page_of(walk(model, load_sample_image("china.jpg")).model_dump())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "side", "megabytes"), [("32C3-MP2-32C3-MP2-128N", 64, 3), (PRESETS["vgg"], 96, 6)]
)
def test_a_page_is_small(make_model, network, side, megabytes):
    model = make_model(network, (3, side, side), classes=2)
    page = page_of(walk(model, load_sample_image("china.jpg")).model_dump())
    assert len(page.encode()) < megabytes * MEGABYTE


@pytest.mark.slow
def test_the_page_of_a_deep_network_is_small_too(lite0_page):
    assert len(lite0_page.encode()) < 10 * MEGABYTE
