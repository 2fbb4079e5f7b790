"""Requests for missing things, over a real socket."""

import pytest


@pytest.fixture(scope="module")
def of(studio_server):
    return {"model": studio_server.model("digits"), "data": studio_server.data("digits")}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/models/{model}/mistakes?data=elsewhere", 404),
        ("GET", "/api/models/..%2F..%2Fetc/mistakes?data={data}", 404),
        ("GET", "/api/models/{model}/mistakes?data={data}&part=some", 422),
        ("GET", "/api/models/{model}/mistakes/cell?data={data}&truth=-1&predicted=0", 422),
        ("GET", "/api/comparison?first={model}&second=elsewhere&data={data}", 404),
        ("GET", "/api/lesson/<script>", 404),
        ("GET", "/api/lesson/relu/questions?model={model}&picture=data.{data}.99999", 404),
        ("GET", "/api/lesson/relu/walk?model={model}{model}{model}", 422),
        ("GET", "/api/data/elsewhere/suspects", 404),
    ],
)
def test_what_is_not_there_is_reported_as_a_problem(studio_server, of, method, path, status):
    found, headers, body = studio_server.ask(method, path.format(**of))
    assert found == status, body
    assert headers["content-type"] == "application/problem+json"
    assert b"<script>" not in body or headers["x-content-type-options"] == "nosniff"
