"""Stories in a real browser: a planted wrong label, two models, the loss bench, a lesson."""

import csv
import dataclasses
import math
from pathlib import Path

import pytest
from PIL import Image

import convscope
from convscope.model.file import save
from convscope.pictures.sources import open_source
from convscope.studio.lesson import by_hand, shifting
from convscope.studio.lesson.course import PAGES
from convscope.studio.lesson.learning import illustration
from convscope.studio.lesson.material import own_material

LONG = 240_000
"""Timeout in milliseconds, for a busy machine."""

pytestmark = pytest.mark.slow


@pytest.fixture
def tab(tab):
    tab.set_default_timeout(LONG)
    return tab


@pytest.fixture
def planted(tmp_path):
    """A hundred zeros, threes, sixes and nines as files; an obvious 0 is among the sixes."""
    source = open_source("digits")
    some = [(place, item) for place, item in enumerate(source.items[:300]) if item.label in "0369"]
    for place, item in some:
        folder = tmp_path / "planted" / ("6" if place == 126 else item.label)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(source.pictures[place]).save(folder / f"{place}.png")
    return tmp_path / "planted"


@pytest.mark.timeout(600)
def test_a_planted_label_is_found_and_corrected_in_a_list_of_its_own(
    start_studio, digits_model, planted, tab
):
    studio = start_studio(digits_model, "--data", planted)
    tab.goto(f"{studio.address}#/mistakes?part=all")
    tab.get_by_role("link", name="1 of 6 predicted as 0").click()
    tab.get_by_role("heading", name="6 predicted as 0: 1 picture").wait_for()
    tab.get_by_role("link", name="Probably mislabelled").click()
    tab.get_by_role("button", name="Find mislabelled pictures").click()
    tab.reload()  # the search continues without the page
    accept = tab.get_by_role("button", name="6/126.png as 0")
    accept.click()
    tab.get_by_text("1 picture relabelled in planted-corrected").wait_for()
    (manifest,) = (studio.home / "data").glob("planted-corrected-*.csv")
    with manifest.open(newline="") as file:
        rows = {Path(row["path"]).name: row["label"] for row in csv.DictReader(file)}
    assert rows["126.png"] == "0"
    assert len(rows) == len([*planted.rglob("*.png")]) > 100
    assert (planted / "6" / "126.png").exists()
    tab.locator(".picture a").first.click()
    tab.wait_for_url("**/#/walk/**")


def test_two_models_are_compared(start_studio, digits_model, brightness, tab, tmp_path):
    """The models with the same classes are compared, although another one comes first."""
    save(brightness, tmp_path / "bright.safetensors")
    convscope.train("digits", network="4C3-MP2-8N", epochs=1, seed=1).save(tmp_path / "hasty.safetensors")
    studio = start_studio(tmp_path / "bright.safetensors", digits_model, tmp_path / "hasty.safetensors")
    tab.goto(f"{studio.address}#/compare")
    tab.get_by_text("McNemar's exact test").wait_for()
    first, second = studio.model("digits"), studio.model("hasty")
    found = studio.get(f"/api/comparison?first={first}&second={second}&data={studio.data('digits')}")
    assert f"{found['only_first']:,}" in tab.locator("table.figures").inner_text()
    tab.get_by_label("show").select_option("first")
    tab.get_by_text(f"only the first is correct ({found['only_first']:,})").wait_for(state="attached")
    tab.locator(".picture a").first.click()
    tab.wait_for_url("**/#/walk/**")


def test_neurons_are_listed_by_layer_whatever_its_activation(start_studio, make_model, tab, tmp_path):
    model = make_model("4C3r6-MP2-(D3)+-5Nl", (1, 8, 8), classes=10)
    names = tuple("0123456789")
    save(dataclasses.replace(model, classes=names), tmp_path / "mixed.safetensors")
    studio = start_studio(tmp_path / "mixed.safetensors")
    tab.goto(f"{studio.address}#/neurons")
    step = tab.get_by_label("Step")
    step.wait_for()
    assert step.locator("option").all_inner_texts()[:2] == [
        "convolution 1: 4 filters",
        "depthwise convolution 1: 4 filters",
    ]


