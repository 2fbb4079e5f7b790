"""The notifications that every page follows, and edits that every tab shows."""

import asyncio
import http.client
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import BaseModel

from convscope.studio.notifications import announce

LONG = 120_000
"""Timeout in milliseconds, for a busy machine."""
KERNEL = {"kind": "filter", "step": "convolution_1", "filter": 0, "kernel": "sharpen"}


class Where(BaseModel):
    at: int


def test_revisions_are_announced_at_once_and_at_every_change():
    stands = iter([1, 1, 2, 2, 2, 3])
    seen = []

    def look():
        seen.append(next(stands))
        return Where(at=seen[-1])

    async def follow():
        return [frame async for frame in announce(look, lambda: len(seen) == 6)]

    with ThreadPoolExecutor(1) as beside:  # an open browser has its own event loop here
        told = beside.submit(lambda: asyncio.run(follow())).result()
    assert told == [b'data: {"at":%d}\n\n' % at for at in (1, 2, 3)]


@pytest.mark.slow
def test_an_edit_is_announced_over_a_socket(start_studio, digits_model):
    studio = start_studio(digits_model)
    model = studio.model("digits")
    connection = http.client.HTTPConnection("127.0.0.1", studio.port, timeout=60)
    connection.request("GET", "/api/revisions")
    answer = connection.getresponse()
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert json.loads(answer.readline().removeprefix(b"data: ")) == {"runs": {}, "edits": {}}
    assert answer.readline() == b"\n"
    studio.post(f"/api/models/{model}/edits", KERNEL)
    told = json.loads(answer.readline().removeprefix(b"data: "))
    assert list(told["edits"]) == [model]
    connection.close()


@pytest.mark.slow
def test_eight_tabs_see_an_edit_that_one_of_them_makes(browser, start_studio, digits_model):
    studio = start_studio(digits_model)
    place = f"#/walk/{studio.model('digits')}/data.{studio.data('digits')}.5?at=convolution_1"
    window = browser.new_context()  # its tabs share one pool of about six connections
    tabs = [window.new_page() for _ in range(8)]
    for tab in tabs:
        tab.set_default_timeout(LONG)
        tab.goto(f"{studio.address}{place}")
        tab.get_by_text("No changes yet").wait_for(state="attached")
    first = tabs[-1]
    first.get_by_text("Change the network").click()
    first.get_by_role("button", name="sharpen").click()
    for tab in tabs:
        tab.get_by_text("1 change,").wait_for()
        tab.wait_for_selector("[data-walked]")
        assert tab.get_by_label("weight (1, 1)").input_value() == "5"
    tabs[0].get_by_role("button", name="Undo").click()
    for tab in tabs:
        tab.get_by_text("No changes yet").wait_for()
    window.close()
