"""The loss bench: the page computes the same as the steps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convscope.steps import classification_error, cross_entropy, squared_error
from convscope.walkthrough.page import losses_page


@pytest.fixture(scope="module")
def tab(open_page, bench):
    opened, url = open_page(losses_page(bench), "losses")
    opened.goto(url)
    yield opened
    assert opened.errors == []


def titles(tab, selector):
    return tab.eval_on_selector_all(selector, "found => found.map(one => one.title)")


def test_the_table_is_the_one_of_the_bench(tab, bench, number):
    for place, network in enumerate(bench["table"]["networks"]):
        table = f".bench >> nth={place}"
        rows = tab.locator(table).locator("tbody tr")
        for row, picture in enumerate(network["pictures"]):
            shown = [
                number(one)
                for one in rows.nth(row).locator(".number").evaluate_all("f => f.map(o => o.title)")
            ]
            truth = picture["truth"]
            expected = [
                picture["cross_entropy"],
                picture["squared_error"],
                picture["classification_error"],
                picture["gradients"]["cross_entropy"][truth],
                picture["gradients"]["squared_error"][truth],
            ]
            np.testing.assert_allclose(shown, expected, rtol=1e-8)
        means = tab.locator(table).locator("tfoot .number").evaluate_all("f => f.map(o => o.title)")
        expected = [network["cross_entropy"], network["squared_error"], network["classification_error"]]
        np.testing.assert_allclose([number(one) for one in means], expected, rtol=1e-8)


def test_a_dragged_probability_changes_its_row_the_mean_and_the_address(tab, number):
    slider = tab.get_by_label("network 1, picture 3")
    before = number(titles(tab, ".bench tfoot .number")[0])
    slider.focus()
    tab.keyboard.press("Home")
    after = number(titles(tab, ".bench tfoot .number")[0])
    assert after == pytest.approx((2 * -np.log(0.9) - np.log(0.01)) / 3)
    assert after > before
    assert "p0=0.90%200.10%200.01" in tab.evaluate("location.hash")
    assert slider.evaluate("one => one === document.activeElement")  # the next key is for it, too
    tab.reload()
    assert number(titles(tab, ".bench tfoot .number")[0]) == pytest.approx(after)


probabilities = st.lists(st.floats(0.001, 1), min_size=2, max_size=5).map(
    lambda some: np.array(some) / sum(some)
)


@settings(max_examples=20)
@given(probabilities, st.data())
def test_formulas_and_gradients_are_those_of_the_steps(tab, p, data):
    truth = data.draw(st.integers(0, len(p) - 1))
    found = tab.evaluate(
        """async ([p, truth]) => {
          const of = await import("convscope/losses/formulas.js");
          return [of.crossEntropy, of.squaredError, of.classificationError, of.crossEntropyGradient,
            of.squaredErrorGradient].map((one) => one(p, truth));
        }""",
        [p.tolist(), truth],
    )
    logits = np.log(p)
    expected = [loss.forward(logits, truth) for loss in (cross_entropy, squared_error)]
    np.testing.assert_allclose(found[:2], expected, rtol=1e-6, atol=1e-9)
    assert found[2] == classification_error.forward(logits, truth) or len(set(p)) < len(p)
    for shown, loss in zip(found[3:], (cross_entropy, squared_error), strict=True):
        np.testing.assert_allclose(shown, loss.gradient(logits, truth), rtol=1e-6, atol=1e-9)


def test_a_surely_wrong_network_is_told_almost_nothing_by_squared_error(tab, number):
    p = number(tab.locator("section strong").first.get_attribute("title"))
    slope, flat = (
        number(title) for title in titles(tab, "section .figures:not(.bench) td:nth-child(3) .number")
    )
    assert slope == pytest.approx(p - 1)
    assert flat == pytest.approx(-4 * p * (1 - p) ** 2, rel=1e-6)
    assert f"{slope / flat:.3g}" == f"{1 / (4 * p * (1 - p)):.3g}"


def test_every_run_of_the_experiment_is_drawn(tab, bench):
    drawn = tab.locator("section:last-of-type .chart path.curve")
    assert drawn.count() == 2 * len(bench["experiment"]["runs"])
    assert "cross-entropy ends at 90.0 %; squared error ends at 90.0 %." in tab.inner_text("main")
