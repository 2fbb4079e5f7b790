"""Answers to requests over a real socket."""

import base64
import io
import json
import struct
import threading
import time
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from convscope.classifier import Classifier
from convscope.model.file import save
from convscope.model.nearest import Nearest
from convscope.model.virtual_logit import VirtualLogit
from convscope.serving.responses import PredictResponse, ServedModels

from .conftest import form, png

OF_A_PROBLEM = {"title", "status", "detail", "why", "remedy"}


def test_a_raw_picture_gets_exactly_what_python_gets(served, brightness):
    data = png(180)
    status, answer = served.predict(data)
    expected = Classifier(brightness).predict(data)
    assert status == 200
    PredictResponse.model_validate(answer)
    assert answer["predictions"][0]["picture"] == "picture 1"
    guesses = [(one["class"], one["probability"]) for one in answer["predictions"][0]["classes"]]
    assert guesses == list(expected.top)


def test_a_form_of_several_pictures_is_answered_in_order(served):
    body, content_type = form(("Kätzchen\t猫.png", png(10)), ("b.png", png(240)), ("text.jpg", b"no picture"))
    status, answer = served.predict(body, content_type=content_type)
    assert status == 200
    dark, bright, text = answer["predictions"]
    assert (dark["picture"], dark["classes"][0]["class"]) == ("Kätzchen\\t猫.png", "dark")
    assert (bright["picture"], bright["classes"][0]["class"]) == ("b.png", "bright")
    assert text["problem"]["detail"] == "cannot read the picture text.jpg"
    assert "classes" not in text


def test_base64_in_json(served):
    pictures = [{"name": "a", "data": base64.b64encode(png(10)).decode()}]
    pictures.append({"data": base64.b64encode(png(240)).decode()})
    status, answer = served.predict(
        json.dumps({"pictures": pictures}).encode(), content_type="application/json"
    )
    assert status == 200
    assert [one["picture"] for one in answer["predictions"]] == ["a", "picture 2"]
    assert [one["classes"][0]["class"] for one in answer["predictions"]] == ["dark", "bright"]


@pytest.mark.parametrize("top", [1, 2, 99])
def test_top_lists_so_many_classes(served, top):
    _, _, body = served.ask("POST", f"/models/tone/predict?top={top}", png(10), content_type="image/png")
    assert len(json.loads(body)["predictions"][0]["classes"]) == min(top, 2)


@pytest.mark.parametrize(
    ("path", "body", "content_type", "status"),
    [
        ("/models/none/predict", b"x", "image/png", 404),
        ("/models/tone%00/predict", b"x", "image/png", 404),
        ("/models/tone/predict?top=0", b"x", "image/png", 422),
        ("/models/tone/predict?top=many", b"x", "image/png", 422),
        ("/models/tone/predict", b"", "image/png", 422),
        ("/models/tone/predict", b"no picture", "image/png", 422),
        ("/models/tone/predict", b"x", "text/plain", 415),
        ("/models/tone/predict", b"x", "", 415),
        ("/models/tone/predict", b"x", "multipart/form-data", 400),
        ("/models/tone/predict", b"--b\r\n\r\nx", "multipart/form-data; boundary=b", 400),
        ("/models/tone/predict", b"--b--\r\n", "multipart/form-data; boundary=b", 400),
        ("/models/tone/predict", b"x", f"multipart/form-data; boundary={'b' * 999}", 400),
        ("/models/tone/predict", b"{", "application/json", 400),
        ("/models/tone/predict", b"[" * 100_000, "application/json", 400),
        ("/models/tone/predict", b'{"pictures": []}', "application/json", 400),
        ("/models/tone/predict", b'{"pictures": [{"data": "=?"}]}', "application/json", 400),
        ("/models/tone/predict", b'{"pictures": [{"data": "", "path": "/etc"}]}', "application/json", 400),
        ("/nothing", b"x", "image/png", 404),
        ("/models", b"x", "image/png", 405),
    ],
)
def test_what_cannot_be_answered_is_a_problem_that_says_why(served, path, body, content_type, status):
    found, headers, answer = served.ask("POST", path, body, content_type=content_type)
    told = json.loads(answer)
    assert found == told["status"] == status
    assert headers["content-type"] == "application/problem+json"
    assert set(told) <= OF_A_PROBLEM
    assert told["detail"]
    assert "Traceback" not in answer.decode()


def test_thousands_of_parts_are_too_many(served):
    body, content_type = form(*[("a.png", b"")] * 5_000)
    assert served.predict(body, content_type=content_type)[0] == 413


def test_a_compressed_body_is_refused(served):
    assert served.predict(zlib.compress(png(10)), content_encoding="deflate")[0] == 415


