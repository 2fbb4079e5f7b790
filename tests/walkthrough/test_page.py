"""The page as text: complete, inert and self-contained."""

import base64
import hashlib
import json
from html.parser import HTMLParser

import numpy as np
import pytest

from convscope.walkthrough.page import losses_page, page
from convscope.walkthrough.walk import walk
from convscope.web.modules import reachable

HOSTILE = '</script><script>alert("1")</script><img src=x onerror=alert(2)>&amp;"\'\u2028'


class Document(HTMLParser):
    """Collects what a browser would parse: every tag with its attributes, and the text of each script."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.scripts = [], []
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._inside = tag in {"script", "style"}
        if self._inside:
            self.scripts.append((tag, dict(attrs), ""))

    def handle_data(self, data):
        if self._inside:
            tag, attrs, text = self.scripts[-1]
            self.scripts[-1] = (tag, attrs, text + data)

    def handle_endtag(self, tag):  # noqa: ARG002, the parser names it
        self._inside = False


@pytest.fixture(scope="module")
def document(brightness):
    written = walk(brightness, np.zeros((8, 8), np.uint8), picture_name=HOSTILE)
    return written, Document(page(written.model_dump()))


def test_hostile_names_stay_text(document):
    written, parsed = document
    assert [tag for tag, _ in parsed.tags] == [
        *(
            "html",
            "head",
            "meta",
            "meta",
            "meta",
            "link",
            "title",
            "style",
            "script",
            "body",
            "div",
            "script",
            "script",
        )
    ]
    (data,) = [text for _, attrs, text in parsed.scripts if attrs.get("id") == "data"]
    assert json.loads(data) == written.model_dump()


def test_only_the_scripts_that_the_policy_names_may_run(document):
    _, parsed = document
    (policy,) = [attrs["content"] for _, attrs in parsed.tags if "http-equiv" in attrs]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in policy
    assert "http" not in policy
    for tag, attrs, text in parsed.scripts:
        if attrs.get("type") == "application/json":
            continue  # never executed
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in rules["style-src" if tag == "style" else "script-src"]


def test_the_import_map_holds_every_module_as_it_is_on_disk(document):
    _, parsed = document
    (text,) = [text for _, attrs, text in parsed.scripts if attrs.get("type") == "importmap"]
    imports = json.loads(text)["imports"]
    sources = reachable("walk/page.js")
    assert imports.keys() == {f"convscope/{name}" for name in sources}
    for name, url in imports.items():
        source = base64.b64decode(url.removeprefix("data:text/javascript;base64,"))
        assert source.decode() == sources[name.removeprefix("convscope/")]


def test_the_bench_is_inert_too():
    parsed = Document(losses_page({"table": {"classes": [HOSTILE]}}))
    assert sum(tag == "script" for tag, _ in parsed.tags) == 3
