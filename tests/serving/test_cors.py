"""Pages from other origins may use the service if they are named, and otherwise not."""

import pytest

from convscope.errors import SettingError
from convscope.serving.cors import check_origin

from .conftest import png

PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization, content-type",
}


def test_by_default_no_answer_carries_a_cors_header(served):
    for method, path in (("OPTIONS", "/models/tone/predict"), ("GET", "/models")):
        status, headers, _ = served.ask(method, path, Origin="https://example.org", **PREFLIGHT)
        assert status in {200, 405}
        assert [name for name in headers if name.startswith("access-control")] == []


@pytest.mark.slow
def test_an_allowed_origin_may_ask_and_another_may_not(serve, tmp_path):
    (tmp_path / "token").write_text("a-token-of-some-length\n")
    service = serve("--allow-origin", "https://example.org", "--token-file", tmp_path / "token")
    for origin, allowed in (("https://example.org", "https://example.org"), ("https://evil.example", None)):
        status, headers, _ = service.ask("OPTIONS", "/models/tone/predict", Origin=origin, **PREFLIGHT)
        assert (status == 200) is (allowed is not None)
        assert headers.get("access-control-allow-origin") == allowed
        status, headers, _ = service.ask(
            "POST",
            "/models/tone/predict",
            png(10),
            content_type="image/png",
            Origin=origin,
            authorization="Bearer a-token-of-some-length",
        )
        assert status == 200
        assert headers.get("access-control-allow-origin") == allowed
        assert "Origin" in headers["vary"]
    status, headers, _ = service.ask("GET", "/models", Origin="https://example.org")
    assert (status, headers["access-control-allow-origin"]) == (401, "https://example.org")


@pytest.mark.parametrize(
    "origin", ["example.org", "https://", "https://example.org/path", "null", "*", "https://a:b", "ftp://a"]
)
def test_what_is_no_origin_is_refused(origin):
    with pytest.raises(SettingError, match="is not an origin"):
        check_origin(origin)
