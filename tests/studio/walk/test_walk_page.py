"""The walk and the neurons from a user's view, in a real browser."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from convscope.classifier import load
from convscope.pictures.sources import open_source
from convscope.steps import softmax
from convscope.walkthrough.edits import FilterEdit, apply_edits
from convscope.walkthrough.losses import gradient_at_logits, loss_of_logits
from convscope.walkthrough.numpy_chain import backward, forward
from convscope.walkthrough.truth import TrueClass

LONG = 120_000
"""Timeout in milliseconds, for a busy machine."""
PLACE = 579
"""Index of a three among the digits."""
MAP, ROW, COLUMN = 4, 3, 3


@pytest.fixture
def studio(start_studio, digits_model):
    return start_studio(digits_model)


@pytest.fixture
def tab(tab):
    tab.set_default_timeout(LONG)
    return tab


def number(text):
    """Read a number in the page's format, if it is neither very large nor very small."""
    plain = float(text.replace("−", "-").strip("<> %"))
    return plain / 100 if "%" in text else plain


def walk_of(studio, tab, step=""):
    picture = f"data.{studio.data('digits')}.{PLACE}"
    tab.goto(f"{studio.address}#/walk/{studio.model('digits')}/{picture}?at={step}")
    tab.wait_for_selector(".ribbon")


def result(tab):
    return number(tab.locator(".sum .line.output .number").get_attribute("title"))


def by_the_book(model, step):
    pixels = np.asarray(open_source("digits").read(PLACE)).reshape(8, 8, 1)
    return next(one.output for one in forward(model, pixels) if one.name == step)


def row_of(tab, name):
    return tab.locator(".changed-answer tr", has=tab.locator(f"th:text-is('{name}')"))


def test_a_digit_is_drawn_and_its_walk_read(studio, tab, digits_model):
    tab.goto(f"{studio.address}#/walk")
    tab.wait_for_selector(".ribbon")  # some picture has been walked already
    tab.get_by_text("Choose a picture").click()
    pad = tab.get_by_label("drawing pad")
    box = pad.bounding_box()
    corner = box["x"] + 25
    tab.mouse.move(corner, box["y"] + 20)
    tab.mouse.down()
    tab.mouse.move(corner, box["y"] + box["height"] / 2, steps=5)
    tab.mouse.up()
    tab.get_by_text("what the network sees").wait_for()
    heard = tab.locator(".bars th").first.inner_text()
    assert list((studio.home / "pictures").iterdir()) == []
    tab.get_by_role("button", name="Walk through this drawing").click()
    tab.wait_for_url("**/sent.*")
    tab.wait_for_selector(".ribbon")
    (kept,) = (studio.home / "pictures").iterdir()
    assert tab.url.endswith(f"/sent.{kept.name}")
    said = load(digits_model).predict(kept.read_bytes())
    assert tab.locator(".answer span").first.inner_text().startswith(said.label)
    assert heard == said.label
    rows, columns = np.nonzero(np.asarray(Image.open(kept)))
    assert (rows.min(), rows.max()) == (0, 7)  # because its training digits fill their pictures
    assert {3, 4} <= {*columns}
    tab.locator(".ribbon a", has_text="full 2").click()
    tab.get_by_role("heading", name="full connection 2").wait_for()
    classifier = load(digits_model)
    logits = forward(classifier.model, classifier.prepared(kept.read_bytes(), "drawing"))[-1].input
    titles = tab.eval_on_selector_all(".output-pane td .number", "all => all.map(one => one.title)")
    np.testing.assert_allclose([number(title) for title in titles], -np.sort(-logits), rtol=1e-5)


