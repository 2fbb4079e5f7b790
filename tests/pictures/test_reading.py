import io
import os
import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFile

from convscope.errors import PictureError
from convscope.pictures.reading import PIXEL_LIMIT, SUFFIXES, read_picture, suffix_of

COLOURS = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)


def saved(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("WEBP", {"lossless": True}),
    ],
)
def test_lossless_formats_come_back_to_the_bit(kind, options):
    assert np.array_equal(read_picture(saved(Image.fromarray(COLOURS), kind, **options), "x"), COLOURS)


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_jpeg_comes_back_nearly(options):
    smooth = np.linspace(0, 255, 16 * 16 * 3).reshape(16, 16, 3).astype(np.uint8)
    read = read_picture(saved(Image.fromarray(smooth), "JPEG", quality=95, **options), "x")
    assert np.abs(read.astype(int) - smooth).max() < 12


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_the_first_frame_counts(kind):
    frames = [Image.new("RGB", (4, 3), colour) for colour in ("red", "blue")]
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True)
    assert np.array_equal(read_picture(data, "x"), np.broadcast_to([255, 0, 0], (3, 4, 3)))


def test_grey_has_one_channel():
    assert np.array_equal(read_picture(saved(Image.fromarray(COLOURS[:, :, 0])), "x"), COLOURS[:, :, :1])


def test_black_and_white_is_grey():
    read = read_picture(saved(Image.fromarray(COLOURS[:, :, 0] > 127)), "x")
    assert np.array_equal(read, np.where(COLOURS[:, :, :1] > 127, 255, 0))


def test_a_palette_is_looked_up():
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 100, 0])
    image.putdata([1, 0])
    assert read_picture(saved(image), "x").tolist() == [[[200, 100, 0], [10, 20, 30]]]


def test_transparency_lies_on_white():
    image = Image.new("RGBA", (3, 1))
    image.putdata([(255, 0, 0, 255), (255, 0, 0, 0), (0, 0, 0, 51)])
    assert read_picture(saved(image), "x").tolist() == [[[255, 0, 0], [255, 255, 255], [204, 204, 204]]]


def test_grey_with_transparency_stays_grey():
    image = Image.new("LA", (2, 1))
    image.putdata([(100, 255), (100, 0)])
    assert read_picture(saved(image), "x").tolist() == [[[100], [255]]]


def test_a_transparent_colour_of_a_palette_is_white():
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 100, 0])
    image.putdata([1, 0])
    assert read_picture(saved(image, "GIF", transparency=0), "x").tolist() == [
        [[200, 100, 0], [255, 255, 255]]
    ]


def test_cmyk_becomes_red_green_blue():
    image = Image.new("CMYK", (8, 8), (255, 0, 0, 0))
    read = read_picture(saved(image, "JPEG", quality=100), "x")
    assert np.abs(read.astype(int) - [0, 255, 255]).max() <= 3


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bits_are_divided_by_257(kind):
    values = np.array([[0, 128, 129, 257, 32768, 65535]], np.uint16)
    assert read_picture(saved(Image.fromarray(values), kind), "x")[0, :, 0].tolist() == [0, 0, 1, 1, 128, 255]


def test_integers_beyond_16_bits_fill_the_next_range():
    values = np.array([[0, 2**23, 2**24 - 1]], np.int32)
    assert read_picture(saved(Image.fromarray(values), "TIFF"), "x")[0, :, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize(
    ("values", "expected"),
    [([0, 0.5, 1], [0, 128, 255]), ([-3, 0.6, 300], [0, 1, 255]), ([np.nan, 0, 1], [0, 0, 255])],
)
def test_floating_point_values_have_a_range(values, expected):
    image = Image.fromarray(np.array([values], np.float32))
    assert read_picture(saved(image, "TIFF"), "x")[0, :, 0].tolist() == expected


# Where the first row and column of the stored picture belong (EXIF 2.32, tag 274), inverted.
TURNED_BACK = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: np.rot90,
    7: lambda upright: upright[::-1, ::-1].swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
}


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", TURNED_BACK)
def test_orientation_is_honoured(kind, orientation):
    stored = Image.fromarray(np.ascontiguousarray(TURNED_BACK[orientation](COLOURS)))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    assert np.array_equal(read_picture(saved(stored, kind, exif=exif, **options), "x"), COLOURS)


