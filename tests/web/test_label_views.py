"""The page of a walk with several labels: all numbers of sigmoid and loss match the document."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from convscope.walkthrough.page import page as page_of
from convscope.walkthrough.walk import walk

from .conftest import Opened

CLOSE = {"rtol": 1e-8, "atol": 1e-9}  # nine digits
TEMPERATURE = 1.6


@pytest.fixture(scope="module")
def opened(open_page, make_model):
    model = make_model("4C3-MP2-12N", (3, 12, 12), classes=4, seed=5, thresholds=(0.5, 0.2, 0.9, 0.4))
    pixels = np.random.default_rng(0).integers(0, 256, (12, 12, 3), np.uint8)
    found = walk(
        replace(model, temperature=TEMPERATURE),
        Image.fromarray(pixels),
        picture_name="noise",
        truth="class 0;class 2",
        gradients=True,
    )
    tab, url = open_page(page_of(found.model_dump()), "labels")
    yield Opened(found, tab, url)
    assert tab.errors == []


def table(opened, selector):
    """Return the full values of a table's body, by row."""
    rows = opened.tab.query_selector_all(f"{selector} tbody tr")
    return [[cell.get_attribute("title") for cell in row.query_selector_all(".number")] for row in rows]


def test_every_label_has_its_arithmetic_and_threshold(opened, number):
    opened.go("#at=sigmoid")
    step, labels = opened.step("sigmoid"), opened.walk.labels
    order = np.argsort([-logit for logit in step.logits], kind="stable")
    rows = table(opened, ".middle-pane .figures")
    shown = np.array([[number(text) for text in row] for row in rows])
    expected = np.array([step.logits, step.exponentials, step.output, labels.thresholds]).T[order]
    np.testing.assert_allclose(shown, expected, **CLOSE)
    np.testing.assert_allclose(1 / (1 + shown[:, 1]), shown[:, 2], **CLOSE)


def test_the_labels_found_are_bold_and_the_others_are_not(opened):
    opened.go("#at=sigmoid")
    bold = opened.texts(".output-pane .bars tr.answered th")
    assert sorted(bold) == [opened.walk.classes[label] for label in opened.walk.labels.answer]
    assert len(opened.texts(".output-pane .bars .mark")) == 4
    answer = opened.tab.inner_text(".top .answer")
    assert all(opened.walk.classes[label] in answer for label in opened.walk.labels.answer)


def test_the_points_lie_on_the_curve_at_their_logits(opened):
    opened.go("#at=sigmoid")
    step = opened.step("sigmoid")
    left, top, width, height = opened.tab.eval_on_selector(
        ".sigmoid-curve .axis", "one => (box => [box.x, box.y, box.width, box.height])(one.getBBox())"
    )
    points = opened.tab.eval_on_selector_all(
        ".sigmoid-curve circle", "found => found.map(one => [one.cx.baseVal.value, one.cy.baseVal.value])"
    )
    low, high = step.curve.logits[0], step.curve.logits[-1]
    order = np.argsort([-logit for logit in step.logits], kind="stable")
    drawn = np.array(points) - [left, top]
    logits = low + drawn[:, 0] / width * (high - low)
    np.testing.assert_allclose(logits, np.array(step.logits)[order], atol=1e-3)
    np.testing.assert_allclose(1 - drawn[:, 1] / height, np.array(step.output)[order], atol=1e-3)


def test_softmax_of_the_same_logits_stands_beside(opened, number):
    opened.go("#at=sigmoid")
    step = opened.step("sigmoid")
    order = np.argsort([-logit for logit in step.logits], kind="stable")
    (section,) = [
        one for one in opened.tab.query_selector_all("section") if "not softmax" in one.inner_text()
    ]
    shown = [number(one.get_attribute("title")) for one in section.query_selector_all(".number")]
    *rows, sigmoids, softmaxes = shown
    np.testing.assert_allclose(
        np.reshape(rows, (4, 2)), np.array([step.output, step.softmax]).T[order], **CLOSE
    )
    assert (sigmoids, softmaxes) == pytest.approx((sum(step.output), 1))


def test_the_loss_is_that_of_the_true_labels_and_a_tick_changes_one_part(opened, number):
    opened.go("#at=loss:1")
    labels = opened.step("loss").labels

    def expected(there):
        costs = [one.present if one.label in there else one.absent for one in labels]
        return [[one.cross_entropy, one.squared_error] for one in costs]

    def parts():
        rows = table(opened, ".middle-pane .figures")
        return np.array([[number(text) for text in row[1:]] for row in rows])

    np.testing.assert_allclose(parts(), expected({0, 2}), **CLOSE)
    total = opened.tab.get_attribute(".middle-pane tfoot .number", "title")
    assert number(total) == pytest.approx(sum(row[0] for row in expected({0, 2})))
    assert number(total) == pytest.approx(opened.walk.backward.passes[0].loss, rel=1e-6)
    opened.tab.get_by_label("class 1 is present").check()
    np.testing.assert_allclose(parts(), expected({0, 1, 2}), **CLOSE)
    assert "present=0.1.2" in opened.address
    for label in (0, 1, 2):
        opened.tab.get_by_label(f"class {label} is present").uncheck()
    np.testing.assert_allclose(parts(), expected(set()), **CLOSE)
    assert "none of the labels" in opened.tab.inner_text(".input-pane")


def test_gradients_are_probability_minus_target_and_those_of_squared_error(opened, number):
    opened.go("#at=loss")
    labels = opened.step("loss").labels
    shown = np.array([[number(text) for text in row] for row in table(opened, ".output-pane .figures")])
    costs = [one.present if one.label in {0, 2} else one.absent for one in labels]
    np.testing.assert_allclose(shown, [[one.gradient, one.squared_gradient] for one in costs], **CLOSE)
    p = np.array(opened.walk.probabilities)
    wrong = p - [1, 0, 1, 0]
    np.testing.assert_allclose(shown, np.array([wrong, 2 * wrong * p * (1 - p)]).T, **CLOSE)


def test_backpropagation_begins_at_each_label_for_a_set_of_labels(opened, number):
    opened.go("#at=sigmoid&way=back")
    p = np.array(opened.walk.probabilities)
    order = np.argsort(-p, kind="stable")
    for truth in (0, 1):
        if truth:
            opened.tab.get_by_label("if it shows").select_option(str(truth))
        there = np.isin(np.arange(4), opened.walk.labels.sets[truth])
        shown = np.array([[number(text) for text in row] for row in table(opened, ".middle-pane .figures")])
        np.testing.assert_allclose(shown, np.array([p, p - there]).T[order], **CLOSE)
        loss = number(opened.tab.get_attribute(".middle-pane .equation .number", "title"))
        assert loss == pytest.approx(opened.walk.backward.passes[truth].loss, rel=1e-6)


def test_each_label_has_maps_of_its_own(opened, number):
    for label, name in enumerate(opened.walk.classes):
        opened.go(f"#at=why&class={label}")
        title = opened.texts("h2")
        assert any(name in one and "Occlusion" in one for one in title)
        covered = opened.walk.why.occlusion.classes[label].map.values()
        *_, readout = opened.texts(".readout")
        np.testing.assert_allclose(number(readout.split(": ")[1]), covered.max(), rtol=1e-5, atol=1e-6)


def test_overview_names_the_labels_and_the_whole_loss(opened):
    opened.go("#at=overview")
    text = opened.tab.inner_text("main")
    assert "binary cross-entropy" in text
    assert "for the true labels, class 0, class 2" in text
