"""The playground in a browser, from a disk: it predicts, shows the origin of each number, and learns."""

import re

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from scipy.ndimage import correlate

from convscope.model.predictor import Predictor
from convscope.playground.page import page, shapes_drawings, shapes_network
from convscope.playground.shipped_model import shapes_model
from convscope.walkthrough.numpy_chain import forward

_BARS = """rows => Object.fromEntries(rows.map(row =>
  [row.querySelector(".name").textContent, parseFloat(row.querySelector(".fill").style.width) / 100]))"""
_PIXELS = """canvas => [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data]"""
SETTLED = 1e-4  # tolerance of a probability, which the page shows as the width of a bar


@pytest.fixture(scope="module")
def text():
    return page(shapes_network(), shapes_drawings())


@pytest.fixture
def use(open_page, text):
    """Opens the page."""
    opened = []

    def use(**settings):
        tab, url = open_page(text, "playground", **settings)
        asked = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(url)
        tab.wait_for_selector(".best")
        opened.append((tab, asked))
        return tab

    yield use
    for tab, asked in opened:
        assert tab.errors == []
        assert all(address.startswith(("file:", "blob:", "data:")) for address in asked)
        tab.close()


def bars(tab):
    return tab.eval_on_selector_all(".bars-now li", _BARS)


def drawn(tab):
    """Return the pad's pixels in a model's input format."""
    side = shapes_model().preparation.height
    data = np.array(tab.eval_on_selector(".drawing-pad canvas", _PIXELS), np.uint8)
    return data.reshape(side, side, 4)[:, :, :1]


def assert_answered(tab):
    model = shapes_model()
    expected = Predictor(model).probabilities(drawn(tab)[np.newaxis])[0]
    found = bars(tab)
    assert [found[name] for name in model.classes] == pytest.approx(expected, abs=SETTLED)


def stroke(tab):
    box = tab.locator(".drawing-pad").bounding_box()
    tab.mouse.move(box["x"] + 20, box["y"] + 30)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 170, box["y"] + 60, steps=5)
    tab.mouse.up()


def test_it_is_alive_when_it_opens(use):
    tab = use()
    assert_answered(tab)
    maps = sum(step.shape[0] for step in shapes_model().chain if step.has_maps and step.kind != "image")
    assert tab.locator(".map-tile.of-maps").count() == maps
    painted = tab.eval_on_selector_all(
        "[data-step=convolution_1] canvas", f"all => all.map(one => new Set(({_PIXELS})(one)).size)"
    )
    assert min(painted) > 2


def test_a_stroke_changes_the_answer_and_the_maps(use):
    tab = use()
    read = f"all => all.map({_PIXELS})"
    before, maps = bars(tab), tab.eval_on_selector_all(".map-tile.of-maps canvas", read)
    stroke(tab)
    assert bars(tab) != before
    assert_answered(tab)
    after = tab.eval_on_selector_all(".map-tile.of-maps canvas", read)
    assert sum(one != other for one, other in zip(maps, after, strict=True)) > len(maps) / 2


def test_it_can_be_drawn_on_with_the_keyboard_and_cleared(use):
    tab = use()
    tab.get_by_role("button", name="Clear").click()
    assert drawn(tab).max() == 0
    tab.locator(".drawing-pad").focus()
    tab.keyboard.press("ArrowUp")
    assert drawn(tab).max() == 0
    for _ in range(8):
        tab.keyboard.press("Shift+ArrowRight")
    assert drawn(tab).max() == 255
    assert_answered(tab)