def test_orientation_of_a_jpeg_is_honoured():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert read_picture(saved(Image.fromarray(COLOURS), "JPEG", exif=exif), "x").shape == (7, 5, 3)


DAMAGED_EXIF = b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\xff\xff\x01\x12\x00\x03"


def test_damaged_exif_does_not_break_a_picture():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = saved(Image.fromarray(COLOURS), exif=DAMAGED_EXIF)
        assert np.array_equal(read_picture(data, "x"), COLOURS)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"])
@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9])
def test_a_truncated_picture_is_broken(kind, kept):
    noise = np.random.default_rng(1).integers(0, 256, (60, 60, 3), np.uint8)
    data = saved(Image.fromarray(noise), kind)
    with pytest.raises(PictureError, match="cannot read the picture cut"):
        read_picture(data[: int(len(data) * kept)], "cut")


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_is_broken_however_little_is_missing(progressive):
    data = saved(Image.fromarray(COLOURS), "JPEG", progressive=progressive)
    for length in range(len(data)):
        with pytest.raises(PictureError):
            read_picture(data[:length], "cut")


def test_a_jpeg_cut_short_is_broken_even_where_pillow_is_told_to_load_it(monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    thumbnail = saved(Image.new("RGB", (8, 8)), "JPEG")
    data = saved(Image.fromarray(COLOURS), "JPEG", exif=b"Exif\x00\x00" + thumbnail)
    assert read_picture(data, "x").shape == COLOURS.shape
    with pytest.raises(PictureError, match="no end marker"):
        read_picture(data[:-60], "cut")


def test_what_follows_the_end_of_a_jpeg_does_not_matter():
    data = saved(Image.fromarray(COLOURS), "JPEG")
    assert np.array_equal(read_picture(data + b"\xff\xda more", "x"), read_picture(data, "x"))


@pytest.mark.parametrize(
    ("data", "cause"),
    [(b"", "empty"), (b"just some text, renamed", "not a JPEG, PNG"), (b"\x89PNG\r\n\x1a\n", "")],
)
def test_what_is_no_picture_is_broken(data, cause):
    with pytest.raises(PictureError) as caught:
        read_picture(data, "odd.jpg")
    assert "odd.jpg" in caught.value.what
    assert cause in caught.value.why


@given(
    st.binary(max_size=60),
    st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II*\x00", b"RIFF"]),
)
def test_whatever_the_bytes_only_a_picture_error_comes(rest, start):
    try:
        picture = read_picture(start + rest, "x")
    except PictureError:
        return
    assert picture.dtype == np.uint8


def png_of_size(width, height):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [10_001, 13_000, 30_000])
def test_a_decompression_bomb_is_told_before_it_is_decoded(side):
    with pytest.raises(PictureError) as caught:
        read_picture(png_of_size(side, side), "bomb.png")
    assert f"{PIXEL_LIMIT:,}" in caught.value.why


def test_warnings_do_not_leak_from_threads():
    nearly_a_bomb = png_of_size(9_800, 9_800)  # Pillow warns of it; then it is found to be truncated

    def attempt(_):
        with pytest.raises(PictureError):
            read_picture(nearly_a_bomb, "x")

    with warnings.catch_warnings(record=True) as caught, ThreadPoolExecutor(4) as pool:
        warnings.simplefilter("always")
        list(pool.map(attempt, range(40)))
    assert not caught


