"""Random requests to all routes of the studio, over a real socket: no answer is a bug."""

import io
import json
from urllib.parse import quote

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from PIL import Image

ENDLESS = ("/api/revisions", "get")
STARTS_A_PROCESS = ("/api/losses", "post")
STARTS_A_PROCESS_FOR_KNOWN_DATA = {("/api/data/{data}/suspects", "post"), ("/api/runs", "post")}
KEPT = {
    *("data", "runs", "models", "edits", "jobs", "pictures"),
    *("paths.json", "lesson.json"),
}
"""Names that may be in the studio's folder."""


def test_openapi_describes_every_address(studio_server):
    paths = studio_server.get("/openapi.json")["paths"]
    assert {"/api/runs", "/api/network", "/api/data/{data}", "/api/archives"} <= paths.keys()
    assert all(
        one.get("summary") and one.get("description") for path in paths.values() for one in path.values()
    )


# A slash would open folders of this machine, which may be large.
TEXT = st.text(st.characters(exclude_characters="/"), max_size=20)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT
ANYTHING = st.recursive(
    SCALARS,
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=5), one, max_size=3),
    max_leaves=8,
)


def png():
    buffer = io.BytesIO()
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(buffer, "PNG")
    return buffer.getvalue()


FILES = st.binary(max_size=200) | st.sampled_from([png(), png()[:50], png().replace(b"IDAT", b"IDAx")])


def fitting(schema, described):
    """Values that an OpenAPI schema allows."""
    if "$ref" in schema:
        return fitting(described["components"]["schemas"][schema["$ref"].rpartition("/")[2]], described)
    if either := schema.get("anyOf", schema.get("oneOf")):
        return st.one_of([fitting(one, described) for one in either])
    if named := schema.get("enum", schema.get("examples")):
        return st.sampled_from(named)
    if "const" in schema:
        return st.just(schema["const"])
    return of_type(schema, described)


def of_type(schema, described):
    """The same, for a schema with only a type and bounds."""
    least, most = schema.get("minimum"), schema.get("maximum")
    fields = {name: fitting(one, described) for name, one in schema.get("properties", {}).items()}
    inner = fitting(schema["items"], described) if "items" in schema else ANYTHING
    made = {
        "string": TEXT,
        "integer": st.integers(least, most),
        "number": st.floats(least, most, allow_nan=False, allow_infinity=False),
        "boolean": st.booleans(),
        "null": st.none(),
        "array": st.lists(inner, min_size=schema.get("minItems", 0), max_size=schema.get("maxItems", 3)),
        "object": st.fixed_dictionaries(fields),
    }
    return made.get(schema.get("type"), ANYTHING)


def as_text(value):
    return value if isinstance(value, str) else json.dumps(value)


class Asker:
    """Draws requests that the description allows, nearly allows, and does not allow.

    Requested things usually exist, because requests for missing ones are answered early.
    """

    def __init__(self, studio):
        self.described = studio.get("/openapi.json")
        every = {(path, method) for path, found in self.described["paths"].items() for method in found}
        self.operations = sorted(every - {ENDLESS, STARTS_A_PROCESS})
        model, data = studio.model("digits"), studio.data("digits")
        self.known = {
            "model": [model],
            "first": [model],
            "second": [model],
            "data": [data],
            "picture": [f"data.{data}.0", f"data.{data}.1796", f"data.{data}.1797", f"sent.{'0' * 32}"],
            "tensor": ["convolution_1.weight", "full_connection_2.bias"],
            "name": ["image", "convolution", "softmax", "pets.zip"],
            "part": ["test", "all"],
            "notation": ["8C3-MP2", "999999999N", "course"],
            "shape": ["1x8x8", "0x0x0"],
        }

    def request(self, draw):
        """A method, a target, a body and its type."""
        path, method = draw(st.sampled_from(self.operations))
        operation = self.described["paths"][path][method]
        is_harmless = (path, method) not in STARTS_A_PROCESS_FOR_KNOWN_DATA
        target, query = path, []
        for one in operation.get("parameters", []):
            known = self.known.get(one["name"], []) if is_harmless else []
            value = as_text(draw(self.value(one["schema"], known)))
            if one["in"] == "path":
                target = target.replace(f"{{{one['name']}}}", quote(value, "", errors="replace") or "%20")
            elif one["in"] == "query" and draw(st.integers(0, 9)):
                query.append(f"{one['name']}={quote(value, '', errors='replace')}")
        body, kind = draw(self.body(operation, is_harmless=is_harmless))
        return method.upper(), f"{target}?{'&'.join(query)}", body, kind

    def value(self, schema, known):
        wild = st.sampled_from(["..", "%2e%2e", "<b>", "-1", "\0", "é" * 300]) | SCALARS
        fits = fitting(schema, self.described)
        return st.one_of([st.sampled_from(known)] * 4 + [fits, wild]) if known else fits | wild

    def body(self, operation, *, is_harmless):
        taken = operation.get("requestBody", {}).get("content", {})
        json_kind = "application/json"
        kinds = st.sampled_from([*taken, json_kind, "image/png", "multipart/form-data; boundary=x", "", "é"])
        wild = st.tuples(FILES | ANYTHING.map(json.dumps).map(str.encode), kinds)
        if json_kind not in taken or not is_harmless:
            return wild
        fits = fitting(taken[json_kind]["schema"], self.described)
        return wild | st.tuples(fits.map(json.dumps).map(str.encode), st.just(json_kind))


@pytest.fixture
def studio(start_studio, digits_model):
    return start_studio(digits_model)


@pytest.fixture
def asker(studio):
    return Asker(studio)


@pytest.mark.slow
@settings(max_examples=1_000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_is_asked_no_answer_is_a_bug(studio, asker, tmp_path, data):
    method, target, body, kind = asker.request(data.draw)
    if method == "GET":
        body = b""
    status, headers, answer = studio.ask(method, target, body, content_type=kind.encode("latin-1"))
    event(f"answered {status}")
    assert status < 500, (method, target, body, answer)
    assert b"Traceback" not in answer
    if status >= 400:
        problem = json.loads(answer)
        assert (headers["content-type"], problem["status"]) == ("application/problem+json", status)
    assert studio.process.poll() is None
    assert {path.name for path in studio.home.iterdir()} <= KEPT
    assert "traceback" not in (tmp_path / "studio.log").read_text().lower()
