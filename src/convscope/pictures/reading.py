"""Reading one picture: from a file's bytes, or a PIL image, to pixels."""

from __future__ import annotations

import importlib.util
import stat
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, UnidentifiedImageError, features

from convscope.errors import PictureError
from convscope.pictures.pillow_warnings import pillow_warnings_ignored
from convscope.pictures.png_chunks import without_profiles
from convscope.pictures.tiff_tags import Samples, samples_of
from convscope.pictures.unidentified import why_unidentified
from convscope.pictures.value_range import RangeError, to_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

HAS_AVIF = features.check("avif")
HAS_HEIC = importlib.util.find_spec("pillow_heif") is not None

FORMATS = (
    *("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"),
    *(("AVIF",) if HAS_AVIF else ()),
    *(("HEIF",) if HAS_HEIC else ()),
)
SUFFIXES = frozenset(
    (
        *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".webp"),
        *((".avif",) if HAS_AVIF else ()),
        *((".heic", ".heif") if HAS_HEIC else ()),
    )
)
PIXEL_LIMIT, BYTE_LIMIT = 100_000_000, 256 * 2**20

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
_FEW_BITS = 15
"""If the upper 8 bits of 16-bit colours do not exceed this, they use at most 12 bits."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A picture that has been read.

    Attributes:
        pixels: uint8 of shape (height, width, 1) for greyscale, (height, width, 3) for red, green, blue.
        guess: How the value range was guessed, if values are not bytes and the file does not state it.
        orientation: The EXIF orientation, 1 to 8, that was applied.
        has_transparency: Whether transparent pixels were blended with white.
        is_deep: Whether it had more than 256 levels per channel.
        full_size: Height and width of the upright picture, if it is a JPEG that was decoded at a smaller
            scale.
        is_first_of_several: Whether the file has more frames or pages, which are ignored.
    """

    pixels: NDArray[np.uint8]
    guess: str = ""
    orientation: int = 1
    has_transparency: bool = False
    is_deep: bool = False
    full_size: tuple[int, int] | None = None
    is_first_of_several: bool = False

    @property
    def note(self) -> str:
        """A message on how it was read; "" if there is none."""
        first = "only the first of its frames or pages is used" if self.is_first_of_several else ""
        return "; ".join(filter(None, (self.guess, first)))


def unreadable(name: str, cause: str, remedy: str = "") -> PictureError:
    """Create the error for an unreadable picture."""
    return PictureError(f"cannot read the picture {name}", why=cause, remedy=remedy)


