"""The listed preprocessing of a picture is what was done."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from convscope.model.inputs import read_input
from convscope.pictures.preparation import Preparation
from convscope.walkthrough.input_history import input_history


def history(picture, model):
    reading = read_input(picture, "picture", model.preparation.shortest_side)
    return {change.step: change.text for change in input_history(reading, model)}


def encoded(array, form="PNG", **options):
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, form, **options)
    return buffer.getvalue()


@pytest.fixture
def model(make_model):
    return make_model("2C3", (3, 8, 8))


def test_a_picture_that_fits_is_only_normalised(model):
    result = history(np.zeros((8, 8, 3), np.uint8), model)
    assert [*result] == ["read", "normalisation"]
    assert result["read"] == "8 × 8 pixels, colour"
    assert all(f"{number:.5g}" in result["normalisation"] for number in (*model.mean, *model.std))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_camera_s_orientation(model, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    result = history(encoded(np.zeros((6, 4, 3), np.uint8), "JPEG", exif=exif), model)
    assert ("orientation" in result) == (orientation > 1)
    assert result["read"].startswith("4 × 6" if orientation > 4 else "6 × 4")
    if orientation == 6:
        assert "90° clockwise" in result["orientation"]


def test_transparency_depth_and_colour(model):
    assert "put on white" in history(encoded(np.zeros((8, 8, 4), np.uint8)), model)["transparency"]
    deep = history(encoded(np.full((8, 8), 40_000, np.uint16)), model)
    assert [*deep] == ["read", "depth", "colour", "normalisation"]
    assert "three times" in deep["colour"]


def test_colour_becomes_grey(make_model):
    result = history(np.zeros((8, 8, 3), np.uint8), make_model("2C3", (1, 8, 8)))
    assert "0.299 red" in result["colour"]


@pytest.mark.parametrize(("height", "width"), [(3, 5), (8, 9), (200, 100)])
@pytest.mark.parametrize("fit", ["stretch", "pad", "crop"])
def test_larger_and_smaller_pictures_are_resized(make_model, height, width, fit):
    model = replace(make_model("2C3", (3, 8, 8)), preparation=Preparation(3, 8, 8, fit))
    size = history(np.zeros((height, width, 3), np.uint8), model)["size"]
    assert size.startswith(f"{height} × {width} to 8 × 8 pixels: ")
    assert ("proportions kept" in size) == (fit != "stretch")


def test_a_large_jpeg_is_decoded_smaller(model):
    result = history(encoded(np.zeros((512, 256, 3), np.uint8), "JPEG"), model)
    assert [*result] == ["read", "decoding", "size", "normalisation"]
    assert result["read"].startswith("512 × 256")
    assert result["decoding"].startswith("decoded at 64 × 32 pixels")
    assert result["size"].startswith("64 × 32 to 8 × 8")


def test_files_and_images_in_memory_have_the_same_history(model, tmp_path):
    array = np.zeros((9, 9, 4), np.uint8)
    (tmp_path / "a.png").write_bytes(encoded(array))
    of_file, of_image = history(tmp_path / "a.png", model), history(Image.fromarray(array), model)
    assert of_file == of_image == history(encoded(array), model)
