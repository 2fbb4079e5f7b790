"""A complete walk, from the picture to the document and back."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from convscope.classifier import Classifier
from convscope.errors import PictureError, SettingError
from convscope.walkthrough.document import Walk
from convscope.walkthrough.walk import walk


def picture(height=20, width=30, channels=3, seed=0):
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize(
    ("notation", "shape"),
    [
        ("4C3-MP2-5C3s2p0-AP2o-6N", (3, 16, 16)),
        ("3C3-MP2", (1, 9, 7)),
        ("4N", (1, 5, 5)),
        ("MP2", (3, 6, 6)),
        ("2C1", (1, 1, 1)),
    ],
)
def test_a_walk_says_what_the_classifier_says(make_model, notation, shape):
    model = replace(make_model(notation, shape), temperature=1.7)
    walked = walk(model, picture(), truth="class 1")
    prediction = Classifier(model).predict(picture())
    assert walked.classes[walked.predicted] == prediction.label
    np.testing.assert_allclose(walked.probabilities, Classifier(model).predict_proba(picture())[0], atol=1e-5)
    assert walked.truth == 1
    assert walked.largest_difference == max(step.difference for step in walked.steps) < 1e-3
    assert [step.kind for step in walked.steps][-2:] == ["softmax", "loss"]
    assert [one.truth for one in walked.steps[-1].truths] == [0, 1, 2]


def test_the_document_survives_being_written_and_read(make_model):
    walked = walk(make_model(), picture(), model_name="pets", truth="class 0")
    assert Walk.model_validate_json(walked.model_dump_json()) == walked


def test_names_unknown_to_the_model_and_pictures_that_are_none(make_model, tmp_path):
    with pytest.raises(SettingError, match="no class 'cow'") as failure:
        walk(make_model(), picture(), truth="cow")
    assert "class 0, class 1, class 2" in str(failure.value)
    with pytest.raises(PictureError, match="no-such"):
        walk(make_model(), tmp_path / "no-such.png")
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(PictureError, match=r"text\.png"):
        walk(make_model(), tmp_path / "text.png")


def test_a_picture_turned_by_exif_is_walked_upright(make_model, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = picture(8, 8)
    Image.fromarray(lying).save(tmp_path / "a.png", exif=exif)
    walked = walk(make_model(), tmp_path / "a.png")
    np.testing.assert_array_equal(walked.steps[0].pixels.values(), np.rot90(lying, -1).transpose(2, 0, 1))
    assert walked.picture_name == str(tmp_path / "a.png")


def test_the_weights_that_training_started_from_are_named(make_model):
    model = make_model()
    assert walk(model, picture(8, 8)).origin is None
    receipt = {"start_origin": "a network by somebody", "start_licence": "MIT", "start_digest": "ab" * 32}
    origin = walk(replace(model, receipt=receipt), picture(8, 8)).origin
    assert (origin.text, origin.licence, origin.digest) == tuple(receipt.values())


def test_with_data_there_are_neighbours_and_relevance(make_model, cache):
    assert cache.exists()
    labels = [f"class {n % 3}" for n in range(90)]
    pictures = np.stack([picture(8, 8, seed=n) for n in range(90)])
    walked = walk(make_model("4C3-MP2-6N"), pictures[4], data=(pictures, labels))
    assert len(walked.neighbours) == 8
    assert [step.relevance is not None for step in walked.steps if step.kind == "full_connection"] == [
        False,
        True,
    ]
    assert walked.steps[-3].relevance.mean.shape == [6, 3]
    assert sum(walked.steps[-3].relevance.pictures) == 18
    assert walk(make_model(), pictures[4]).neighbours == []
