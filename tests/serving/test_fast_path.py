"""The short way and the long way to a prediction lead to the same answer."""

import json

import pytest

from convscope.serving.fast_path import _wanted

from .conftest import png

PATH = "/models/tone/predict"


def asked(path, query=b"", **other):
    return _wanted({"type": "http", "method": "POST", "path": path, "query_string": query, **other})


def test_the_usual_forms_take_the_short_way():
    assert asked(PATH) == ("tone", 5)
    assert asked(PATH, b"top=999") == ("tone", 999)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (PATH, b"top=0"), (PATH, b"top=1000"), (PATH, b"top=02"), (PATH, b"top=1&top=2"), (PATH, b"other=1"),
        (PATH, b"top=1\n"), (f"{PATH}/", b""), (f"{PATH}\n", b""), ("/models/a/b/predict", b""),
        ("/models//predict", b""), ("/models/ä/predict", b""), (f"/models/{'a' * 65}/predict", b""),
    ],
)  # fmt: skip
def test_all_else_is_left_to_the_application(path, query):
    assert asked(path, query) is None


def test_other_methods_and_protocols_are_left_to_the_application():
    assert asked(PATH, method="GET") is None
    assert asked(PATH, type="lifespan") is None


@pytest.mark.parametrize("body", [png(10), b"no picture"])
def test_both_ways_answer_alike_and_are_counted_alike(served, body):
    ways = [
        served.ask("POST", PATH + query, body, content_type="image/png") for query in ("?top=2", "?top=02")
    ]
    (short, _, told), (long, _, told_too) = ways
    assert short == long
    assert json.loads(told) == json.loads(told_too)
    counts = [
        line for line in served.ask("GET", "/metrics")[2].decode().splitlines() if f'status="{short}"' in line
    ]
    assert any('route="POST /models/{name}/predict"' in line and line.endswith(" 2") for line in counts)
