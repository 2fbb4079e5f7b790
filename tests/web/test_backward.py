"""The backward pass on the page: gradients match autograd, and losses match the changed network."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

from convscope.steps import cross_entropy
from convscope.walkthrough.numpy_chain import forward
from convscope.walkthrough.page import page as page_of
from convscope.walkthrough.walk import walk

from .conftest import Opened, go_to

CLOSE = {"rtol": 1e-5, "atol": 1e-6}
TRUTH = 2


@pytest.fixture(scope="module")
def model(make_model):
    return replace(make_model("4C3-MP2-6C3p0-AP2-12N", (3, 12, 12), classes=4, seed=5), temperature=1.6)


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(0).integers(0, 256, (12, 12, 3), np.uint8)


@pytest.fixture(scope="module")
def opened(open_page, model, pixels):
    found = walk(
        model, Image.fromarray(pixels), picture_name="noise", truth=model.classes[TRUTH], gradients=True
    )
    tab, url = open_page(page_of(found.model_dump()), "backward")
    yield Opened(found, tab, url)
    assert tab.errors == []


@pytest.fixture(scope="module")
def autograd(model, pixels):
    """Return the gradient at every weight and at every step's output, by PyTorch in float64."""
    weights = {
        name: torch.from_numpy(weight).double().requires_grad_() for name, weight in model.weights.items()
    }
    mean, std = (torch.tensor(numbers, dtype=torch.float64) for numbers in (model.mean, model.std))

    def layer(name):
        return weights[f"{name}.weight"], weights[f"{name}.bias"]

    steps = {"image": ((torch.from_numpy(pixels).double() - mean) / std).permute(2, 0, 1)[None]}
    steps["image"].requires_grad_()
    steps["convolution_1"] = functional.conv2d(steps["image"], *layer("convolution_1"), padding=1)
    steps["convolution_1.relu"] = steps["convolution_1"].relu()
    steps["max_pooling_1"] = functional.max_pool2d(steps["convolution_1.relu"], 2)
    steps["convolution_2"] = functional.conv2d(steps["max_pooling_1"], *layer("convolution_2"))
    steps["convolution_2.relu"] = steps["convolution_2"].relu()
    steps["average_pooling_1"] = functional.avg_pool2d(steps["convolution_2.relu"], 2)
    steps["flattening"] = steps["average_pooling_1"].flatten(1)
    steps["full_connection_1"] = functional.linear(steps["flattening"], *layer("full_connection_1"))
    steps["full_connection_1.relu"] = steps["full_connection_1"].relu()
    logits = functional.linear(steps["full_connection_1.relu"], *layer("full_connection_2"))
    for step in steps.values():
        step.retain_grad()
    functional.cross_entropy(logits / model.temperature, torch.tensor([TRUTH])).backward()
    return {
        **{name: weight.grad.numpy() for name, weight in weights.items()},
        **{name: step.grad[0].numpy() for name, step in steps.items()},
    }


def back(opened, step, **options):
    query = "&".join(f"{name}={value}" for name, value in options.items())
    opened.go(f"#at={step}&way=back&{query}")


@pytest.mark.parametrize("name", ["convolution_1", "convolution_2"])
def test_the_gradients_at_a_filter_s_weights_are_autograd_s(opened, autograd, name):
    expected = autograd[f"{name}.weight"]
    for filter_, channel in ((0, 0), (expected.shape[0] - 1, expected.shape[1] - 1)):
        weight = f"{name}.weight:{filter_}.{channel}.0.2"
        back(opened, f"{name}:{filter_}.0.0", of="weights", weight=weight)
        shown = opened.numbers(".grid.weights td")
        np.testing.assert_allclose(shown, expected[filter_, channel].ravel(), **CLOSE)
        if expected[filter_, channel, 0, 2]:
            (total,) = opened.numbers(".gradient-line.output .number")
            np.testing.assert_allclose(total, expected[filter_, channel, 0, 2], **CLOSE)
        assert opened.tab.locator(".gradient-sum > table tbody tr").count() <= 8


