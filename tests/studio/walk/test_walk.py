"""The walk over a real socket: uploaded pictures, edits that are made, undone and saved, refused requests."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from convscope.classifier import load
from convscope.model.file import save
from convscope.walkthrough.document import Walk
from convscope.walkthrough.edits import FilterEdit, GeometryEdit, WeightEdit, apply_edits
from convscope.walkthrough.walk import walk

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 10), np.uint8)
SHARPEN = {"kind": "filter", "step": "convolution_1", "filter": 2, "kernel": "sharpen"}


def png(pixels=PIXELS):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def send(studio, data=None):
    status, _, body = studio.ask("POST", "/api/pictures", data or png(), content_type="image/png")
    assert status == 200, body
    return json.loads(body)["picture"]


@pytest.fixture
def studio(start_studio, digits_model):
    return start_studio(digits_model)


@pytest.fixture
def digits(studio):
    return f"/api/models/{studio.model('digits')}"


def test_a_picture_that_was_sent_is_walked(studio_server, digits_model, unpacked):
    picture = send(studio_server)
    assert send(studio_server) == picture
    address = f"/api/models/{studio_server.model('digits')}"
    told = Walk.model_validate(studio_server.get(f"{address}/walk?picture={picture}&whole=true"))
    expected = walk(load(digits_model).model, png(), model_name="digits", picture_name="your picture")
    assert told.steps == expected.steps
    assert told.why == expected.why
    steps = Walk.model_validate(studio_server.get(f"{address}/walk?picture={picture}"))
    assert unpacked(steps.steps) == unpacked(expected.steps)
    assert steps.why is None
    answer = studio_server.get(f"{address}/answer?picture={picture}")
    assert answer["before"] == answer["after"]
    np.testing.assert_allclose(answer["after"], expected.probabilities, atol=1e-5)


@pytest.mark.slow
def test_a_preview_follows_the_edits_and_keeps_nothing(studio, digits):
    def look():
        status, _, body = studio.ask("POST", f"{digits}/preview", png(), content_type="image/png")
        assert status == 200, body
        return json.loads(body)

    before = look()
    assert before["classes"] == [*"0123456789"]
    studio.post(f"{digits}/edits", SHARPEN)
    after = look()
    assert after["probabilities"] != before["probabilities"]
    assert list((studio.home / "pictures").iterdir()) == []
    picture = send(studio)
    answer = studio.get(f"{digits}/answer?picture={picture}")
    assert answer["before"] == pytest.approx(before["probabilities"])
    assert answer["after"] == pytest.approx(after["probabilities"])
    assert studio.ask("POST", f"{digits}/preview", b"no picture")[0] == 422
    assert studio.ask("POST", "/api/models/0/preview", png())[0] == 404


@pytest.mark.slow
def test_similar_pictures_are_those_of_a_walk_with_data(studio, digits, digits_model):
    model, picture = load(digits_model).model, send(studio)
    expected = walk(model, png(), data="digits")
    told = studio.get(f"{digits}/similar?picture={picture}")
    assert told["neighbours"] == [one.model_dump() for one in expected.neighbours]
    output = [step for step in expected.model_dump()["steps"] if step["kind"] == "full_connection"][-1]
    assert told["relevance"] == output["relevance"]
    studio.post(f"{digits}/edits", SHARPEN)
    changed = apply_edits(model, [FilterEdit(**SHARPEN)])
    told = studio.get(f"{digits}/similar?picture={picture}")
    assert told["neighbours"] == [one.model_dump() for one in walk(changed, png(), data="digits").neighbours]
    studio.post(f"{digits}/edits", {"kind": "relu", "present": False})
    assert studio.ask("GET", f"{digits}/similar?picture={picture}")[0] == 409


def test_without_the_training_pictures_there_are_no_similar_ones(studio_server):
    picture = f"data.{studio_server.data('digits')}.3"
    address = f"/api/models/{studio_server.model('tone')}/similar?picture={picture}"
    status, _, body = studio_server.ask("GET", address)
    assert (status, json.loads(body)["status"]) == (404, 404)
    assert "not open" in json.loads(body)["detail"]


def test_a_picture_of_the_data_is_walked_with_its_true_class(studio_server):
    picture = f"data.{studio_server.data('digits')}.3"
    address = f"/api/models/{studio_server.model('digits')}/walk?picture={picture}"
    assert studio_server.get(address)["truth"] == 3
    tone = f"/api/models/{studio_server.model('tone')}/walk?picture={picture}"
    assert studio_server.get(tone)["truth"] is None  # it has no class "3"


@pytest.mark.slow
def test_edits_change_the_answer_as_the_book_says_and_are_undone(studio, digits, digits_model):
    model, picture = load(digits_model).model, send(studio)
    bias = {"kind": "weight", "tensor": "full_connection_2.bias", "place": [7], "value": 40}
    assert studio.post(f"{digits}/edits", SHARPEN)["edits"][0]["kernel"] == "sharpen"
    assert len(studio.post(f"{digits}/edits", bias)["edits"]) == 2
    told = Walk.model_validate(studio.get(f"{digits}/walk?picture={picture}&whole=true"))
    changed = apply_edits(model, [FilterEdit(**SHARPEN), WeightEdit(**bias)])
    assert told.steps == walk(changed, png()).steps
    assert told.classes[told.predicted] == "7"
    assert told.largest_difference < 1e-3
    answer = studio.get(f"{digits}/answer?picture={picture}")
    np.testing.assert_allclose(answer["after"], told.probabilities, atol=1e-5)
    assert answer["before"] != answer["after"]
    weight = studio.get(f"{digits}/weights/full_connection_2.bias?place=7")
    assert weight == {"value": 40}
    assert len(studio.post(f"{digits}/edits/last", method="DELETE")["edits"]) == 1
    assert studio.post(f"{digits}/edits", method="DELETE")["edits"] == []
    answer = studio.get(f"{digits}/answer?picture={picture}")
    assert answer["before"] == answer["after"]


def test_stride_padding_and_relu(studio, digits, digits_model, unpacked):
    picture = send(studio)
    geometry = {"kind": "geometry", "stride": [2, 2], "padding": [0, 0]}
    assert studio.post(f"{digits}/edits", geometry)["network"] == "8C3s2p0-MP2-16N"
    changed = apply_edits(load(digits_model).model, [GeometryEdit(**geometry)])
    told = Walk.model_validate(studio.get(f"{digits}/walk?picture={picture}"))
    assert unpacked(told.steps) == unpacked(walk(changed, png()).steps)
    assert studio.post(f"{digits}/edits", {"kind": "relu", "present": False})["rectify"] is False
    told = studio.get(f"{digits}/walk?picture={picture}&whole=true")
    assert "relu" not in {step["kind"] for step in told["steps"]}
    status, _, body = studio.ask(
        "POST", f"{digits}/kept", json.dumps({"name": "linear"}).encode(), content_type="application/json"
    )
    assert status == 422
    assert "without ReLU" in json.loads(body)["detail"]


@pytest.mark.slow
def test_a_saved_model_survives_the_studio(studio, digits, digits_model, tmp_path, start_studio):
    before = digits_model.read_bytes()
    studio.post(f"{digits}/edits", SHARPEN)
    kept = studio.post(f"{digits}/kept", {"name": "sharper"})
    assert kept["origin"] == "kept"
    assert studio.get(f"/api/models/{kept['id']}")["data"] == studio.data("digits")
    assert studio.get(f"{digits}/edits")["edits"] == []
    model = load(tmp_path / "home" / "models" / "sharper.safetensors").model
    expected = apply_edits(load(digits_model).model, [FilterEdit(**SHARPEN)])
    for name, weights in expected.weights.items():
        np.testing.assert_array_equal(model.weights[name], weights)
    assert json.loads(model.receipt["edits"])[0]["kernel"] == "sharpen"
    assert digits_model.read_bytes() == before
    studio.post(f"{digits}/edits", SHARPEN)
    assert studio.post(f"{digits}/kept", {"name": "sharper"})["name"] == "sharper-2"
    studio.post(f"{digits}/edits", SHARPEN)
    again = start_studio(digits_model)
    assert again.model("sharper") == kept["id"]
    assert len(again.get(f"{digits}/edits")["edits"]) == 1


@pytest.mark.slow
def test_edits_of_a_file_that_was_replaced_are_dropped(start_studio, make_model, tmp_path):
    path = tmp_path / "mine.safetensors"
    save(make_model("4C3-4N", (1, 8, 8)), path)
    studio = start_studio(path)
    address = f"/api/models/{studio.model('mine')}/edits"
    studio.post(address, {"kind": "weight", "tensor": "convolution_1.bias", "place": [3], "value": 1})
    save(make_model("2C3-4N", (1, 8, 8)), path)
    assert studio.get(address) == {"edits": [], "network": "2C3-4N", "rectify": True}


@pytest.mark.parametrize(
    ("edit", "status"),
    [
        ({"kind": "filter", "step": "convolution_1", "filter": 99, "kernel": "blur"}, 422),
        ({"kind": "filter", "step": "convolution_1", "filter": 0, "kernel": "<script>"}, 422),
        ({"kind": "weight", "tensor": "../../etc/passwd", "place": [0], "value": 1}, 422),
        ({"kind": "weight", "tensor": "convolution_1.bias", "place": [0], "value": 1e300}, 422),
        ({"kind": "geometry", "stride": [0, 0], "padding": [0, 0]}, 422),
        ({"kind": "unknown"}, 422),
        ([], 422),
    ],
)
def test_edits_that_cannot_be_applied_change_nothing(studio_server, edit, status):
    address = f"/api/models/{studio_server.model('digits')}/edits"
    answer, headers, body = studio_server.ask(
        "POST", address, json.dumps(edit).encode(), content_type="application/json"
    )
    assert (answer, headers["content-type"]) == (status, "application/problem+json")
    assert json.loads(body)["detail"]
    assert studio_server.get(address)["edits"] == []


@pytest.mark.parametrize(
    "picture",
    ["sent.0", f"sent.{'0' * 32}", "sent.../../paths.json", "data.ffffffff.0", "data.x.-1", "%2e%2e", ""],
)
def test_pictures_that_are_not_there(studio_server, picture):
    address = f"/api/models/{studio_server.model('digits')}/walk?picture={picture}"
    status, _, body = studio_server.ask("GET", address)
    assert status == 404, body
    place = f"data.{studio_server.data('digits')}.999999"
    address = f"/api/models/{studio_server.model('digits')}/answer?picture={place}"
    assert studio_server.ask("GET", address)[0] == 404


def test_what_is_no_picture_is_not_kept(studio_server):
    before = len(list((studio_server.home / "pictures").iterdir()))
    for data in (b"no picture", png()[:60], b""):
        status, _, body = studio_server.ask("POST", "/api/pictures", data, content_type="image/png")
        assert status == 422, body
    status, _, _ = studio_server.ask("POST", "/api/pictures", png(), own=False, content_type="image/png")
    assert status == 403
    assert len(list((studio_server.home / "pictures").iterdir())) == before


@pytest.mark.parametrize("place", ["place=99", "place=0&place=0", "place=-1", "place=x", ""])
def test_weights_that_are_not_there(studio_server, place):
    address = f"/api/models/{studio_server.model('digits')}/weights/convolution_1.bias?{place}"
    assert studio_server.ask("GET", address)[0] in {404, 422}
