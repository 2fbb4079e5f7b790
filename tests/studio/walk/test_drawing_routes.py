"""Drawings over a real socket."""

import io
import json

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from convscope.classifier import load
from convscope.pictures.sources import open_source
from convscope.walkthrough.arrays import EncodedArray

DIGITS = load_digits()
SEVERAL = range(0, 1_797, 60)


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def draw(studio, drawing, query=""):
    """What the studio answers to a drawing for the model `digits`."""
    address = f"/api/models/{studio.model('digits')}/drawings{query}"
    status, _, body = studio.ask("POST", address, png(drawing), content_type="image/png")
    return status, json.loads(body)


def in_a_corner(index):
    pad = np.zeros((280, 280), np.uint8)
    pad[170:266, 10:106] = np.kron((DIGITS.images[index] * 15).astype(np.uint8), np.ones((12, 12), np.uint8))
    return pad


def test_digits_in_a_corner_are_seen_as_those_that_the_network_learned_from(studio_server, digits_model):
    classifier, source = load(digits_model), open_source("digits")
    right, known = 0, 0
    for index in SEVERAL:
        label = source.items[index].label
        _, told = draw(studio_server, in_a_corner(index))
        seen = EncodedArray.model_validate(told["pixels"]).values()[0]
        assert seen.shape == (8, 8)
        assert np.corrcoef(seen.ravel(), DIGITS.images[index].ravel())[0, 1] > 0.7
        right += told["classes"][np.argmax(told["probabilities"])] == label
        known += classifier.predict(source.read(index)).label == label
    assert right >= 0.8 * known > 10


def test_a_drawing_is_kept_if_it_shall_be_walked(start_studio, digits_model):
    studio = start_studio(digits_model)
    assert draw(studio, in_a_corner(0))[1]["picture"] is None
    assert list((studio.home / "pictures").iterdir()) == []
    _, told = draw(studio, in_a_corner(0), "?keep=true")
    answer = studio.get(f"/api/models/{studio.model('digits')}/answer?picture={told['picture']}")
    assert answer["after"] == pytest.approx(told["probabilities"])


def test_what_is_no_drawing_is_refused(studio_server):
    status, told = draw(studio_server, np.zeros((9, 9), np.uint8))
    assert (status, told["detail"]) == (422, "the drawing is empty")
    address = f"/api/models/{studio_server.model('digits')}/drawings"
    assert studio_server.ask("POST", address, b"no picture")[0] == 422
