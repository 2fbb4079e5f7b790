"""From a file's bytes to pixels."""

from __future__ import annotations

import stat
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, UnidentifiedImageError

from convscope.errors import PictureError
from convscope.pictures.pillow_warnings import pillow_warnings_ignored

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP")
SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".webp")
)
PIXEL_LIMIT = 100_000_000
BYTE_LIMIT = 256 * 2**20

JPEG_SCAN, JPEG_END = b"\xff\xda", b"\xff\xd9"
ORIENTATION_TAG = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = frozenset((5, 6, 7, 8))


def unreadable(name: str, cause: str) -> PictureError:
    """Make the error for one picture that cannot be read."""
    return PictureError(f"cannot read the picture {name}", why=cause)


def read_file(path: Path, name: str) -> bytes:
    """Read the bytes of one picture file.

    Args:
        path: The file.
        name: What people call it.

    Raises:
        PictureError: If there is no such file, it may not be read, is no file, or is larger than
            `BYTE_LIMIT`.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for ever
            raise unreadable(name, "it is not a file")
        if status.st_size > BYTE_LIMIT:
            raise unreadable(name, f"it has {status.st_size:,} bytes; the limit is {BYTE_LIMIT:,}")
        with path.open("rb", buffering=0) as file:
            data = file.read(status.st_size + 1)
    except OSError as error:
        raise unreadable(name, error.strerror or str(error)) from error
    except ValueError as error:  # a null character in the name
        raise unreadable(name, str(error)) from error
    if len(data) != status.st_size:
        raise unreadable(name, "it changed while it was read")
    return data


def read_picture(
    data: bytes | Path, name: str, shortest_side: int | None = None, pixel_limit: int = PIXEL_LIMIT
) -> NDArray[np.uint8]:
    """Read one picture: JPEG, PNG, GIF or animated WebP (first frame), BMP, TIFF, WebP.

    The orientation written in EXIF is honoured. Transparency is laid on white. 16-bit values are divided by
    257 and rounded; integers beyond 16 bits are clipped first. Floating-point values stand for 0..1 where
    none is above 1, otherwise for 0..255, and are clipped to that.

    Args:
        data: The encoded picture, or the path of its file.
        name: What people call it, for the error.
        shortest_side: A JPEG may be decoded at a half, a quarter or an eighth of its size, which its codec
            does in a fraction of the time, as long as no side gets shorter than this. None: in full size.
        pixel_limit: How many pixels it may have at most.

    Returns:
        uint8 of shape (height, width, 1) for greyscale, (height, width, 3) for red, green, blue.

    Raises:
        PictureError: If it is empty, no picture, damaged or cut short, or has more than `pixel_limit` pixels;
            told before it is decoded.
    """
    encoded = data if isinstance(data, bytes) else read_file(data, name)
    if not encoded:
        raise unreadable(name, "the file is empty")
    try:
        with pillow_warnings_ignored, Image.open(BytesIO(encoded), formats=FORMATS) as image:
            _check_size(image, name, pixel_limit)
            if shortest_side is not None:
                image.draft(None, (shortest_side, shortest_side))
            image.load()
            _check_end(image, encoded, name)
            return _pixels(_turned_upright(image))
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        raise unreadable(name, "its content is not a JPEG, PNG, GIF, BMP, TIFF or WebP picture") from error
    except Image.DecompressionBombError as error:
        raise unreadable(name, f"it unfolds to more than the limit of {pixel_limit:,} pixels") from error
    except Exception as error:
        raise unreadable(name, f"it is damaged ({str(error) or type(error).__name__})") from error


def picture_size(encoded: bytes) -> tuple[int, int]:
    """Read the height and width of a picture from its head, EXIF's orientation honoured.

    Args:
        encoded: A picture that `read_picture` can read.
    """
    with pillow_warnings_ignored, Image.open(BytesIO(encoded), formats=FORMATS) as image:
        lies = orientation_of(image) in SIDEWAYS
        return (image.width, image.height) if lies else (image.height, image.width)


def suffix_of(encoded: bytes) -> str:
    """What the name of a picture's file ends with, by its content.

    Args:
        encoded: A picture that `read_picture` can read.
    """
    with pillow_warnings_ignored, Image.open(BytesIO(encoded), formats=FORMATS) as image:
        return f".{str(image.format).lower()}"


def orientation_of(image: Image.Image) -> int:
    """Read EXIF's orientation, 1 to 8; 1, upright, where there is none."""
    try:
        return image.getexif().get(ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001 - damaged EXIF says nothing about the pixels
        return 1


def _check_size(image: Image.Image, name: str, limit: int) -> None:
    if image.width * image.height > limit:
        raise unreadable(
            name,
            f"it unfolds to {image.width:,} × {image.height:,} pixels; the limit is {limit:,} in all",
        )


def _check_end(image: Image.Image, encoded: bytes, name: str) -> None:
    """Find a JPEG cut short that Pillow lets pass, as it does where somebody set LOAD_TRUNCATED_IMAGES."""
    if image.format == "JPEG" and encoded.find(JPEG_END, _scan_start(encoded)) < 0:
        raise unreadable(name, "it is cut short (no end marker)")


def _scan_start(encoded: bytes) -> int:
    """Find where a JPEG's pixels start: behind its segments, one of which may hold a small JPEG."""
    place = 2
    while encoded[place : place + 1] == b"\xff" and encoded[place : place + 2] != JPEG_SCAN:
        filled = encoded[place + 1 : place + 2] == b"\xff"
        place += 1 if filled else 2 + int.from_bytes(encoded[place + 2 : place + 4], "big")
    return place


def _turned_upright(image: Image.Image) -> Image.Image:
    orientation = orientation_of(image)
    return image.transpose(UPRIGHT[orientation]) if orientation in UPRIGHT else image


def _pixels(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode == "F" or image.mode.startswith("I"):
        pixels = _narrowed(np.asarray(image))
    elif image.has_transparency_data:
        pixels = np.asarray(_laid_on_white(image))
    elif image.mode in {"L", "RGB"}:
        pixels = np.asarray(image)
    else:
        pixels = np.asarray(image.convert("L" if image.mode == "1" else "RGB"))
    return pixels if pixels.ndim == 3 else pixels[:, :, np.newaxis]


def _narrowed(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Scale 16-bit, 32-bit and floating-point grey values to 0..255."""
    if np.issubdtype(values.dtype, np.integer):
        return ((np.clip(values, 0, 65535).astype(np.uint32) + 128) // 257).astype(np.uint8)
    values = np.nan_to_num(values.astype(np.float64), nan=0.0)
    scale = 255 if values.max() <= 1 else 1
    return np.rint(np.clip(values * scale, 0, 255)).astype(np.uint8)


def _laid_on_white(image: Image.Image) -> Image.Image:
    grey = image.mode in {"1", "L", "LA", "La"}
    colours = image.convert("RGBA")
    white = Image.new("RGBA", colours.size, "white")
    return Image.alpha_composite(white, colours).convert("L" if grey else "RGB")
