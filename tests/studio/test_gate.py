"""Who may ask the studio, over a real socket."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ENDLESS_OR_LONG = {"/api/changes", "/api/losses"}


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example"},
    ],
)
def test_a_request_from_another_page_is_refused(studio_server, headers):
    for method in ("GET", "POST"):
        status, _, answer = studio_server.ask(method, "/api/data", b"{}", **headers)
        assert status in {403, 421}
        assert b"digits" not in answer


def test_the_page_itself_may_ask(studio_server):
    own = f"http://127.0.0.1:{studio_server.port}"
    assert studio_server.ask("GET", "/api/data", origin=own)[0] == 200


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "PATCH", "OPTIONS"])
def test_what_changes_something_has_to_carry_the_studios_header(studio_server, method):
    status, headers, answer = studio_server.ask(method, "/api/runs", b"{}", own=False)
    assert status == 403
    assert "X-Convscope" in json.loads(answer)["why"].title()
    assert not [name for name in headers if name.startswith("access-control")]


def test_every_answer_carries_the_policy(studio_server):
    for path in ("/", "/studio/studio.js", "/walkthrough/walk.css", "/api/models", "/nothing"):
        _, headers, _ = studio_server.ask("GET", path)
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize(
    "path", ["/studio/../app.py", "/studio/%2e%2e/app.py", "/studio//etc/passwd", "/walkthrough/..%2fpage.py"]
)
def test_no_file_is_reached_but_the_pages(studio_server, path):
    assert studio_server.ask("GET", path)[0] == 404


def test_where_a_token_is_wanted_only_who_knows_it_is_let_in(start_studio, tmp_path):
    (tmp_path / "token").write_text("correct;horse&battery\n")
    studio = start_studio("--token-file", tmp_path / "token")
    assert studio.address.endswith("/?token=correct%3Bhorse%26battery")
    assert studio.ask("GET", "/")[0] == 401
    assert studio.ask("GET", "/api/data")[0] == 401
    assert studio.ask("GET", "/?token=wrong-horse-battery")[0] == 401
    assert studio.ask("GET", "/api/data", cookie="convscope=wrong")[0] == 401
    status, headers, _ = studio.ask("GET", "/?token=correct%3Bhorse%26battery")
    assert (status, headers["location"]) == (303, "/")
    assert "HttpOnly; SameSite=Strict" in headers["set-cookie"]
    cookie = headers["set-cookie"].partition(";")[0]
    assert studio.ask("GET", "/", cookie=cookie)[0] == 200
    assert studio.ask("GET", "/api/data", authorization="Bearer correct;horse&battery")[0] == 200


def test_openapi_describes_every_address(studio_server):
    paths = studio_server.get("/openapi.json")["paths"]
    assert {"/api/runs", "/api/network", "/api/data/{data}", "/api/archives"} <= paths.keys()
    assert all(
        one.get("summary") and one.get("description") for path in paths.values() for one in path.values()
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=5), one, max_size=3),
    max_leaves=8,
)


@pytest.mark.slow
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_is_sent_to_an_address_of_openapi_no_answer_is_a_bug(studio_server, data):
    paths = studio_server.get("/openapi.json")["paths"]
    path = data.draw(st.sampled_from(sorted(paths.keys() - ENDLESS_OR_LONG)))
    method = data.draw(st.sampled_from(sorted(paths[path])))
    described = paths[path][method]
    address, query = path, []
    for one in described.get("parameters", []):
        value = data.draw(st.sampled_from(["digits", "0", "-1", "..", "<b>"]) | st.text(max_size=20))
        quoted = "".join(f"%{byte:02x}" for byte in value.encode(errors="replace")) or "%20"
        if one["in"] == "path":
            address = address.replace(f"{{{one['name']}}}", quoted)
        elif one["in"] == "query":
            query.append(f"{one['name']}={quoted}")
    body = json.dumps(data.draw(JSON)).encode() if method != "get" else b""
    status, _, answer = studio_server.ask(
        method.upper(), f"{address}?{'&'.join(query)}", body, content_type="application/json"
    )
    assert status < 500, answer
    assert b"Traceback" not in answer
