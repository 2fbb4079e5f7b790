"""Use of a page: pointer, keyboard, URL, motion, and what it must not do."""

from dataclasses import replace

import numpy as np
import pytest

from convscope.walkthrough.page import page as page_of
from convscope.walkthrough.walk import walk

BOARD = ".output-pane .board[role=application]"


def test_arrow_keys_move_the_cell_and_the_address_follows(colour):
    colour.go("#at=convolution_1:1.5.5")
    colour.tab.focus(BOARD)
    colour.tab.keyboard.press("ArrowRight")
    colour.tab.keyboard.press("ArrowDown")
    assert colour.address.endswith("#at=convolution_1:1.6.6")
    for _ in range(20):
        colour.tab.keyboard.press("ArrowUp")
    assert colour.address.endswith("#at=convolution_1:1.0.6")


def test_arithmetic_is_spoken(colour):
    colour.go("#at=convolution_1:1.5.5")
    colour.tab.focus(BOARD)
    colour.tab.keyboard.press("ArrowRight")
    speech = colour.tab.locator("[aria-live=polite][role=status]")
    speech.get_by_text("map 1 (5, 6): sum of products").wait_for()
    assert "bias" in speech.inner_text()


def test_pointing_shows_and_leaving_returns(colour):
    colour.go("#at=convolution_1:1.0.0")
    before = colour.numbers(".sum .line.output .number")
    box = colour.tab.query_selector(f"{BOARD} canvas").bounding_box()
    colour.tab.mouse.move(box["x"] + box["width"] - 3, box["y"] + box["height"] - 3)
    (shown,) = colour.numbers(".sum .line.output .number")
    assert shown == pytest.approx(colour.output("convolution_1")[1, -1, -1], rel=1e-5)
    assert colour.address.endswith("#at=convolution_1:1.0.0")
    colour.tab.mouse.move(2, 2)
    assert colour.numbers(".sum .line.output .number") == before
    colour.tab.mouse.click(box["x"] + box["width"] - 3, box["y"] + box["height"] - 3)
    assert colour.address.endswith("#at=convolution_1:1.12.11")


def test_a_number_leads_back_to_the_pixels(colour):
    colour.go("#at=softmax:2")
    colour.tab.click(".middle-pane tr.chosen a")
    for step in ("temperature", "full_connection_2", "full_connection_1.relu", "full_connection_1"):
        colour.tab.wait_for_function(
            "step => location.hash.split('/').pop().startsWith(step + ':')", arg=step
        )
        colour.tab.click(".middle-pane a")
    while "image" not in colour.address:
        before = colour.address
        colour.tab.click(".middle-pane .terms a, .middle-pane a")
        colour.tab.wait_for_function("before => location.href !== before", arg=before)
    steps = [part.split(":")[0] for part in colour.address.split("at=")[1].split("/")]
    assert steps[0] == "softmax"
    assert steps[-1] == "image"
    assert len(steps) == len([step for step in colour.walk.steps if step.kind != "loss"])
    assert len(colour.texts(".trail li")) == len(steps)
    colour.tab.click(".trail li:first-child a")
    colour.tab.wait_for_function("() => location.hash === '#at=softmax:2'")


def test_the_receptive_field_is_outlined_in_the_picture(colour):
    colour.go("#at=max_pooling_1:0.2.3")
    field = colour.step("max_pooling_1").receptive_field
    box = colour.tab.query_selector(".trail .outline").bounding_box()
    picture = colour.tab.query_selector(".trail canvas").bounding_box()
    cell = picture["width"] / 12
    left = max(0, field.start[1] + 3 * field.stride[1])
    right = min(12, field.start[1] + 3 * field.stride[1] + field.size[1])
    assert box["x"] - picture["x"] == pytest.approx(left * cell, abs=1)
    assert box["width"] == pytest.approx((right - left) * cell, abs=1)


def test_an_address_that_makes_no_sense_shows_something_sensible(colour):
    for fragment in (
        "#at=nothing:1",
        "#at=convolution_1:99.0.0",
        "#at=flattening:-1",
        "#at=%",
        "#class=x&at=why",
        "#x",
    ):
        colour.go(fragment)
        assert colour.tab.inner_text("main h1")