def read_file(path: Path, name: str) -> bytes:
    """Read the bytes of one picture file.

    Args:
        path: The file.
        name: Its name in errors.

    Raises:
        PictureError: If there is no such file, it is not readable, it is not a regular file, or it is larger
            than `BYTE_LIMIT`.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would block forever
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
    """Read the pixels of one picture; same arguments and errors as `read`."""
    return read(data, name, shortest_side, pixel_limit).pixels


def read(
    data: bytes | Path, name: str, shortest_side: int | None = None, pixel_limit: int = PIXEL_LIMIT
) -> Reading:
    """Read one picture: JPEG, PNG, GIF, BMP, TIFF, WebP and AVIF; HEIC with the extra `heic`.

    Only the first frame or page is read. The EXIF orientation is applied. Transparent pixels are blended with
    white. Values that are not bytes are scaled, see `value_range`. Colour profiles are not applied.

    Args:
        data: The encoded picture, or the path of its file.
        name: Its name in errors.
        shortest_side: A JPEG may be decoded at a half, a quarter or an eighth of its size, which takes a
            fraction of the time, as long as no side gets shorter than this. None: full size.
        pixel_limit: Largest number of pixels.

    Raises:
        PictureError: If it is empty, not a picture, of an unsupported kind, damaged or truncated, or has more
            than `pixel_limit` pixels, which is checked before decoding.
    """
    encoded = data if isinstance(data, bytes) else read_file(data, name)
    if not encoded:
        raise unreadable(name, "the file is empty")
    try:
        return _decoded(encoded, name, shortest_side, pixel_limit)
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        raise unreadable(name, *why_unidentified(encoded, FORMATS)) from error
    except Image.DecompressionBombError as error:
        raise unreadable(name, f"it unfolds to more than the limit of {pixel_limit:,} pixels") from error
    except Exception as error:
        raise unreadable(name, f"it is damaged ({str(error) or type(error).__name__})") from error


def reading_of(image: Image.Image, name: str, *, upright: bool = True) -> Reading:
    """Read the pixels of a PIL image of any mode, without changing it.

    Args:
        image: The image, loaded.
        name: Its name in errors.
        upright: Whether to apply its EXIF orientation.

    Raises:
        PictureError: Its values cannot be scaled to 0..255, or Pillow does not decode them correctly.
    """
    samples = samples_of(image)
    if samples.misread:
        cause = f"it is a TIFF of {samples.misread}, which is not read"
        raise unreadable(name, cause, "save it as PNG or with 8 bits")
    orientation = orientation_of(image) if upright else 1
    has_transparency, is_deep = image.has_transparency_data, image.mode == "F" or image.mode.startswith("I")
    if orientation in UPRIGHT:
        image = image.transpose(UPRIGHT[orientation])
    try:
        pixels, guess = _pixels(image, samples)
    except RangeError as error:
        raise unreadable(name, str(error), "scale its values to 0..255 and save it as PNG") from error
    pixels = pixels if pixels.ndim == 3 else pixels[:, :, np.newaxis]
    return Reading(pixels, guess, orientation, has_transparency, is_deep)


def image_of(pixels: NDArray[np.uint8]) -> Image.Image:
    """Return pixels, (height, width) or (height, width, 1 or 3), as a PIL image.

    Example:
        >>> image_of(np.zeros((2, 3, 1), np.uint8)).mode, image_of(np.zeros((2, 3, 3), np.uint8)).mode
        ('L', 'RGB')
    """
    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2:] == (1,) else pixels)


def open_image(encoded: bytes) -> Image.Image:
    """Open a picture with Pillow, without decoding it yet; raises what Pillow raises."""
    _register_heic()
    try:
        return Image.open(BytesIO(encoded), formats=FORMATS)
    except ValueError:  # a profile or text that decompresses to more than Pillow allows
        return Image.open(BytesIO(without_profiles(encoded) or encoded), formats=FORMATS)


def check_size(image: Image.Image, name: str, limit: int) -> None:
    """Check the number of pixels of an image that is not yet decoded.

    Raises:
        PictureError: There are more than `limit`.
    """
    if image.width * image.height > limit:
        raise unreadable(
            name,
            f"it unfolds to {image.width:,} × {image.height:,} pixels; the limit is {limit:,} in all",
        )


def picture_size(encoded: bytes) -> tuple[int, int]:
    """Return the height and width of a picture from its header, with EXIF orientation applied.

    Args:
        encoded: A picture that `read_picture` can read.
    """
    with pillow_warnings_ignored, open_image(encoded) as image:
        turned = orientation_of(image) in SIDEWAYS
        return (image.width, image.height) if turned else (image.height, image.width)


def frame_count(encoded: bytes) -> int:
    """Return the number of frames or pages of a picture.

    Args:
        encoded: A picture that `read_picture` can read.
    """
    with pillow_warnings_ignored, open_image(encoded) as image:
        if image.format == "MPO":  # the same view again, for a depth effect or in other sizes
            return 1
        try:
            return int(getattr(image, "n_frames", 1))
        except Exception:  # noqa: BLE001 - the first one could be read, and no other is
            return 1


def suffix_of(encoded: bytes) -> str:
    """Return the suffix for a picture's file name, by its content.

    Args:
        encoded: A picture that `read_picture` can read.
    """
    with pillow_warnings_ignored, open_image(encoded) as image:
        return f".{str(image.format).lower()}"


def orientation_of(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; 1 (upright) if there is none."""
    try:
        return image.getexif().get(ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001 - damaged EXIF says nothing about the pixels
        return 1


def _decoded(encoded: bytes, name: str, shortest_side: int | None, pixel_limit: int) -> Reading:
    with pillow_warnings_ignored, open_image(encoded) as image:
        check_size(image, name, pixel_limit)
        width, height = full = image.size
        if shortest_side is not None:
            image.draft(None, (shortest_side, shortest_side))
        is_smaller = image.size != full
        is_deep = _is_deep_colour(image)
        try:
            image.load()
        except ValueError:
            stripped = without_profiles(encoded)
            if stripped in {None, encoded}:
                raise
            return _decoded(stripped or b"", name, shortest_side, pixel_limit)
        _check_end(image, encoded, name)
        if is_deep:
            _check_filled(image, name)
        result = reading_of(image, name)
        several = image.format != "MPO" and bool(getattr(image, "is_animated", False))  # MPO: the same view
        result = replace(result, is_deep=is_deep or result.is_deep, is_first_of_several=several)
        if not is_smaller:
            return result
        return replace(result, full_size=full if result.orientation in SIDEWAYS else (height, width))


@cache
def _register_heic() -> None:
    if HAS_HEIC:
        import pillow_heif  # noqa: PLC0415  # pyright: ignore[reportMissingImports]  # optional

        pillow_heif.register_heif_opener()


def _check_end(image: Image.Image, encoded: bytes, name: str) -> None:
    """Detect a truncated JPEG that Pillow accepts, for example if LOAD_TRUNCATED_IMAGES is set."""
    if image.format in {"JPEG", "MPO"} and encoded.find(JPEG_END, _scan_start(encoded)) < 0:
        raise unreadable(name, "it is cut short (no end marker)")


def _scan_start(encoded: bytes) -> int:
    """Return the offset of a JPEG's pixels: after its segments, one of which may hold a small JPEG."""
    place = 2
    while encoded[place : place + 1] == b"\xff" and encoded[place : place + 2] != JPEG_SCAN:
        filled = encoded[place + 1 : place + 2] == b"\xff"
        place += 1 if filled else 2 + int.from_bytes(encoded[place + 2 : place + 4], "big")
    return place


def _is_deep_colour(image: Image.Image) -> bool:
    """Whether a file not loaded yet holds 16-bit colours, of which Pillow only keeps the upper 8 bits."""
    tiles: list[Any] = getattr(image, "tile", [])
    return image.mode in {"RGB", "RGBA", "RGBa"} and any(";16" in str(tile[3]) for tile in tiles)


def _check_filled(image: Image.Image, name: str) -> None:
    highest = max(int(high) for _, high in image.convert("RGB").getextrema())  # pyright: ignore[reportGeneralTypeIssues]
    if 0 < highest <= _FEW_BITS:
        cause = "its 16-bit colours use 12 bits at most, so it would be read as nearly black"
        raise unreadable(name, cause, "scale its values to 0..65,535, or save it with 8 bits")


def _pixels(image: Image.Image, samples: Samples) -> tuple[NDArray[np.uint8], str]:
    if image.mode == "F" or image.mode.startswith("I") or samples.signed_bytes:
        return _deep_grey(image, samples)
    if image.has_transparency_data:
        image = _laid_on_white(image)
    elif image.mode not in {"L", "RGB"}:
        image = image.convert("L" if image.mode == "1" else "RGB")
    return np.asarray(image), ""


def _deep_grey(image: Image.Image, samples: Samples) -> tuple[NDArray[np.uint8], str]:
    values = np.asarray(image)
    pixels, guess = to_bytes(samples.typed(values), samples.filled_bits, storage=samples.storage_bits)
    if samples.white_is_zero:
        pixels = 255 - pixels
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        pixels = np.where(values == transparent, np.uint8(255), pixels)
    return pixels, guess


def _laid_on_white(image: Image.Image) -> Image.Image:
    grey = image.mode in {"1", "L", "LA", "La"}
    if image.mode == "La":
        image = image.convert("LA")
    clear = image.info.get("transparency")
    if isinstance(clear, tuple) and max(clear) > 255:  # a 16-bit colour; Pillow would use the lower 8 bits
        image = image.copy()
        image.info["transparency"] = tuple(value >> 8 for value in clear)
    colours = image.convert("RGBA")
    white = Image.new("RGBA", colours.size, "white")
    return Image.alpha_composite(white, colours).convert("L" if grey else "RGB")
