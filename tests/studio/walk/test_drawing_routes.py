"""Drawings over a real socket."""

import io
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from convscope.classifier import load
from convscope.model.file import save
from convscope.pictures.sources import open_source
from convscope.walkthrough.arrays import EncodedArray

DIGITS = load_digits()
SEVERAL = range(0, 1_797, 60)


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def draw(studio, drawing, query=""):
    """Return the studio's answer to a drawing for the model `digits`."""
    address = f"/api/models/{studio.model('digits')}/drawings{query}"
    status, _, body = studio.ask("POST", address, png(drawing), content_type="image/png")
    return status, json.loads(body)


def in_a_corner(index):
    pad = np.zeros((280, 280), np.uint8)
    pad[170:266, 10:106] = np.kron((DIGITS.images[index] * 15).astype(np.uint8), np.ones((12, 12), np.uint8))
    return pad


def test_digits_in_a_corner_are_placed_like_the_training_pictures(studio_server, digits_model):
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


@pytest.mark.slow
def test_a_drawing_is_kept_if_asked_for(start_studio, digits_model):
    studio = start_studio(digits_model)
    assert draw(studio, in_a_corner(0))[1]["picture"] is None
    assert list((studio.home / "pictures").iterdir()) == []
    _, told = draw(studio, in_a_corner(0), "?keep=true")
    answer = studio.get(f"/api/models/{studio.model('digits')}/answer?picture={told['picture']}")
    assert answer["after"] == pytest.approx(told["probabilities"])


@pytest.mark.slow
def test_drawings_follow_the_training_pictures_when_these_change(start_studio, brightness, tmp_path):
    folder = tmp_path / "squares"
    paint_squares(folder, start=1)
    save(replace(brightness, receipt={"data": folder.name}), tmp_path / "digits.safetensors")
    studio = start_studio(tmp_path / "digits.safetensors", "--data", folder)
    before = drawn_centre(studio)
    shutil.rmtree(folder)
    paint_squares(folder, start=4)
    assert (drawn_centre(studio) > before + 2).all()


def paint_squares(folder, start):
    """Paint pictures of a bright square, 3 × 3 of 8 × 8 pixels, from (start, start) on."""
    for label in ("dark", "bright"):
        for number in range(3):
            pixels = np.zeros((8, 8), np.uint8)
            pixels[start : start + 3, start : start + 3] = 255 - number
            path = folder / label / f"{start} {number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path)


def drawn_centre(studio):
    """Return the centre of a drawing's ink in the network's input: (down, across)."""
    _, answer = draw(studio, in_a_corner(0))
    ink = EncodedArray.model_validate(answer["pixels"]).values()[0].astype(float)
    return np.array([np.average(np.arange(len(ink)), weights=ink.sum(axis=axis)) for axis in (1, 0)])


def test_an_empty_drawing_or_no_picture_is_refused(studio_server):
    status, told = draw(studio_server, np.zeros((9, 9), np.uint8))
    assert (status, told["detail"]) == (422, "the drawing is empty")
    address = f"/api/models/{studio_server.model('digits')}/drawings"
    assert studio_server.ask("POST", address, b"no picture")[0] == 422
