"""The first page of the studio, in a real browser."""

from playwright.sync_api import expect

from convscope.playground.page import shapes_drawings, shapes_network

LONG = 120_000
"""Milliseconds that a busy machine may take."""
_DRAWN = """canvas => [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data]"""


def test_the_studio_opens_on_a_network_that_answers(studio_server, tab):
    tab.goto(studio_server.address)
    expect(tab.locator("h1")).to_have_text("Draw. A small network answers.", timeout=LONG)
    expect(tab.locator(".bars-now .best")).to_have_count(1)
    expect(tab.locator("nav a[aria-current]")).to_have_text("Playground")


def test_what_was_drawn_stays_while_one_is_in_another_room_or_theme(studio_server, tab):
    tab.goto(studio_server.address)
    pad = tab.locator(".drawing-pad canvas")
    tab.get_by_role("button", name="Clear").click(timeout=LONG)
    empty = pad.evaluate(_DRAWN)
    tab.locator(".drawing-pad").click(position={"x": 60, "y": 80})
    drawn = pad.evaluate(_DRAWN)
    assert drawn != empty
    tab.get_by_role("link", name="Lesson", exact=True).click()
    expect(tab.locator(".drawing-pad")).to_have_count(0)
    tab.get_by_role("link", name="Playground").click()
    assert pad.evaluate(_DRAWN) == drawn
    tab.locator("#theme").click()
    assert pad.evaluate(_DRAWN) == drawn


def test_it_learns_from_the_drawings_that_the_server_makes(studio_server, tab):
    tab.goto(studio_server.address)
    tab.get_by_role("button", name="Step", exact=True).click(timeout=LONG)
    expect(tab.locator(".when")).to_contain_text("step 1 ", timeout=LONG)


def test_its_rooms_are_one_click_away(studio_server, tab):
    tab.goto(studio_server.address)
    for room in ("lesson", "train", "record", "walk"):
        expect(tab.locator(f".rooms a[href$='#/{room}']")).to_have_count(1, timeout=LONG)


def test_the_documents_are_those_of_the_page(studio_server):
    assert studio_server.get("/api/playground")["count"] == shapes_network()["count"]
    found = studio_server.get("/api/playground/drawings")
    assert found["training"]["pixels"]["data"] == shapes_drawings()["training"]["pixels"]["data"]
