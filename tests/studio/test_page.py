"""How the first page comes, in a real browser."""

import re


def test_all_modules_of_the_first_page_are_asked_for_at_once(studio_server, tab):
    _, _, frame = studio_server.ask("GET", "/")
    links = re.findall(r'rel="modulepreload" href="([^"]+)"', frame.decode())
    assert len(links) == len({*links}) > 20
    tab.goto(studio_server.address)
    tab.wait_for_selector(".network-table")
    loaded = tab.evaluate("performance.getEntriesByType('resource').map(({name}) => new URL(name).pathname)")
    modules = {name for name in loaded if name.endswith(".js")}
    assert modules - {*links} <= {"/studio/shared_stream.js", "/studio/stream.js"}  # a worker's
    assert {*links} <= modules