@pytest.mark.parametrize("size", [(1, 1), (20_000, 1), (1, 20_000)])
def test_extreme_sizes_are_read(size):
    assert read_picture(saved(Image.new("RGB", size, "red")), "x").shape == (size[1], size[0], 3)


@pytest.mark.parametrize(
    "name", ["with space.png", "two\nlines.png", "日本語.png", os.fsdecode(b"caf\xe9.png")]
)
def test_a_file_may_be_called_anything(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(saved(Image.fromarray(COLOURS)))
    assert np.array_equal(read_picture(path, "x"), COLOURS)


def test_what_is_no_file_says_so(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    causes = {
        tmp_path / "missing.png": "No such file",
        tmp_path / "pipe.png": "not a file",
        tmp_path / "loop.png": "symbolic links",
        tmp_path: "not a file",
        tmp_path / ("long" * 100): "name too long",
        Path("null\0.png"): "null",
    }
    for path, cause in causes.items():
        with pytest.raises(PictureError) as caught:
            read_picture(path, "x")
        assert cause in caught.value.why


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_says_so(tmp_path):
    path = tmp_path / "secret.png"
    path.write_bytes(saved(Image.fromarray(COLOURS)))
    path.chmod(0)
    with pytest.raises(PictureError, match="Permission denied"):
        read_picture(path, "x")


def test_reading_leaves_the_file_as_it_is(tmp_path):
    path = tmp_path / "half.jpg"
    path.write_bytes(saved(Image.fromarray(COLOURS), "JPEG")[:200])
    before = path.read_bytes(), path.stat().st_mtime_ns
    with pytest.raises(PictureError):
        read_picture(path, "x")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def large_jpeg(height=1200, width=1600, orientation=1):
    rows, columns = np.mgrid[:height, :width]
    pixels = np.stack([rows * 255 // height, columns * 255 // width, (rows + columns) % 256 // 2], axis=2)
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(buffer, "JPEG", quality=95, exif=exif)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("shortest_side", "shape"),
    [
        (150, (150, 200, 3)),
        (151, (300, 400, 3)),
        (599, (600, 800, 3)),
        (601, (1200, 1600, 3)),
        (5000, (1200, 1600, 3)),
    ],
)
def test_the_codec_scales_down_as_far_as_the_shortest_side_allows(shortest_side, shape):
    assert read_picture(large_jpeg(), "x", shortest_side).shape == shape


def test_what_the_codec_scales_down_is_turned_upright_and_looks_like_the_picture():
    full = read_picture(large_jpeg(orientation=6), "x")
    scaled = read_picture(large_jpeg(orientation=6), "x", 300)
    assert scaled.shape == (400, 300, 3)
    means = full.reshape(400, 4, 300, 4, 3).mean(axis=(1, 3))
    assert np.abs(scaled - means).mean() < 2


def test_other_formats_are_decoded_in_full_size():
    buffer = io.BytesIO()
    Image.new("RGB", (400, 300)).save(buffer, "PNG")
    assert read_picture(buffer.getvalue(), "x", 10).shape == (300, 400, 3)


def test_heic_is_read_where_its_plugin_is_installed():
    pillow_heif = pytest.importorskip("pillow_heif")
    smooth = np.linspace(0, 255, 64 * 48 * 3).reshape(64, 48, 3).astype(np.uint8)
    pillow_heif.register_heif_opener()
    read = read_picture(saved(Image.fromarray(smooth), "HEIF", quality=95), "x")
    assert np.abs(read.astype(int) - smooth).max() < 12


def test_every_format_is_kept_under_a_suffix_that_is_read():
    """Pictures stored with the suffix of their content are found again, also a JPEG with several views."""
    frame = Image.new("RGB", (16, 16), "red")
    for form, options in (("MPO", {"save_all": True, "append_images": [frame]}), ("JPEG", {}), ("PNG", {})):
        assert suffix_of(saved(frame, form, **options)) in SUFFIXES
