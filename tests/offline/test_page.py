"""The page as text: complete, inert and self-contained. Its predictions are tested in tests/web."""

import dataclasses
import json
import re

import pytest

from convscope.network.presets import PRESETS
from convscope.offline.page import page
from convscope.web.modules import reachable

HOSTILE = '</script><script>alert("1")</script><img src=x onerror=alert(2)>&amp;"'


def data_of(text):
    (result,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    return json.loads(result)


def test_hostile_names_stay_text(make_model):
    model = dataclasses.replace(make_model(), classes=(HOSTILE, "b", "c"))
    text = page(model, HOSTILE, HOSTILE)
    assert text.count("<script") == 3
    assert text.count("</script>") == 3
    assert "<img" not in text
    data = data_of(text)
    assert data["model"]["classes"][0] == data["name"] == data["licence"] == HOSTILE


def test_it_may_do_what_it_needs_and_nothing_else(make_model):
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page(make_model(), "random"))
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["worker-src"] == "blob:"
    assert rules["img-src"] == "data: blob:"
    assert "'unsafe-eval'" not in policy
    assert "'unsafe-inline'" not in policy
    assert "http" not in policy


def test_the_worker_has_the_modules_that_it_needs(make_model):
    bundled = re.findall(
        r'^modules\["(.+)"\] = ', data_of(page(make_model(), "random"))["worker"], re.MULTILINE
    )
    assert {*bundled} == reachable("offline/worker.js").keys()
    assert bundled[-1] == "offline/worker.js"


def test_a_page_of_a_million_weights_is_small(make_model):
    """The network of the benchmarks for pictures of 64 x 64."""
    text = page(make_model("32C3-MP2-32C3-MP2-128N", (3, 64, 64), classes=2), "random")
    assert len(text.encode()) < 4e6


@pytest.mark.slow
def test_the_page_of_a_large_network_is_below_twelve_megabytes(make_model):
    """EfficientNet-Lite0 with the thousand classes of ImageNet, 4.6 million weights."""
    text = page(make_model(PRESETS["lite0"], (3, 224, 224), classes=1_000), "random")
    assert len(text.encode()) < 12e6