@pytest.mark.slow
def test_a_small_drawing_is_placed_as_the_network_has_learned_them(use):
    tab = use()
    tab.get_by_role("button", name="Clear").click()
    box = tab.locator(".drawing-pad").bounding_box()
    around = np.linspace(0, 2 * np.pi, 25)
    for place, (x, y) in enumerate(zip(60 + 30 * np.cos(around), 60 + 30 * np.sin(around), strict=True)):
        tab.mouse.move(box["x"] + x, box["y"] + y)
        if place == 0:
            tab.mouse.down()
    tab.mouse.up()
    expect(tab.locator(".pad-tools [role=status]")).to_contain_text("Enlarged")
    expect(tab.locator(".best .name")).to_have_text("circle")
    tab.wait_for_timeout(500)  # it grows
    rows, columns = (np.flatnonzero(drawn(tab)[:, :, 0].max(axis)) for axis in (1, 0))
    for inked in (rows, columns):
        assert inked[-1] - inked[0] + 1 == pytest.approx(0.83 * 28, abs=1.5)
        assert inked[-1] + inked[0] == pytest.approx(27, abs=1)
    assert_answered(tab)


def test_an_example_is_answered_with_its_class(use):
    tab = use()
    for name in shapes_model().classes:
        tab.get_by_role("button", name=f"draw: {name}", exact=True).click()
        assert_answered(tab)


@pytest.mark.parametrize("name", ["convolution_1", "convolution_2"])
def test_pointing_at_a_cell_shows_its_window_filter_and_sum(use, number, name):
    tab, model = use(), shapes_model()
    steps = {step.name: step for step in forward(model, drawn(tab))}
    computed = steps[name]
    _, rows, columns = computed.output.shape
    row, column, chosen = 4, 6, 2
    tile = tab.locator(f"[data-step='{name}']").nth(chosen)
    box = tile.bounding_box()
    tile.hover(
        position={"x": (column + 0.5) / columns * box["width"], "y": (row + 0.5) / rows * box["height"]}
    )
    (down, across), weight = computed.step.windows.size, model.weights[f"{name}.weight"]
    windows = computed.input[:, row : row + down, column : column + across]
    products = windows * weight[chosen]
    looked = np.abs(products.sum((1, 2))).argmax()

    def titles(role):
        return [
            number(text)
            for text in tab.eval_on_selector_all(f".cells.{role} td", "all => all.map(one => one.title)")
        ]

    assert titles("input") == pytest.approx(windows[looked].ravel(), abs=1e-5)
    assert titles("weights") == pytest.approx(weight[chosen, looked].ravel(), abs=1e-5)
    assert titles("products") == pytest.approx(products[looked].ravel(), abs=1e-5)
    total = tab.locator(".sum-table tfoot .number").get_attribute("title")
    assert number(total) == pytest.approx(computed.output[chosen, row, column], abs=1e-4)


def test_pointing_at_a_cell_lights_up_the_pixels_that_it_depends_on(use):
    """For each cell of every column of maps, the frame on the drawing is its receptive field."""
    tab = use()
    side = shapes_model().preparation.height
    for step in shapes_model().chain:
        if step.kind not in {"convolution", "max_pooling"}:
            continue
        field = step.receptive_field
        row, column = 2, 1
        tile = tab.locator(f"[data-step='{step.name}']").nth(0)
        box, pad, scene = (
            one.bounding_box() for one in (tile, tab.locator(".drawing-pad"), tab.locator(".scene"))
        )
        _, rows, columns = step.shape
        tile.hover(
            position={"x": (column + 0.5) / columns * box["width"], "y": (row + 0.5) / rows * box["height"]}
        )
        cell = pad["width"] / side
        top = row * field.down.stride + field.down.start
        left = column * field.across.stride + field.across.start
        corner = (pad["x"] - scene["x"] + left * cell, pad["y"] - scene["y"] + top * cell)
        opacity = (
            "([x, y]) => document.querySelector('.lights').getContext('2d').getImageData(x, y, 1, 1).data[3]"
        )
        far = (corner[0] + field.across.size * cell, corner[1] + field.down.size * cell)
        assert tab.evaluate(opacity, list(corner)) > 0, step.name
        assert tab.evaluate(opacity, list(far)) > 0, step.name
        assert tab.evaluate(opacity, [(corner[0] + far[0]) / 2, (corner[1] + far[1]) / 2]) == 0, step.name


