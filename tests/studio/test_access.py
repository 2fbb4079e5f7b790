"""Access control of the studio, over a real socket."""

import json

import pytest


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


def test_the_studios_own_page_is_let_in(studio_server):
    own = f"http://127.0.0.1:{studio_server.port}"
    assert studio_server.ask("GET", "/api/data", origin=own)[0] == 200


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "PATCH", "OPTIONS"])
def test_a_request_that_changes_something_must_carry_the_header(studio_server, method):
    status, headers, answer = studio_server.ask(method, "/api/runs", b"{}", own=False)
    assert status == 403
    assert "X-Convscope" in json.loads(answer)["why"].title()
    assert not [name for name in headers if name.startswith("access-control")]


def test_every_answer_carries_the_policy(studio_server):
    for path in ("/", "/web/studio/studio.js", "/web/walk/walk.css", "/api/models", "/nothing"):
        _, headers, _ = studio_server.ask("GET", path)
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize(
    "path",
    ["/web/../api.py", "/web/%2e%2e/api.py", "/web//etc/passwd", "/web/..%2fpage.py", "/web/modules.py"],
)
def test_no_file_but_the_pages_can_be_read(studio_server, path):
    assert studio_server.ask("GET", path)[0] == 404


def test_where_a_token_is_required_nothing_gets_in_without_it(start_studio, tmp_path):
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
