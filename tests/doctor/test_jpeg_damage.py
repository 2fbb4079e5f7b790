import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from convscope.doctor.jpeg_damage import has_lost_data


def jpeg(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def zeroed(data, place, count):
    start = int(place * len(data))
    return data[:start] + bytes(count) + data[start + count :]


@pytest.mark.parametrize("place", [0.4, 0.6, 0.9])
@pytest.mark.parametrize("options", [{}, {"quality": 30}, {"quality": 95, "subsampling": 0}])
def test_zeros_instead_of_pixels_are_found(photos, options, place):
    for photo in photos:
        data = jpeg(photo, **options)
        damaged = zeroed(data, place, 100)
        Image.open(io.BytesIO(damaged)).load()  # Pillow decodes it without an error
        assert has_lost_data(damaged)
        assert not has_lost_data(data)


def test_optimised_tables_of_photos_tell_it_too(photos):
    found = [has_lost_data(zeroed(jpeg(photo, optimize=True), 0.6, 100)) for photo in photos]
    assert sum(found) > 0.5 * len(found)  # in the tables of a blurred photo, zeros may mean "no change"


@given(
    st.integers(0, 255),
    st.sampled_from(["L", "RGB", "CMYK"]),
    st.booleans(),
    st.booleans(),
    st.integers(1, 100),
    st.booleans(),
)
def test_intact_pictures_are_never_taken_for_damaged(grey, mode, optimize, progressive, quality, half):
    pixels = np.full((240, 320), grey, np.uint8)
    if half:
        pixels[:, 160:] = np.random.default_rng(grey).integers(0, 256, (240, 160))
    image = Image.fromarray(pixels).convert(mode)
    assert not has_lost_data(jpeg(image, optimize=optimize, progressive=progressive, quality=quality))


def test_zeros_elsewhere_are_no_damage(photos):
    data = jpeg(photos[0], exif=b"Exif\0\0" + bytes(200))
    assert bytes(100) in data
    assert not has_lost_data(data + bytes(500))
    assert not has_lost_data(b"\xff\xd8\xff")
