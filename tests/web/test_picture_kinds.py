"""The offline page predicts pictures of any kind like `predict`, or explains why it cannot."""

import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

from convscope.classifier import Classifier
from convscope.errors import PictureError
from picture_kinds import KINDS
from rare_picture_kinds import RARE_KINDS

BOUND = 1e-3
"""Tolerance of a probability: weights are rounded, and half-transparent pixels are off by one level."""
ALL_KINDS = {**KINDS, **RARE_KINDS}


@pytest.mark.slow
def test_it_answers_every_kind_as_predict_does_or_says_that_it_cannot(use, make_model, tmp_path):
    model = make_model("6C3-MP2-24N", (3, 16, 12), classes=4)
    classifier = Classifier(model)
    paths = [tmp_path / f"{number:03}{kind.suffix}" for number, kind in enumerate(ALL_KINDS.values())]
    for path, kind in zip(paths, ALL_KINDS.values(), strict=True):
        path.write_bytes(kind.data)
    with use(model) as show:
        answers = show(paths)
    assert [answer["name"] for answer in answers] == [path.name for path in paths]
    found = zip(ALL_KINDS, paths, answers, strict=True)
    assert {
        name: fault for name, path, answer in found if (fault := fault_of(classifier, path, answer))
    } == {}


def fault_of(classifier, path, answer):
    """Return what is wrong with the page's answer, or None."""
    text = answer["text"]
    if path.suffix == ".tif":
        known = "it is a TIFF picture, which this browser does not read; save it as PNG or JPEG"
        return None if known in text else text
    try:
        expected = dict(classifier.predict(path, top=4).top)
    except PictureError as error:
        return None if "Not classified: " in text else f"answered, but {error}"
    shares = dict(zip(answer["labels"], answer["shares"], strict=True))
    if shares.keys() != expected.keys():
        return text
    difference = max(abs(share - expected[label]) for label, share in shares.items())
    return None if difference <= BOUND else f"off by {difference}"


def test_a_range_that_had_to_be_guessed_is_said(use, make_model, tmp_path):
    path = tmp_path / "camera.png"
    path.write_bytes(RARE_KINDS["PNG of 12 bits in 16"].data)
    model = make_model("4C3-MP2-5N", (1, 16, 12))
    with use(model) as show:
        (answer,) = show([path])
    note = Classifier(model).predict(path).note
    assert note.startswith("values up to 3,")
    assert note in answer["text"]


def test_a_large_jpeg_says_that_predict_scales_it_while_decoding(use, make_model, tmp_path):
    photo = Image.fromarray(load_sample_image("china.jpg"))
    photo.save(tmp_path / "large.jpg", quality=95)
    photo.resize((40, 40)).save(tmp_path / "small.jpg", quality=95)
    model = make_model("4C3-MP2-5N", (3, 16, 12))
    classifier = Classifier(model)
    with use(model) as show:
        large, small = show([tmp_path / "large.jpg", tmp_path / "small.jpg"])
    assert "decoded at full size" in large["text"]
    assert "decoded at full size" not in small["text"]
    expected = dict(classifier.predict(tmp_path / "large.jpg").top)
    shares = zip(large["labels"], large["shares"], strict=True)
    assert max(abs(share - expected[label]) for label, share in shares) < 0.01