@pytest.mark.slow
def test_a_filter_is_edited_and_every_later_number_follows(studio, tab, digits_model):
    model = load(digits_model).model
    walk_of(studio, tab, f"convolution_1:{MAP}.{ROW}.{COLUMN}")
    before = by_the_book(model, "convolution_1")[MAP, ROW, COLUMN]
    assert result(tab) == pytest.approx(before, rel=1e-5)
    tab.get_by_text("Change the network").click()
    tab.get_by_role("button", name="sharpen").click()
    tab.wait_for_selector("[data-walked]")
    changed = apply_edits(model, [FilterEdit(step="convolution_1", filter=MAP, kernel="sharpen")])
    after = by_the_book(changed, "convolution_1")[MAP, ROW, COLUMN]
    assert result(tab) == pytest.approx(after, rel=1e-5)
    assert tab.get_by_label("weight (1, 1)").input_value() == "5"
    logits = by_the_book(changed, "full_connection_2")
    answer = studio.get(
        f"/api/models/{studio.model('digits')}/answer?picture=data.{studio.data('digits')}.{PLACE}"
    )
    shares = softmax.forward(logits / changed.temperature)
    np.testing.assert_allclose(answer["after"], shares, atol=1e-5)
    said = row_of(tab, "3").locator("td").all_inner_texts()
    assert number(said[0]) == pytest.approx(answer["before"][3], abs=6e-4)
    assert number(said[1]) == pytest.approx(answer["after"][3], abs=6e-4)
    tab.reload()
    tab.get_by_text("1 change,").wait_for()
    tab.get_by_role("button", name="Undo").click()
    tab.get_by_text("No changes yet").wait_for()
    tab.wait_for_selector("[data-walked]")
    assert result(tab) == pytest.approx(before, rel=1e-5)


@pytest.mark.slow
def test_one_weight_by_hand_relu_off_and_a_model_kept(studio, tab):
    walk_of(studio, tab, f"convolution_1:{MAP}.{ROW}.{COLUMN}")
    tab.get_by_text("Change the network").click()
    tab.get_by_label("weight (0, 2)").fill("-1.5")
    tab.get_by_label("weight (0, 2)").press("Enter")
    tab.get_by_text("1 change,").wait_for()
    tab.get_by_label("ReLU").uncheck()
    tab.get_by_text("2 changes,").wait_for()
    tab.locator(".ribbon a", has_text="ReLU").first.wait_for(state="detached")
    assert studio.get(f"/api/models/{studio.model('digits')}/edits")["edits"][1]["present"] is False
    tab.get_by_role("button", name="Undo").click()
    tab.get_by_text("1 change,").wait_for()
    tab.get_by_label("name of the changed model").fill("mine")
    tab.get_by_role("button", name="Save as a new model").click()
    tab.locator(".tools option:checked", has_text="mine").wait_for(state="attached")
    assert f"/{studio.model('mine')}/" in tab.evaluate("location.hash")
    kept = load(studio.home / "models" / "mine.safetensors").model
    assert kept.weights["convolution_1.weight"][MAP, 0, 0, 2] == -1.5


HAND_OVER = """async (kind) => {
    const canvas = document.createElement("canvas");
    canvas.getContext("2d").fillRect(2, 2, kind.length, 9);
    const blob = await new Promise((done) => canvas.toBlob(done));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([blob], "a.png", { type: "image/png" }));
    const event = kind === "drop"
        ? new DragEvent("drop", { dataTransfer, cancelable: true })
        : new ClipboardEvent("paste", { clipboardData: dataTransfer });
    dispatchEvent(event);
}"""


@pytest.mark.slow
def test_pictures_are_dropped_pasted_and_picked_from_data(studio, tab):
    tab.goto(f"{studio.address}#/walk")
    for count, kind in enumerate(("drop", "paste"), start=1):
        tab.wait_for_selector(".chooser")
        before = tab.url
        tab.evaluate(HAND_OVER, kind)
        tab.wait_for_url(lambda url, before=before: "/sent." in url and url != before)
        tab.wait_for_selector(".ribbon")
        assert len(list((studio.home / "pictures").iterdir())) == count
    tab.get_by_text("Choose a picture").click()
    tab.get_by_label("pictures").select_option("digits")
    tab.get_by_role("button", name=", 7").first.click()
    tab.wait_for_url("**/data.*")
    tab.wait_for_selector(".ribbon")


@pytest.mark.slow
def test_what_the_camera_sees_is_answered_while_it_is_on(studio_server, tab):
    looks = []
    tab.on("response", lambda one: looks.append(one.status) if one.url.endswith("/preview") else None)
    tab.goto(f"{studio_server.address}#/walk/{studio_server.model('digits')}")
    tab.wait_for_selector(".ribbon")
    tab.get_by_text("Choose a picture").click()
    tab.get_by_role("button", name="Use the camera").click()
    camera = tab.locator(".ways section", has_text="The camera")
    camera.locator(".bars").wait_for()
    shares = [number(text) for text in camera.locator(".bars td[title]").all_inner_texts()]
    assert 0.5 < sum(shares) < 1.01
    while len(looks) < 4:
        tab.wait_for_timeout(50)
    tab.locator("nav a", has_text="Losses").click()
    tab.get_by_role("heading", name="Why cross-entropy?").wait_for()
    tab.wait_for_timeout(1000)
    seen = len(looks)
    tab.wait_for_timeout(1000)
    assert len(looks) == seen  # the camera is off
    assert {*looks} == {200}