@pytest.mark.timeout(600)
def test_the_loss_bench_is_trained_once_and_kept(start_studio, tab):
    studio = start_studio()
    tab.goto(f"{studio.address}#/losses")
    tab.get_by_role("button", name="Train the four networks").click()
    tab.get_by_text("Training the four networks;").wait_for()
    tab.get_by_label("network 1, picture 3").focus()  # it needs no training
    tab.keyboard.press("Home")
    assert "p0=0.90%200.10%200.01" in tab.evaluate("location.hash")
    tab.get_by_text("From a confidently wrong start").wait_for()
    assert tab.get_by_label("network 1, picture 3").evaluate("one => one === document.activeElement")
    tab.reload()
    tab.get_by_text("From a confidently wrong start").wait_for()
    assert tab.get_by_label("network 1, picture 3").input_value() == "0.01"


def test_a_lesson_is_answered_wrong_then_right(start_studio, tab):
    """With the keyboard only, and without any model: the lesson has its own."""
    studio = start_studio()
    tab.goto(f"{studio.address}#/lesson")
    tab.get_by_role("link", name="Convolution", exact=True).focus()
    tab.keyboard.press("Enter")
    question = tab.locator("form.question").first
    answer = question.get_by_label("your answer")
    answer.focus()
    tab.keyboard.type("7")
    tab.keyboard.press("Enter")
    question.get_by_text("Not yet.").wait_for()
    assert "Mind the signs" not in question.inner_text()
    window = by_hand.window_at(3, 1)
    answer.fill(f"{(window * abs(by_hand.LINE_FILTER)).sum():g}")
    tab.keyboard.press("Enter")
    question.get_by_text("Mind the signs").wait_for()
    assert "= −1" not in question.inner_text()
    answer.fill("-1")
    tab.keyboard.press("Enter")
    question.get_by_text("Correct.").wait_for()
    questions = sum(len(page.questions(own_material())) for page in PAGES.values())
    tab.get_by_text(f"1 of {questions} answered").wait_for()
    tab.goto(f"{studio.address}#/lesson")
    tab.get_by_text("1 of 5 answered").wait_for()
    tab.get_by_role("button", name="Start over").click()
    tab.get_by_text("1 of 5 answered").wait_for(state="detached")


def test_a_number_that_is_asked_for_is_hidden_until_it_was_answered(start_studio, tab):
    tab.goto(f"{start_studio().address}#/lesson/softmax")
    tab.locator(".exhibit .veiled").first.wait_for()
    own = own_material()
    share, supposed = own.probabilities[own.truth], int(own.logits.argsort()[-2])
    assert f"{share:.3g}" not in tab.locator(".exhibit").inner_text()
    assert f"{100 * share:.1f} %" not in tab.locator(".exhibit").inner_text()
    question = tab.locator("form.question").first
    question.get_by_label("your answer").fill(f"{share:.4f}")
    tab.keyboard.press("Enter")
    question.get_by_text("Correct.").wait_for()
    assert f"{100 * share:.1f} %" in tab.locator(".exhibit").inner_text()
    other = own.model.classes[supposed]
    tab.locator(".exhibit").get_by_role("button", name=other).last.click()
    tab.get_by_text("−ln(").first.wait_for()
    assert f"{-math.log(own.probabilities[supposed]):.3g}" not in tab.locator(".exhibit").inner_text()


def test_pointing_at_a_cell_of_a_lesson_shows_its_window(studio_server, tab):
    tab.goto(f"{studio_server.address}#/lesson/convolution")
    board = tab.locator(".output-pane .board").first
    board.wait_for()
    before = tab.locator(".middle-pane").inner_text()
    board.hover(position={"x": 20, "y": 20})
    tab.wait_for_function("before => document.querySelector('.middle-pane').innerText !== before", arg=before)


def test_a_picture_is_moved_and_pooling_calms_the_change(studio_server, tab):
    tab.goto(f"{studio_server.address}#/lesson/pooling")
    tab.get_by_label("columns that the picture has moved by").focus()
    tab.keyboard.press("ArrowRight")
    by_one = shifting.illustration(own_material()).shifts[1]
    for when, change in (("before", by_one.changed_before), ("after", by_one.changed_after)):
        tab.get_by_text(f"{when} pooling: {100 * change:.1f} %").wait_for()


