"""Every request for a prediction is answered by the endpoint, in any form of its URL."""

import json

import pytest

from convscope.errors import RequestError
from convscope.serving.predict_endpoint import top_of

from .conftest import png

PATH = "/models/tone/predict"


@pytest.mark.parametrize(
    ("query", "top"),
    [(b"", 5), (b"top=1", 1), (b"top=1000", 1000), (b"top=02", 2), (b"top=1&top=2", 2), (b"other=1", 5)],
)
def test_top_is_read_from_the_query(query, top):
    assert top_of(query) == top


@pytest.mark.parametrize(
    "query",
    [b"top=", b"top=0", b"top=1001", b"top=-1", b"top=1.5", b"top=many", b"top=%B2", b"top=" + b"9" * 5000],
)
def test_a_top_that_is_no_number_in_range_is_refused(query):
    with pytest.raises(RequestError, match="top is invalid") as caught:
        top_of(query)
    assert caught.value.status == 422


@pytest.mark.parametrize(
    "path",
    ["/models/%74one/predict", "/models/tone/predict?top=02", "/models/tone/predict?a=%FF"],
)
def test_the_same_request_in_other_words_is_answered_the_same(served, path):
    plain = served.ask("POST", PATH, png(10), content_type="image/png")
    status, _, body = served.ask("POST", path, png(10), content_type="image/png")
    assert status == plain[0] == 200
    assert json.loads(body)["predictions"][0]["score"] == json.loads(plain[2])["predictions"][0]["score"]


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
def test_other_methods_are_refused_and_named(served, method):
    status, headers, body = served.ask(method, PATH)
    assert (status, headers["allow"]) == (405, "POST")
    assert json.loads(body)["status"] == 405


@pytest.mark.parametrize("path", [f"{PATH}/", "/models/a/b/predict", "/models//predict"])
def test_other_paths_are_no_predictions(served, path):
    assert served.ask("POST", path, png(10), content_type="image/png")[0] == 404


def test_predictions_are_counted_by_route_and_status(served):
    def count():
        lines = served.ask("GET", "/metrics")[2].decode().splitlines()
        start = 'convscope_requests_total{route="POST /models/{name}/predict",status="422"} '
        return sum(float(line.removeprefix(start)) for line in lines if line.startswith(start))

    before = count()
    served.ask("POST", PATH, b"no picture", content_type="image/png")
    assert count() == before + 1
