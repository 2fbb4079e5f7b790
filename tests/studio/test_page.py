"""Loading of pages, and their use without a pointer, in a real browser."""

import re

import pytest

LONG = 120_000
"""Timeout in milliseconds, for a busy machine."""
WHOLE = ".ribbon a[href*=invariance]"  # loaded with the rest of a walk, and everything is redrawn
MARK = """() => {
    const can = "a[href], button, input:not([type=radio]), select, summary, [tabindex='0']";
    const seen = [...document.querySelectorAll(can)].filter((one) => one.checkVisibility() && !one.disabled);
    for (const [n, one] of seen.entries()) one.dataset.n = n;
    return Object.fromEntries(seen.map((one) => [one.dataset.n, one.outerHTML.slice(0, 100)]));
}"""
WATCH = """() => {
    window.focused = [];
    document.addEventListener("keyup", () => {
        const { activeElement: one } = document;
        const shown = one.closest("label.button") ?? one;
        focused.push([one.dataset.n, getComputedStyle(shown).outlineStyle !== "none"]);
    }, true);
}"""


def test_all_modules_of_the_first_page_are_asked_for_at_once(studio_server, tab):
    _, _, frame = studio_server.ask("GET", "/")
    links = re.findall(r'rel="modulepreload" href="([^"]+)"', frame.decode())
    assert len(links) == len({*links}) > 20
    tab.goto(studio_server.address)
    tab.wait_for_selector(".bars-now .best")
    loaded = tab.evaluate("performance.getEntriesByType('resource').map(({name}) => new URL(name).pathname)")
    modules = {name for name in loaded if name.endswith(".js")}
    assert modules == {*links}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "there"),
    [
        ("playground", ".bars-now .best"),
        ("train", ".network-table"),
        ("record", ".class-card"),
        ("walk/{model}", WHOLE),
        ("walk/{model}/data.{data}.579?at=convolution_1:4.3.3", WHOLE),
        ("walk/{model}/data.{data}.579?at=why", WHOLE),
        ("mistakes?data={data}", ".tile"),
        ("neurons?model={model}&data={data}", ".unit-list"),
        ("compare?first={model}&second={model}", "select"),
        ("losses", "button"),
        ("lesson/convolution", ".exhibit canvas"),
    ],
)
def test_whatever_can_be_used_is_reached_with_the_tab_key(studio_server, tab, place, there):
    tab.set_default_timeout(LONG)
    ids = {"model": studio_server.model("digits"), "data": studio_server.data("digits")}
    tab.goto(f"{studio_server.address}#/{place.format(**ids)}")
    tab.wait_for_selector(there)
    tab.evaluate("document.querySelectorAll('main details').forEach((one) => (one.open = true))")
    tab.wait_for_timeout(500)
    tab.locator("body").evaluate("(body) => { body.tabIndex = -1; body.focus(); }")
    wanted = tab.evaluate(MARK)
    tab.evaluate(WATCH)
    presses = len(wanted) + 5
    for _ in range(presses):
        tab.keyboard.press("Tab")
    focused = tab.evaluate("focused")
    assert len(focused) == presses
    assert {wanted[n] for n, outlined in focused if n is not None and not outlined} == set()
    assert {wanted[n] for n in wanted.keys() - {n for n, _ in focused}} == set()