def test_maps_are_sorted_and_chosen(colour):
    colour.go("#at=convolution_2:0.0.0")
    colour.tab.get_by_label("sort").select_option("number")
    assert colour.texts(".output-pane .small-map .caption") == list("012345")
    colour.tab.get_by_role("button", name="map 4, mean activity").click()
    assert "at=convolution_2:4.0.0" in colour.address
    assert colour.tab.evaluate("document.activeElement.getAttribute('aria-label')").startswith("map 4")


@pytest.mark.slow
def test_the_window_slides_until_somebody_looks_and_the_map_fills(colour):
    colour.go("#at=convolution_1:0.0.0")
    slider = colour.tab.get_by_label("cell, in reading order")
    colour.tab.get_by_role("button", name="play").click()
    colour.tab.wait_for_selector(".flying", state="attached")
    colour.tab.wait_for_function("() => document.querySelector('.player input').value > 1")
    assert colour.tab.locator(".output-pane .veil").is_visible()
    colour.tab.hover(BOARD)
    held = slider.input_value()
    colour.tab.wait_for_timeout(1200)
    assert slider.input_value() == held
    colour.tab.get_by_role("button", name="pause").click()
    assert colour.tab.locator(".output-pane .veil").is_hidden()
    place = int(slider.input_value())
    assert f"0.{place // 12}.{place % 12}" in colour.address
    colour.tab.get_by_role("button", name="next cell").click()
    slider.focus()
    colour.tab.keyboard.press("ArrowRight")
    assert int(slider.input_value()) == place + 2
    assert f"0.{(place + 2) // 12}.{(place + 2) % 12}" in colour.address


def test_nothing_moves_where_no_motion_is_wanted(colour):
    colour.tab.emulate_media(reduced_motion="reduce")
    colour.go("#at=convolution_1:0.0.0")
    assert colour.tab.get_by_role("button", name="play").is_disabled()
    colour.tab.get_by_role("button", name="next cell").click()
    assert colour.address.endswith("0.0.1")
    assert colour.tab.locator(".flying").count() == 0
    colour.tab.emulate_media(reduced_motion="no-preference")


def test_light_and_dark_by_system_and_by_switch(colour):
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    colour.tab.emulate_media(color_scheme="dark")
    colour.go("")
    dark = colour.tab.evaluate(ground)
    colour.tab.get_by_role("button", name="light", exact=True).click()
    colour.tab.wait_for_function("() => document.documentElement.dataset.theme === 'light'")
    assert colour.tab.evaluate(ground) != dark
    colour.tab.emulate_media(color_scheme="light")


def test_a_dark_page_is_printed_in_light(colour):
    colour.go("#at=convolution_1&theme=dark")
    colour.tab.evaluate(
        "() => addEventListener('beforeprint',"
        " () => { window.printed = document.documentElement.dataset.theme; })"
    )
    colour.tab.pdf()
    assert colour.tab.evaluate("window.printed") == "light"
    assert colour.tab.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_sticks_out(colour, width):
    colour.tab.set_viewport_size({"width": width, "height": 800})
    for step in ("image", "convolution_1", "full_connection_1", "loss", "why", "invariance"):
        colour.go(f"#at={step}")
        assert colour.tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), step
    colour.tab.set_viewport_size({"width": 1280, "height": 900})


def test_no_request_leaves_the_page(colour):
    asked = []
    colour.tab.on("request", lambda request: asked.append(request.url))
    for step in ("overview", "convolution_1", "why", "invariance"):
        colour.go(f"#at={step}")
    assert {url.split(":")[0] for url in asked} <= {"file", "data", "about", "blob"}
    assert all(url.split("#")[0] == colour.url for url in asked if url.startswith("file"))


@pytest.mark.slow
def test_names_cannot_do_anything(open_page, make_model):
    name = '</script><img src=x onerror="window.harm = 1"><b>'
    model = make_model("2C3-MP2", (1, 8, 8), classes=2)
    told = walk(model, np.zeros((8, 8), np.uint8), picture_name=name).model_copy(
        update={"classes": [name, "plain"]}
    )
    tab, url = open_page(page_of(told.model_dump()), "hostile")
    for step in ("overview", "softmax", "loss", "full_connection_1", "why", "invariance"):
        tab.goto("about:blank")
        tab.goto(f"{url}#at={step}&relu=off&theme=%3Cb%3E")
        tab.wait_for_selector("main h1")
        assert tab.query_selector("main b, img[src=x]") is None
    assert name in tab.inner_text(".names") or name in tab.inner_text(".answer")
    assert tab.evaluate("window.harm") is None
    assert tab.errors == []
    tab.close()