@pytest.mark.slow
def test_the_pictures_learned_from_stand_in_the_walk(studio, tab):
    walk_of(studio, tab, "why")
    tab.locator(".neighbours li").nth(7).wait_for()
    picture = f"data.{studio.data('digits')}.{PLACE}"
    told = studio.get(f"/api/models/{studio.model('digits')}/similar?picture={picture}")
    names = tab.locator(".neighbours li strong").all_inner_texts()
    assert names == [one["label"] for one in told["neighbours"]]
    tab.get_by_role("heading", name="Occlusion").wait_for()  # the complete walk, which is loaded later
    assert tab.locator(".neighbours li").count() == 8
    tab.locator(".ribbon a", has_text="full 2").click()
    tab.get_by_role("heading", name="Which inputs respond to 3").wait_for()
    tab.get_by_text("Change the network").click()
    tab.get_by_label("bias").fill("2")
    tab.get_by_label("bias").press("Enter")
    tab.get_by_role("heading", name="Which inputs respond to").wait_for(state="detached")
    tab.get_by_role("heading", name="Which inputs respond to").wait_for()


def test_walking_on_does_not_load_the_view_again(studio_server, tab):
    walk_of(studio_server, tab)
    tab.evaluate("document.querySelector('.mounted-walk').dataset.mine = 'here'")
    tab.locator(".ribbon a", has_text="softmax").click()
    tab.get_by_role("heading", name="softmax").wait_for()
    assert tab.locator(".mounted-walk").get_attribute("data-mine") == "here"
    assert "?at=softmax" in tab.evaluate("location.hash")
    tab.go_back()
    tab.get_by_role("heading", name="softmax").wait_for(state="detached")


@pytest.mark.slow
def test_neurons_show_the_pictures_that_light_them_up(studio_server, tab):
    model, data = studio_server.model("digits"), studio_server.data("digits")
    tab.goto(f"{studio_server.address}#/neurons?model={model}&data={data}")
    tab.wait_for_selector(".unit-list")
    tab.get_by_text("its filter: 3 × 3 weights").wait_for()
    tab.get_by_label("step").select_option("full_connection_1.relu")
    tab.locator("h2", has_text="Neuron").wait_for()
    told = studio_server.get(f"/api/models/{model}/neurons?data={data}")
    tab.locator(".unit-list button:has(span.quiet:text-is('5'))").click()
    tab.get_by_role("heading", name="Neuron 5").wait_for()
    unit = told["steps"][1]["units"][5]
    titles = tab.eval_on_selector_all(".brightest .number", "all => all.map(one => one.title)")
    np.testing.assert_allclose([number(title) for title in titles], unit["values"], rtol=1e-6)
    tab.locator(".brightest a").first.click()
    tab.wait_for_url(f"**/#/walk/{model}/data.{data}.{unit['places'][0]}")
    tab.wait_for_selector(".ribbon")


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_wrong(audit, browser, studio_server, theme):
    model, data = studio_server.model("digits"), studio_server.data("digits")
    opened = browser.new_page(color_scheme=theme, bypass_csp=True)
    opened.set_default_timeout(LONG)
    places = {
        f"#/walk/{model}/data.{data}.{PLACE}": ".chooser",
        f"#/walk/{model}/data.{data}.{PLACE}?at=convolution_1": ".ribbon",
        f"#/walk/{model}/data.{data}.{PLACE}?at=why": ".neighbours li",
        f"#/walk/{model}/data.{data}.{PLACE}?at=full_connection_2:3": ".below table",
        f"#/neurons?model={model}&data={data}": ".unit-list",
    }
    for place, there in places.items():
        opened.goto(f"{studio_server.address}{place}")
        opened.wait_for_selector(there)
        for panel in opened.get_by_role("button", name="Change the network").all():
            panel.click()
        if there == ".chooser":
            opened.get_by_text("Choose a picture").click()
            opened.locator(".pad").click()
            opened.get_by_text("what the network sees").wait_for()
            opened.get_by_role("button", name="Use the camera").click()
            opened.locator(".bars").nth(1).wait_for()
        assert audit(opened, theme) == [], place
    opened.close()


