import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convscope.errors import PictureError
from convscope.model.inputs import as_many, is_single, pixels_of
from convscope.pictures.reading import read_picture

random = np.random.default_rng(0)
COLOURS = Image.fromarray(random.integers(0, 256, (5, 7, 3), np.uint8))
ALPHA = Image.fromarray(random.integers(0, 256, (5, 7, 4), np.uint8))
ORIENTATION = 0x0112


def as_file(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("image", "form"),
    [
        (COLOURS, "PNG"),
        (COLOURS.convert("L"), "PNG"),
        (COLOURS.convert("1"), "PNG"),
        (COLOURS.convert("P"), "PNG"),
        (ALPHA, "PNG"),
        (ALPHA.convert("LA"), "PNG"),
        (COLOURS, "JPEG"),
        (COLOURS.convert("CMYK"), "TIFF"),
        (COLOURS.convert("F"), "TIFF"),
        (Image.fromarray(random.integers(0, 65536, (5, 7), np.uint16)), "PNG"),
        (Image.fromarray(random.integers(0, 65536, (5, 7), np.uint16)), "TIFF"),
        (ALPHA, "WEBP"),
        (COLOURS, "GIF"),
    ],
)
def test_an_image_in_memory_is_read_as_its_file_is(image: Image.Image, form: str) -> None:
    data = as_file(image, form)
    np.testing.assert_array_equal(pixels_of(Image.open(io.BytesIO(data)), "x"), read_picture(data, "x"))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_of_an_image_in_memory_is_honoured(orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = as_file(COLOURS, "JPEG", exif=exif)
    np.testing.assert_array_equal(pixels_of(Image.open(io.BytesIO(data)), "x"), read_picture(data, "x"))


def test_path_text_bytes_and_array_are_the_same_picture(tmp_path: Path) -> None:
    path = tmp_path / "a b\n.png"
    COLOURS.save(path)
    expected = np.asarray(COLOURS)
    for picture in (path, str(path), path.read_bytes(), expected, COLOURS):
        np.testing.assert_array_equal(pixels_of(picture, "x"), expected)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4, 3), np.complex64),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((9, 8, 4), np.uint8),
        np.zeros((4,), np.uint8),
        np.zeros((0, 4), np.uint8),
        np.zeros((1, 4, 4, 3), np.uint8),
    ],
)
def test_an_array_that_is_no_picture(pixels: np.ndarray) -> None:
    with pytest.raises(PictureError, match="picture 7"):
        pixels_of(pixels, "picture 7")


def test_a_damaged_image_in_memory() -> None:
    data = as_file(COLOURS, "PNG")
    with pytest.raises(PictureError, match="picture 7"):
        pixels_of(Image.open(io.BytesIO(data[: len(data) - 40])), "picture 7")


@pytest.mark.parametrize(
    ("shape", "count"),
    [((8, 8), 1), ((8, 8, 1), 1), ((8, 8, 3), 1), ((9, 8, 4), 1), ((9, 8, 8), 9), ((2, 8, 8, 3), 2)],
)
def test_one_picture_or_several(shape: tuple[int, ...], count: int) -> None:
    pixels = np.zeros(shape, np.uint8)
    assert is_single(pixels) == (count == 1)
    assert len(list(as_many(pixels))) == count