def test_a_click_keeps_the_cell_and_the_arrow_keys_move_on(use):
    tab = use()
    tile = tab.locator("[data-step='max_pooling_1']").nth(1)
    tile.click(position={"x": 10, "y": 10})
    tab.mouse.move(0, 0)
    kept = tab.locator("#stage-title").text_content()
    assert kept.startswith("max pooling 1: map 2, ")
    tile.focus()
    tab.keyboard.press("ArrowRight")
    moved = tab.locator("#stage-title").text_content()
    assert moved != kept
    tab.keyboard.press("Enter")
    tab.locator(".drawing-pad").focus()
    assert tab.locator("#stage-title").text_content() == moved


def test_a_neuron_s_contributions_add_up(use, number):
    tab = use()
    tab.locator("[data-step='full_connection_1']").nth(3).click()
    logits = forward(shapes_model(), drawn(tab))[-2].output
    terms = tab.eval_on_selector_all(".cell-stage tbody .number", "all => all.map(one => one.title)")
    total = number(tab.locator(".cell-stage tfoot .number").get_attribute("title"))
    assert sum(map(number, terms)) == pytest.approx(total, abs=1e-4)
    assert total == pytest.approx(logits[3], abs=1e-4)


def test_a_step_of_training_begins_with_an_untrained_network(use):
    tab = use()
    before = bars(tab)
    tab.get_by_role("button", name="Step", exact=True).click()
    expect(tab.locator(".when")).to_contain_text("step 1 ", timeout=60_000)
    assert bars(tab) != before
    tab.get_by_role("button", name="Back to the trained network").click()
    assert bars(tab) == before


@pytest.mark.slow
def test_it_learns_from_nothing_and_can_be_gone_back_through(use):
    tab = use()
    tab.get_by_role("button", name="Train from scratch").click()

    def right():
        return float(tab.locator(".when .validation").text_content().strip("<> %"))

    expect(tab.locator(".when .validation")).to_have_text(re.compile(r"9[5-9]\.\d %|100 %"), timeout=240_000)
    tab.get_by_role("button", name="Pause").click()
    tab.wait_for_selector("text=Continue")
    tab.locator(".learning input[type=range]").fill("0")
    assert "epoch 0" in tab.locator(".when").text_content()
    assert right() < 50
    last = tab.locator(".learning input[type=range]").get_attribute("max")
    tab.locator(".learning input[type=range]").fill(last)
    assert right() > 90


def test_a_filter_is_the_one_that_it_is_called(use):
    tab = use(reduced_motion="reduce")
    canvas = tab.locator("#station-convolution canvas")
    canvas.first.scroll_into_view_if_needed()
    tab.get_by_role("button", name="Identity").click()
    before, after = (
        np.array(one, float).reshape(72, 72, 4)[:, :, 0]
        for one in canvas.evaluate_all(f"all => all.map({_PIXELS})")
    )
    assert (before == after).all()
    tab.get_by_role("button", name="blur").click()
    after = np.array(canvas.nth(1).evaluate(_PIXELS), float).reshape(72, 72, 4)[:, :, 0]
    assert np.abs(after - correlate(before, np.full((3, 3), 1 / 9), mode="nearest")).max() <= 1.5


def test_confidently_wrong_cross_entropy_learns_and_the_squared_error_does_not(use):
    """Both descents match PyTorch's."""
    tab = use(reduced_motion="reduce")
    tab.locator("#station-softmax").scroll_into_view_if_needed()
    tab.get_by_role("button", name="Descend").click()
    said = tab.locator("#station-softmax [role=status]").text_content()
    shares = []
    for loss in (lambda p: -p.log(), lambda p: (1 - p) ** 2):
        z = torch.tensor(-6.0, dtype=torch.float64, requires_grad=True)
        for _ in range(60):
            (slope,) = torch.autograd.grad(loss(z.sigmoid()), z)
            z = (z - 0.5 * slope).detach().requires_grad_()
        shares.append(z.sigmoid().item())
    for share in shares:
        assert f"{100 * share:.1f} %" in said


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_and_nothing_overflows(use, axe, scheme, width):
    tab = use(color_scheme=scheme, bypass_csp=True)
    tab.set_viewport_size({"width": width, "height": 800})
    for station in tab.locator(".station").all():
        station.scroll_into_view_if_needed()
    assert axe(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