def test_a_weight_of_a_full_connection_is_autograd_s(opened, autograd):
    for name in ("full_connection_1", "full_connection_2"):
        expected = autograd[f"{name}.weight"]
        neuron, number = np.unravel_index(np.abs(expected).argmax(), expected.shape)
        back(opened, f"{name}:{neuron}", of="weights", weight=f"{name}.weight:{neuron}.{number}")
        (total,) = opened.numbers(".gradient-line.output .number")
        np.testing.assert_allclose(total, expected[neuron, number], **CLOSE)


@pytest.mark.parametrize(
    ("step", "before"),
    [
        ("convolution_1", "image"),
        ("convolution_2", "max_pooling_1"),
        ("average_pooling_1", "convolution_2.relu"),
        ("full_connection_1", "flattening"),
        ("full_connection_2", "full_connection_1.relu"),
    ],
)
def test_what_is_passed_back_is_autograd_s(opened, autograd, step, before):
    expected = autograd[before]
    cell = np.unravel_index(np.abs(expected).argmax(), expected.shape)
    same = f":{cell[0]}.0.0" if "pooling" in step else ""
    back(opened, f"{step}{same}", cell=".".join(map(str, cell)))
    (total,) = opened.numbers(".gradient-line.output .number")
    np.testing.assert_allclose(total, expected[cell], **CLOSE)


def test_where_relu_silenced_nothing_passes(opened):
    values = opened.output("convolution_1")
    for sign, passes in ((-1, False), (1, True)):
        cell = np.unravel_index((sign * values).argmax(), values.shape)
        back(opened, f"convolution_1.relu:{cell[0]}.0.0", cell=".".join(map(str, cell)))
        assert (opened.tab.locator(".nothing").count() == 0) == passes


def test_a_loser_of_max_pooling_gets_nothing(opened):
    values = opened.output("convolution_1.relu")[0]
    loser = np.unravel_index(values[:2, :2].argmin(), (2, 2))
    back(opened, "max_pooling_1:0.0.0", cell=f"0.{loser[0]}.{loser[1]}")
    assert "not the largest" in opened.tab.locator(".nothing").inner_text()


def test_at_the_logits_the_gradient_is_probability_minus_target(opened):
    back(opened, "softmax")
    target = np.eye(4)[TRUTH]
    order = np.argsort(-np.array(opened.walk.probabilities))
    shown = opened.numbers(".middle-pane .figures td:last-child .number")
    np.testing.assert_allclose(shown, (np.array(opened.walk.probabilities) - target)[order], **CLOSE)


@pytest.mark.slow
def test_a_step_downhill_recomputes_the_loss(opened, model, pixels):
    for curve in opened.walk.backward.passes[0].curves:
        tensor, place = curve.weight.tensor, tuple(curve.weight.place)
        step = tensor.rpartition(".")[0]
        start = ".".join(map(str, (place[0], 0, 0)[: len(opened.step(step).shape)]))
        back(opened, f"{step}:{start}", weight=f"{tensor}:{'.'.join(map(str, place))}")
        one = opened.tab.locator(".descender").first
        for taken in (1, 2):
            one.get_by_role("button", name="step downhill").click()
            shown = float(one.locator("[data-loss]").get_attribute("data-loss"))
            changed = model.weights[tensor].astype(np.float64)
            rate = curve.descents[1].rate
            changed[place] = curve.descents[1].values[taken - 1][0] - (
                rate * curve.descents[1].gradients[taken - 1][0]
            )
            moved = replace(model, weights={**model.weights, tensor: changed})
            logits = forward(moved, pixels)[-1].input / model.temperature
            assert shown == pytest.approx(cross_entropy.forward(logits, TRUTH), rel=1e-9)


def test_a_learning_rate_that_is_too_large_is_called_so(opened):
    curves = opened.walk.backward.passes[1].curves
    curve = next(one for one in curves if one.descents[-1].losses[1] > one.descents[-1].losses[0])
    tensor, place = curve.weight.tensor, curve.weight.place
    truth = opened.walk.backward.passes[1].truth
    at = ".".join(map(str, [place[0], 0, 0][: len(opened.step(tensor.rpartition(".")[0]).shape)]))
    weight = f"{tensor}:{'.'.join(map(str, place))}"
    back(opened, f"{tensor.rpartition('.')[0]}:{at}", weight=weight, truth=truth)
    one = opened.tab.locator(".descender").first
    one.get_by_label("learning rate").get_by_role("button").last.click()
    one.get_by_role("button", name="step downhill").click()
    assert "too large" in one.inner_text()
    opened.tab.set_viewport_size({"width": 1000, "height": 900})  # the position is preserved by redrawing
    assert "step 1 of" in one.inner_text()
    opened.tab.set_viewport_size({"width": 1280, "height": 900})


