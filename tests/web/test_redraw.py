"""Redrawing during use: focus, entered text and expanded sections are preserved."""

import pytest

DRAW = """async (draw) => {
  const { redraw } = await import("convscope/kit/redraw.js");
  const { element } = await import("convscope/kit/dom.js");
  const root = document.querySelector("#part") ?? element("div", { id: "part" });
  if (!root.isConnected) document.body.append(root);
  redraw(root, () => [
    element("button", { type: "button", "data-draw": draw }, "Undo"),
    element("label", {}, "Name ", element("input", { type: "text", value: "a" })),
    element("details", {}, element("summary", {}, "More"), element("p", {}, String(draw))),
  ]);
}"""


@pytest.fixture
def tab(smiley):
    smiley.go("")
    smiley.tab.evaluate(DRAW, 1)
    return smiley.tab


def drawing(tab):
    return int(tab.locator("#part button").get_attribute("data-draw"))


def test_the_keyboard_stays_at_the_control_of_the_same_name(tab):
    tab.locator("#part button").focus()
    tab.evaluate(DRAW, 2)
    assert tab.evaluate("document.activeElement.dataset.draw") == "2"


def test_what_is_unfolded_stays_so(tab):
    tab.locator("#part summary").click()
    tab.evaluate(DRAW, 2)
    assert tab.locator("#part p").is_visible()


def test_nothing_is_drawn_under_somebody_who_writes_and_what_was_written_stays(tab):
    tab.get_by_label("Name").focus()
    tab.keyboard.press("End")
    tab.keyboard.type("bc")
    tab.evaluate(DRAW, 2)
    tab.evaluate(DRAW, 3)
    assert drawing(tab) == 1
    tab.keyboard.press("Tab")
    tab.wait_for_selector("#part button[data-draw='3']")
    assert tab.get_by_label("Name").input_value() == "abc"