def test_the_ribbon_stays_and_the_next_step_is_read_from_its_beginning(colour):
    def top(selector, side="top"):
        return colour.tab.locator(selector).first.evaluate(f"one => one.getBoundingClientRect().{side}")

    colour.go("#at=convolution_1:1.0.0")
    colour.tab.set_viewport_size({"width": 1280, "height": 660})
    # the page is redrawn for its new size, on a busy machine only after the first scrolling
    colour.tab.wait_for_function(
        "() => { for (const one of document.querySelectorAll('main details')) one.open = true;"
        " scrollTo(0, document.documentElement.scrollHeight);"
        " const [ribbon, title] = ['.ribbon', 'main h1'].map((one) => document.querySelector(one));"
        " return ribbon.getBoundingClientRect().top === 0 && title.getBoundingClientRect().top < 60; }"
    )
    colour.tab.locator(".steps a").last.click()
    colour.tab.locator("h1", has_text="ReLU after convolution 1").wait_for()
    assert top(".ribbon", "bottom") <= top("main h1") < 300
    colour.tab.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize(
    ("temperature", "says"), [(2.0, "overconfident"), (0.5, "underconfident"), (1.0, None)]
)
def test_a_temperature_is_a_step_of_its_own(open_page, make_model, temperature, says):
    model = replace(make_model("2C3-MP2", (1, 8, 8), classes=2), temperature=temperature)
    told = walk(model, np.random.default_rng(0).integers(0, 256, (8, 8), np.uint8), picture_name="noise")
    tab, url = open_page(page_of(told.model_dump()), f"temperature {temperature}")
    tab.goto(f"{url}#at=softmax")
    answer = tab.locator(".answer strong").first.inner_text()
    assert tab.locator(".output-pane .bars td").first.inner_text() == answer
    assert tab.locator(".ribbon a[href*='at=temperature']").count() == (says is not None)
    if says:
        tab.locator(".ribbon a[href*='at=temperature']").click()
        tab.locator(".middle-pane", has_text=says).wait_for()
    assert tab.errors == []
    tab.close()


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_input_window_sum_and_map_are_on_one_screen(open_page, make_model, width, height):
    """Also for a convolution with many maps, whose sum lists the largest parts and one line for the rest."""
    model = make_model("8C3-MP2-40C3-24C3", (3, 24, 24), seed=4)
    told = walk(model, np.random.default_rng(0).integers(0, 256, (24, 24, 3), np.uint8))
    tab, url = open_page(page_of(told.model_dump()), f"one-screen-{width}")
    tab.set_viewport_size({"width": width, "height": height})
    for step in ("convolution_1", "convolution_3"):
        tab.goto("about:blank")
        tab.goto(f"{url}#at={step}")
        tab.wait_for_selector(".sum")
        for part in (
            ".input-pane .board",
            ".grids .input",
            ".grids .weights",
            ".grids .plain",
            ".sum .line.output",
            ".output-pane .board",
            ".player",
        ):
            box = tab.locator(part).bounding_box()
            assert box["y"] >= 0, part
            assert box["y"] + box["height"] <= height, (step, part)
            assert box["x"] + box["width"] <= width, part
    assert tab.errors == []
    tab.close()


def test_each_map_has_its_own_scale_on_request(colour):
    colour.go("#at=convolution_1:0.5.5")
    ends = ".output-pane .legend .number"
    whole = np.abs(colour.output("convolution_1")).max()
    assert max(colour.numbers(ends)) == pytest.approx(whole, rel=1e-6)
    colour.tab.get_by_label("colour scale").select_option("own")
    own = np.abs(colour.output("convolution_1")[0]).max()
    assert max(colour.numbers(ends)) == pytest.approx(own, rel=1e-6)