def test_every_step_fits_a_narrow_window_after_a_wide_one(opened):
    for step in opened.walk.steps:
        opened.tab.set_viewport_size({"width": 1280, "height": 900})
        back(opened, step.name, cell=".".join("0" for _ in step.shape))
        opened.tab.set_viewport_size({"width": 360, "height": 800})
        # a page is laid out again a moment after its width has changed
        opened.tab.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")
    opened.tab.set_viewport_size({"width": 1280, "height": 900})


def test_the_switch_and_the_class_are_kept_in_the_address(opened):
    opened.go("#at=convolution_1:1.0.0")
    opened.tab.get_by_role("button", name="Backpropagation").click()
    assert "way=back" in opened.address
    other = opened.walk.backward.passes[1].truth
    opened.tab.get_by_label("If the class is").select_option(str(other))
    assert f"truth={other}" in opened.address
    opened.tab.get_by_role("button", name="Forward").click()
    assert "way=" not in opened.address


def test_arrow_keys_move_the_cell_that_is_explained(opened):
    back(opened, "convolution_1", cell="0.4.4")
    board = opened.tab.locator(".input-pane .board")
    board.focus()
    before = opened.tab.locator(".middle-pane h3").inner_text()
    board.press("ArrowRight")
    assert opened.tab.locator(".middle-pane h3").inner_text() != before


@pytest.mark.slow
def test_branches_copy_and_divide_the_gradient(open_page, make_model):
    model = make_model("6C3-(8C1r6-D3-6C1l)+-K-D3s2p0or6-9C1-5C1l-J", (3, 14, 12), classes=4, seed=3)
    pixels = np.random.default_rng(1).integers(0, 256, (14, 12, 3), np.uint8)
    found = walk(model, Image.fromarray(pixels), picture_name="noise", gradients=True)
    tab, url = open_page(page_of(found.model_dump()), "backward-deep")
    opened = Opened(found, tab, url)
    for step in found.steps:
        back(opened, step.name)
        tab.wait_for_selector(".pane .board, .pane .bars")
    back(opened, "addition_1")
    assert tab.locator(".input-pane .board").count() == 2
    assert tab.errors == []
    tab.close()


@pytest.mark.slow
def test_rounded_maps_are_called_so_where_a_sum_shows_it(open_page, model, pixels, monkeypatch):
    monkeypatch.setattr("convscope.walkthrough.walk._MOST_EXACT", 10)
    monkeypatch.setattr("convscope.walkthrough.step_documents._LARGE_ARRAY", 10)
    found = walk(model, Image.fromarray(pixels), picture_name="noise", gradients=True)
    tab, url = open_page(page_of(found.model_dump()), "backward-rounded")
    opened = Opened(found, tab, url)
    back(opened, "convolution_2", of="weights")
    assert "rounded" in tab.locator(".gradient-sum .check").inner_text()
    assert tab.errors == []
    tab.close()


def test_what_a_document_leaves_out_is_said(open_page, model, pixels, monkeypatch):
    monkeypatch.setattr("convscope.walkthrough.backward.MOST_NUMBERS", 10)
    found = walk(model, Image.fromarray(pixels), picture_name="noise", gradients=True)
    tab, url = open_page(page_of(found.model_dump()), "backward-left-out")
    opened = Opened(found, tab, url)
    back(opened, "convolution_1")
    assert "studio" in tab.locator(".note").inner_text()
    assert tab.errors == []
    tab.close()


@pytest.mark.slow
def test_axe_finds_nothing_wrong(open_page, opened, audit):
    tab, url = open_page(page_of(opened.walk.model_dump()), "axe-back", bypass_csp=True)
    for step in opened.walk.steps:
        go_to(tab, f"{url}#at={step.name}&way=back&of=weights")
        assert audit(tab, "light", "dark") == [], step.name
    tab.close()