def test_a_lesson_shows_a_weight_going_downhill_and_ends(studio_server, tab):
    tab.goto(f"{studio_server.address}#/lesson/learning")
    descents = illustration(own_material()).curve.descents
    for number, descent in enumerate(descents):
        tab.get_by_role("group", name="learning rate").get_by_role("button").nth(number).click()
        tab.get_by_role("button", name="step downhill").click()
        shown = float(tab.locator("[data-loss]").get_attribute("data-loss"))
        assert shown == pytest.approx(descent.losses[1])
        tab.get_by_role("button", name="back").click()
    tab.get_by_role("link", name="Next: Overfitting").click()
    tab.get_by_role("heading", name="Three runs").wait_for()
    tab.get_by_role("link", name="To the end").click()
    tab.get_by_role("heading", name="What to remember").wait_for()


def test_a_lesson_is_given_on_any_picture(studio_server, tab):
    model = studio_server.model("digits")
    tab.goto(f"{studio_server.address}#/lesson/image?model={model}")
    tab.get_by_text("Choose a picture").click()
    tab.get_by_role("button", name=", 7").first.click()
    tab.wait_for_url("**picture=data.*")
    tab.get_by_text("Choose a picture").click()
    tab.locator(".pad").click()
    tab.get_by_role("button", name="Walk through this drawing").click()
    tab.wait_for_url("**picture=sent.*")
    tab.locator(".exhibit canvas").first.wait_for()
    tab.get_by_role("link", name="Full walk").click()
    tab.wait_for_url(f"**/#/walk/{model}/sent.*")
    tab.wait_for_selector(".ribbon")


def test_what_was_chosen_keeps_the_keyboard_and_its_place_on_the_screen(studio_server, tab):
    tab.goto(f"{studio_server.address}#/mistakes?data={studio_server.data('digits')}")
    tab.wait_for_selector(".tile")
    tab.evaluate("scrollTo(0, 200)")
    before = tab.evaluate("scrollY")
    assert before > 0
    tab.get_by_role("link", name="Least certain").focus()
    tab.keyboard.press("Enter")
    tab.get_by_role("heading", name="Least certain").wait_for()
    assert tab.get_by_role("link", name="Least certain").evaluate("one => one === document.activeElement")
    assert tab.evaluate("scrollY") == before
    tab.locator("nav a", has_text="Neurons").focus()
    tab.keyboard.press("Enter")
    tab.get_by_role("heading", name="Neurons").wait_for()
    assert tab.locator("nav a", has_text="Neurons").evaluate("one => one === document.activeElement")
    assert tab.evaluate("scrollY") == 0


@pytest.mark.timeout(600)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(audit, studio_server, browser, theme):
    opened = browser.new_page(color_scheme=theme, bypass_csp=True)
    views = ["mistakes", "mistakes?list=suspects", "compare?flips=first", "losses", "lesson"]
    pages = [*views, *(f"lesson/{one}" for one in ("image", "convolution", "relu", "pooling", "flattening"))]
    found = []
    last = ("full-connection", "softmax", "learning", "overfitting", "end")
    under_way = requests_under_way(opened)
    opened.goto(studio_server.address)
    for view in [*pages, *(f"lesson/{one}" for one in last)]:
        opened.wait_for_selector("main h1")
        opened.eval_on_selector("main h1", "one => one.dataset.before = ''")  # from the previous view
        opened.goto(f"{studio_server.address}#/{view}")
        opened.wait_for_selector("main h1:not([data-before])")
        settle(opened, under_way)
        found += [(view, *wrong) for wrong in audit(opened, theme)]
    opened.close()
    assert found == []


def requests_under_way(opened):
    """The set of a page's pending requests."""
    under_way = set()

    def asked(request):
        under_way.add(request)

    def ended(request):
        under_way.discard(request)

    opened.on("request", asked)
    opened.on("requestfinished", ended)
    opened.on("requestfailed", ended)
    return under_way


def settle(opened, under_way):
    """Wait for half a second without requests, like `networkidle`, which only works once per document."""
    quiet = 0
    while quiet < 5:
        opened.wait_for_timeout(100)
        quiet = 0 if under_way else quiet + 1
