"""A model as a file, over a real socket."""

import numpy as np
import onnxruntime

import convscope
from convscope.model.file import load


def test_a_model_comes_as_files_that_answer_as_it_does(studio_server, tmp_path, digits_model):
    model = studio_server.model("digits")
    for kind in ("safetensors", "onnx", "html"):
        status, headers, content = studio_server.ask("GET", f"/api/models/{model}/files/{kind}")
        assert status == 200
        assert headers["content-disposition"] == f"attachment; filename*=UTF-8''digits.{kind}"
        (tmp_path / f"digits.{kind}").write_bytes(content)
    kept, original = load(tmp_path / "digits.safetensors"), load(digits_model)
    assert kept.classes == original.classes
    for name, weights in original.weights.items():
        np.testing.assert_array_equal(kept.weights[name], weights)
    session = onnxruntime.InferenceSession(tmp_path / "digits.onnx")
    picture = np.random.default_rng(0).integers(0, 256, (8, 8, 1)).astype(np.uint8)
    (probabilities,) = session.run(["probabilities"], {"pictures": picture[np.newaxis]})
    expected = convscope.load(digits_model).predict(picture)
    assert original.classes[int(np.argmax(probabilities))] == expected.label
    assert (tmp_path / "digits.html").read_text("utf-8").lower().startswith("<!doctype html>")


def test_other_kinds_and_models_are_refused(studio_server):
    model = studio_server.model("digits")
    assert studio_server.ask("GET", f"/api/models/{model}/files/pickle")[0] == 422
    assert studio_server.ask("GET", "/api/models/none/files/onnx")[0] == 404