@pytest.mark.slow
def test_a_body_beyond_the_limit_is_refused_whether_or_not_it_says_so(serve):
    service = serve("--body-limit", 1)
    assert service.predict(bytes(2**20 + 1))[0] == 413
    head = b"POST /models/tone/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
    chunks = b"".join(b"10000\r\n" + bytes(0x10000) + b"\r\n" for _ in range(20)) + b"0\r\n\r\n"
    answer = service.raw(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert service.predict(png(10))[0] == 200


def bomb(side):
    """A PNG of some kilobytes that decompresses to side x side pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compressobj(9)
    data = b"".join(rows.compress(bytes(side // 8 + 1)) for _ in range(side)) + rows.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.slow
def test_a_picture_that_unfolds_to_too_many_pixels_is_refused(serve):
    service = serve("--pixel-limit", 1)
    status, told = service.predict(bomb(2_000))
    assert status == 422
    assert "limit is 1,000,000" in told["why"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["/models/tone/predict", "/models/tone/predict?top=3", "/models", "/metrics", "/"]),
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]),
    st.sampled_from(
        [
            "image/png",
            "application/json",
            "multipart/form-data; boundary=b",
            "multipart/form-data",
            'a;b="',
            "*/*",
        ]
    ),
    st.one_of(
        st.binary(max_size=200),
        st.binary(max_size=100).map(lambda data: b"--b\r\n" + data + b"\r\n--b--"),
        st.binary(max_size=100).map(
            lambda data: b"--b\r\nContent-Disposition: " + data + b"\r\n\r\n\r\n--b--\r\n"
        ),
        st.recursive(
            st.none() | st.booleans() | st.text(max_size=9),
            lambda one: st.lists(one) | st.dictionaries(st.text(), one),
        ).map(lambda value: json.dumps({"pictures": value}).encode()),
    ),
)
def test_whatever_is_sent_the_answer_is_one_that_openapi_lists(served, path, method, content_type, body):
    status, headers, answer = served.ask(method, path, body, content_type=content_type)
    assert status in {200, 400, 405, 413, 415, 422}
    if status >= 400:
        assert headers["content-type"] == "application/problem+json"
        assert json.loads(answer)["status"] == status


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(min_size=1, max_size=300))
def test_what_is_no_http_is_refused_and_nothing_else_happens(served, data):
    answer = served.raw(b"\x00" + data)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["status"] == 400


@pytest.mark.parametrize("expecting", [b"", b"Expect: 100-continue\r\n"])
def test_a_body_that_turns_out_to_be_none_is_refused_and_no_bug(served, expecting):
    head = b"POST /models/tone/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
    with served.open() as connection:
        connection.sendall(head + expecting + b"Transfer-Encoding: chunked\r\n\r\nno length\r\n")
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert b"HTTP/1.1 400 " in answer
    assert served.predict(png(10))[0] == 200  # the log is written concurrently
    assert [line for line in served.lines() if "traceback" in line] == []


def test_what_is_no_http_behind_a_request_lets_that_be_answered(served):
    picture = png(10)
    head = b"POST /models/tone/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
    with served.open() as connection:
        connection.sendall(head + b"Content-Length: %d\r\n\r\n%s\0 no HTTP" % (len(picture), picture))
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert served.predict(picture)[0] == 200
    assert [line for line in served.lines() if "traceback" in line] == []


def test_endless_headers_are_refused(served):
    answer = served.raw(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"a: b\r\n" * 20_000)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert served.predict(png(10))[0] == 200


def test_who_goes_away_in_the_middle_harms_nobody(served):
    for _ in range(10):
        with served.open() as connection:
            connection.sendall(
                b"POST /models/tone/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
                b"Content-Length: 1000\r\n\r\nhalf"
            )
    assert served.predict(png(10))[0] == 200


def test_a_name_from_elsewhere_is_refused(served):
    for host in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[::1"):
        assert served.predict(png(10), Host=host)[0] == 421
    for host in ("localhost", f"127.0.0.1:{served.port}", "[::1]:80", "LOCALHOST:1"):
        assert served.predict(png(10), Host=host)[0] == 200


def test_the_description_has_examples_that_are_answers(served):
    described = json.loads(served.ask("GET", "/openapi.json")[2])
    examples = [
        described["paths"][path][method]["responses"]["200"]["content"]["application/json"]["example"]
        for path, method in (("/models/{name}/predict", "post"), ("/models", "get"))
    ]
    PredictResponse.model_validate(examples[0])
    ServedModels.model_validate(examples[1])
    assert {one["unknown"] for one in examples[0]["predictions"] if "classes" in one} == {True, False}
    assert "securitySchemes" not in described["components"]


def test_a_picture_unlike_all_others_is_told_so(serve, model_path, brightness):
    rule = VirtualLogit(np.zeros(1, np.float32), np.ones((1, 1), np.float32), 0.0, 2.0, 0.05)
    model = replace(brightness, open_set=rule)
    save(model, model_path)
    service = serve()
    told = {grey: service.predict(png(grey))[1]["predictions"][0] for grey in (10, 127)}
    assert [told[grey]["unknown"] for grey in (10, 127)] == [False, True]
    for grey, one in told.items():
        assert one["score"] == pytest.approx(Classifier(model).predict(png(grey)).score)


def test_the_most_similar_training_pictures_are_told_by_their_class(serve, model_path, brightness):
    one = np.ones((1, 1), np.float32)
    rule = Nearest(one[0], one, one, ("0" * 16,), (1,), threshold=2.0, rejected_fraction=0.05)
    save(replace(brightness, open_set=rule), model_path)
    (told,) = serve().predict(png(200))[1]["predictions"]
    assert told["similar"] == [{"class": brightness.classes[1], "similarity": pytest.approx(1)}]
    assert told["score"] == pytest.approx(1)
    assert told["unknown"]


def test_a_token_is_asked_for(serve, tmp_path):
    (tmp_path / "token").write_text("a-token-of-some-length\n")
    service = serve("--token-file", tmp_path / "token")
    assert service.ask("GET", "/healthz")[0] == 204
    assert service.ask("GET", "/")[0] == 200
    for path in ("/models", "/metrics", "/nothing"):
        assert service.ask("GET", path)[0] == 401
    described = json.loads(service.ask("GET", "/openapi.json")[2])
    assert described["components"]["securitySchemes"] == {"token": {"type": "http", "scheme": "bearer"}}
    paths = described["paths"].items()
    asks = {path for path, found in paths if all("security" in one for one in found.values())}
    assert asks == {"/models/{name}/predict", "/models", "/metrics"}
    for wrong in ("", "Bearer", "Bearer a-token-of-some-lengt", "Basic a-token-of-some-length"):
        status, headers, _ = service.ask("GET", "/models", authorization=wrong)
        assert (status, headers["www-authenticate"]) == (401, "Bearer")
    assert service.ask("GET", "/models", authorization="Bearer a-token-of-some-length")[0] == 200
    assert service.predict(png(10), authorization="bearer a-token-of-some-length")[0] == 200


def test_health_models_and_metrics(served):
    assert [served.ask("GET", path)[0] for path in ("/healthz", "/readyz")] == [204, 204]
    models = json.loads(served.ask("GET", "/models")[2])["models"]
    assert models == [{"name": "tone", "network": "AP8", "classes": ["dark", "bright"], "thresholds": None}]

    def pictures():
        text = served.ask("GET", "/metrics")[2].decode()
        found = [line for line in text.splitlines() if line.startswith("convscope_pictures_total{")]
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in found}

    served.predict(png(10))
    before = pictures()
    served.predict(png(10))
    served.predict(b"no picture")
    after = pictures()
    assert {name: after[name] - before.get(name, 0) for name in after} == {
        'convscope_pictures_total{model="tone",outcome="predicted"}': 1,
        'convscope_pictures_total{model="tone",outcome="unreadable"}': 1,
    }


def test_the_log_is_json_and_holds_no_picture(served):
    body, content_type = form(("line\nbreak\x1b[2J.png", png(10)))
    served.predict(body, content_type=content_type)
    served.ask("GET", "/%0a%1b[2Jx")
    time.sleep(0.2)
    lines = served.lines()  # raises if a line is not JSON
    assert any(line.get("path") == "/\n\x1b[2Jx" for line in lines)
    assert "\x1b" not in served.log.read_text()
    assert "PNG" not in served.log.read_text()


def test_a_slow_request_is_ended_while_others_are_answered(served):
    # the limit is 15 s; an incomplete request must not block others
    with served.open() as connection:
        connection.sendall(b"POST /models/tone/predict HTTP/1.1\r\n")
        assert served.predict(png(10))[0] == 200


@pytest.mark.slow
def test_a_slow_request_is_told_so_and_ended(served):
    with served.open() as connection:
        connection.sendall(b"POST /models/tone/predict HTTP/1.1\r\nHost: localhost\r\n")
        start = time.monotonic()
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert 10 < time.monotonic() - start < 30


@pytest.mark.slow
def test_overload_is_told_with_a_time_to_come_again(serve):
    service = serve("--queue", 2)
    big = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (2_000, 2_000, 3), np.uint8)).save(big, "PNG")
    answers = []

    def ask():
        answers.append(service.ask("POST", "/models/tone/predict", big.getvalue(), content_type="image/png"))

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for status, _, _ in answers} == {200, 429}
    assert all(headers["retry-after"] == "1" for status, headers, _ in answers if status == 429)
    assert service.predict(png(10))[0] == 200


@pytest.mark.slow
def test_what_takes_too_long_is_told_so(serve):
    service = serve("--timeout", 0.01)
    big = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (3_000, 3_000, 3), np.uint8)).save(big, "PNG")
    status, headers, _ = service.ask("POST", "/models/tone/predict", big.getvalue(), content_type="image/png")
    assert (status, headers["retry-after"]) == (503, "1")
