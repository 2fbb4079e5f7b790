"""A real browser and real walks."""

import re
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import pytest
from PIL import Image

from convscope.offline.page import page as offline_page
from convscope.walkthrough.loss_table import table
from convscope.walkthrough.outputs import outputs
from convscope.walkthrough.page import page as page_of
from convscope.walkthrough.smiley import CENTRE_NOTE, smiley_model, smiley_picture
from convscope.walkthrough.walk import Walk, walk

_POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")

_ANSWERS = """found => found.map(one => {
  const canvas = one.querySelector("canvas");
  const copy = canvas && new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
  copy?.drawImage(canvas, 0, 0);
  const cells = copy?.getImageData(0, 0, canvas.width, canvas.height).data;
  const rows = [...one.querySelectorAll("tbody tr")];
  return {
    name: one.querySelector("h2").textContent,
    text: one.textContent,
    seen: cells ? [...cells] : [],
    labels: rows.map(row => row.querySelector("th").textContent),
    shares: rows.map(row => row.querySelector("td").title),
  };
})"""


def read_number(text):
    """Read a number in the format of the pages.

    >>> read_number("−1.5×10⁻³"), read_number("12,000"), read_number("12.5 %")
    (-0.0015, 12000.0, 0.125)
    """
    plain = text.replace("\u00a0", "").replace("−", "-").replace(",", "").strip()
    if plain.endswith("%"):
        return float(plain.strip("%<> ")) / 100
    return float(re.sub(r"×10(.+)", lambda power: "e" + power[1].translate(_POWERS), plain))


def address_of(tab):
    """Return the address as the page has it now; `tab.url` hears of a change a moment later."""
    return tab.evaluate("location.href")


def go_to(tab, url):
    """Go to a URL like a link on the page, or reload the page if nothing would change."""
    now = address_of(tab)
    if now.partition("#")[0] == url.partition("#")[0] and now != url:
        tab.eval_on_selector("main h1", "one => one.dataset.before = ''")
        tab.goto(url)
        tab.wait_for_selector("main h1:not([data-before])")
    else:
        tab.goto("about:blank")
        tab.goto(url)
        tab.wait_for_selector("main h1")


@dataclass
class Opened:
    """A walk and the page that shows it."""

    walk: Walk
    tab: object
    url: str

    def go(self, fragment):
        go_to(self.tab, f"{self.url}{fragment}")

    @property
    def address(self):
        return address_of(self.tab)

    def numbers(self, selector):
        """Return the full value of every number that matches a selector."""
        titles = self.tab.eval_on_selector_all(selector, "found => found.map(one => one.title)")
        return [read_number(title) for title in titles]

    def texts(self, selector):
        return self.tab.eval_on_selector_all(selector, "found => found.map(one => one.textContent)")

    def step(self, name):
        (step,) = [step for step in self.walk.steps if step.name == name]
        return step

    def output(self, name):
        """Return the numbers of a step, from the walk."""
        return outputs(self.walk)[name]


@pytest.fixture(scope="session")
def number():
    return read_number


@pytest.fixture(scope="session")
def open_page(browser, tmp_path_factory):
    """Opens a document's page in a new tab; a script error fails the test."""
    folder = tmp_path_factory.mktemp("pages")

    def open_page(text, name, **settings):
        path = folder / f"{name}.html"
        path.write_text(text, encoding="utf-8")
        tab = browser.new_page(viewport={"width": 1280, "height": 900}, **settings)
        tab.errors = []
        tab.on("pageerror", lambda error: tab.errors.append(str(error)))
        tab.on("console", lambda said: tab.errors.append(said.text) if said.type == "error" else None)
        return tab, path.as_uri()

    return open_page


@pytest.fixture(scope="session")
def colour_walk(make_model):
    """A walk of a colour picture through a network with every kind of step, with random weights."""
    model = replace(make_model("4C3-MP2o-6C3p0-AP2-12N", (3, 13, 12), classes=4, seed=5), temperature=1.6)
    picture = np.random.default_rng(0).integers(0, 256, (13, 12, 3), np.uint8)
    return walk(
        model, Image.fromarray(picture), model_name="random", picture_name="noise", truth=model.classes[2]
    )


@pytest.fixture(scope="session")
def colour(open_page, colour_walk):
    tab, url = open_page(page_of(colour_walk.model_dump()), "colour")
    yield Opened(colour_walk, tab, url)
    assert tab.errors == []


@pytest.fixture(scope="session")
def deep_walk(make_model):
    """A walk through a small network with the building blocks of deep ones, with random weights."""
    model = make_model("6C3-(8C1r6-D3-6C1l)+-K-D3s2p0or6-9C1-5C1l-J", (3, 14, 12), classes=4, seed=3)
    picture = np.random.default_rng(1).integers(0, 256, (14, 12, 3), np.uint8)
    return walk(model, Image.fromarray(picture), picture_name="noise")


@pytest.fixture(scope="session")
def deep(open_page, deep_walk):
    tab, url = open_page(page_of(deep_walk.model_dump()), "deep")
    yield Opened(deep_walk, tab, url)
    assert tab.errors == []


@pytest.fixture(scope="session")
def smiley_walk():
    return walk(smiley_model(), smiley_picture(), picture_name="smiley", notes=(CENTRE_NOTE,))


@pytest.fixture(scope="session")
def smiley(open_page, smiley_walk):
    tab, url = open_page(page_of(smiley_walk.model_dump()), "smiley")
    yield Opened(smiley_walk, tab, url)
    assert tab.errors == []


@pytest.fixture(scope="session")
def bench():
    """The real table, with artificial curves, because the page only draws them."""
    run = {"steps": [0, 10, 20], "accuracy_fraction": [0.1, 0.5, 0.9], "gradient": [1.0, 0.5, 0.2]}
    runs = [
        {"loss": loss, "start": start, **run}
        for start in ("normal", "confidently_wrong")
        for loss in ("cross_entropy", "squared_error")
    ]
    settings = {"data": "digits", "network": "16C3-MP2-32N", "seed": 0, "epochs": 1, "batch": 32}
    counts = {"learning_rate": 0.05, "wrong_bias": 12.0, "training_pictures": 640, "test_pictures": 99}
    return {"format": 1, "table": table(), "experiment": {**settings, **counts, "seconds": 1.0, "runs": runs}}


@pytest.fixture
def use(open_page, number):
    """Opens a model's offline page; returns a function that passes files to it and reads its output."""

    @contextmanager
    def use(model, **settings):
        tab, url = open_page(offline_page(model, "model"), "offline", **settings)
        asked = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(url)
        size = (model.preparation.height, model.preparation.width, 4)

        def show(paths):
            before = tab.locator(".answers li").count()
            tab.set_input_files("input[type=file]", paths)
            tab.wait_for_selector(f".answers li:nth-child({before + len(paths)})", timeout=60_000)
            answers = tab.eval_on_selector_all(".answers li", _ANSWERS)[: len(paths)][::-1]
            for answer in answers:
                answer["shares"] = [number(text) for text in answer["shares"]]
                answer["seen"] = np.reshape(answer["seen"], size if answer["seen"] else -1)
            return answers

        show.tab = tab
        yield show
        assert tab.errors == []
        assert all(address.startswith(("file:", "blob:", "data:")) for address in asked)
        tab.close()

    return use