@pytest.mark.slow
def test_the_arithmetic_begins_in_the_upper_part_of_a_laptops_screen(studio_server, tab):
    tab.set_viewport_size({"width": 1280, "height": 800})
    walk_of(studio_server, tab, "convolution_1")
    assert tab.locator(".panes").evaluate("one => one.getBoundingClientRect().top") < 260


@pytest.mark.slow
def test_a_gradient_on_backpropagation_and_a_step_with_a_rate_of_one_s_own(studio_server, tab, digits_model):
    model = load(digits_model).model
    pixels = np.asarray(open_source("digits").read(PLACE)).reshape(8, 8, 1)
    steps = forward(model, pixels)
    passed = backward(steps, model, gradient_at_logits(steps[-1].input, TrueClass(8), model.temperature))
    weight = passed["convolution_1"].at_parameters["convolution_1.weight"]
    place = tuple(int(part) for part in np.unravel_index(np.abs(weight).argmax(), weight.shape))
    picture = f"data.{studio_server.data('digits')}.{PLACE}"
    tab.goto(
        f"{studio_server.address}#/walk/{studio_server.model('digits')}/{picture}?at=convolution_1:{place[0]}.0.0"
        f"&way=back&of=weights&truth=8&weight=convolution_1.weight:{'.'.join(map(str, place))}"
    )
    shown = number(tab.locator(".gradient-line.output .number").get_attribute("title"))
    assert shown == pytest.approx(weight[place], rel=1e-5)
    tab.get_by_label("another learning rate").fill("0.03")
    tab.get_by_label("another learning rate").press("Enter")
    one = tab.locator(".descender").first
    one.get_by_label("learning rate", exact=True).get_by_role("button", name="0.03", exact=True).wait_for()
    one.get_by_role("button", name="step downhill").click()
    loss = float(one.locator("[data-loss]").get_attribute("data-loss"))
    changed = model.weights["convolution_1.weight"].astype(np.float64)
    changed[place] -= 0.03 * weight[place]
    moved = replace(model, weights={**model.weights, "convolution_1.weight": changed})
    logits = forward(moved, pixels)[-1].input
    assert loss == pytest.approx(loss_of_logits(logits, TrueClass(8), model.temperature), rel=1e-9)


@pytest.mark.slow
def test_a_weight_is_dragged_beside_the_maps(studio, tab):
    tab.set_viewport_size({"width": 1280, "height": 800})
    walk_of(studio, tab, f"convolution_1:{MAP}.{ROW}.{COLUMN}")
    tab.get_by_text("Change the network").click()
    panel, output = (tab.locator(part).bounding_box() for part in (".edit-panel", ".output-pane .board"))
    assert output["x"] + output["width"] <= panel["x"]
    assert output["y"] + output["height"] <= 800
    field = tab.get_by_label("weight (0, 2)")
    before = float(field.input_value())
    box = field.bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tab.mouse.move(*middle)
    tab.mouse.down()
    tab.mouse.move(middle[0], middle[1] - 60, steps=4)
    tab.mouse.up()
    tab.get_by_text("1 change,").wait_for()
    (edit,) = studio.get(f"/api/models/{studio.model('digits')}/edits")["edits"]
    assert edit["value"] > before
    assert float(tab.get_by_label("weight (0, 2)").input_value()) == pytest.approx(edit["value"])


@pytest.mark.slow
def test_rooms_open_on_pictures_whose_classes_the_model_knows(start_studio, tab, digits_model, tmp_path):
    for label in ("cat", "dog"):
        (tmp_path / "pets" / label).mkdir(parents=True)
        for index in range(5):
            Image.new("L", (8, 8), 20 * index).save(tmp_path / "pets" / label / f"{index}.png")
    studio = start_studio(digits_model, "--data", tmp_path / "pets")
    tab.goto(f"{studio.address}#/neurons")
    tab.wait_for_selector(".unit-list")
    chosen = tab.eval_on_selector_all(".choices option:checked", "all => all.map(one => one.textContent)")
    assert chosen == ["digits", "digits", "test pictures"]  # model, pictures, split
    tab.goto(f"{studio.address}#/walk")
    tab.wait_for_url(f"**/data.{studio.data('digits')}.*")
