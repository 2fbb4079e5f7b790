"""Pictures of every kind, created in the test, each with its expected pixels."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

rows, columns = np.mgrid[:24, :18]
GREY = (20 + 7 * rows + 2 * columns).astype(np.uint8)
COLOUR = np.stack([GREY, 255 - GREY, (10 * columns).astype(np.uint8)], axis=2)
ALPHA = np.where(columns > 8, 255, 14 * columns).astype(np.uint8)
ON_WHITE = np.asarray(
    Image.alpha_composite(Image.new("RGBA", (18, 24), "white"), Image.fromarray(np.dstack([COLOUR, ALPHA])))
)[:, :, :3]
GREY_ON_WHITE = np.asarray(
    Image.alpha_composite(
        Image.new("RGBA", (18, 24), "white"), Image.fromarray(np.dstack([GREY, GREY, GREY, ALPHA]))
    ).convert("L")
)
# the stored picture that is upright after applying the EXIF orientation (EXIF 2.32, tag 274)
TURNED = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: np.rot90,
    7: lambda upright: upright[::-1, ::-1].swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
}


@dataclass(frozen=True)
class Kind:
    """A picture of one kind.

    Attributes:
        suffix: Suffix of its file.
        data: Content of the file.
        pixels: The expected pixels: uint8 (height, width[, 3]); None if it must be refused.
        tolerance: Largest difference of a value, for lossy formats.
        cause: The expected cause of the refusal.
    """

    suffix: str
    data: bytes
    pixels: np.ndarray | None
    tolerance: int = 0
    cause: str = ""


def saved(image: Image.Image, form: str, **options: Any) -> bytes:  # noqa: ANN401  # Pillow's
    """Return the file of an image."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def exif_of(orientation: int) -> Image.Exif:
    """Return EXIF that only contains an orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def tiff(
    values: np.ndarray,
    *,
    order: str = "<",
    photometric: int = 1,
    extra: int | None = None,
    planar: bool = False,
) -> bytes:
    """Return an uncompressed TIFF of values of any type, including those that Pillow cannot write.

    Args:
        values: (height, width[, channels]), or (channels, height, width) if planar.
        order: `<` or `>`, the byte order.
        photometric: 0: white is zero, 1: black is zero, 2: red, green, blue.
        extra: Meaning of the last channel, for the tag ExtraSamples: 2 for alpha.
        planar: Whether each channel has its own strip.
    """
    channels = values.shape[0] if planar else values.shape[2] if values.ndim == 3 else 1
    height, width = values.shape[1:] if planar else values.shape[:2]
    content = values.astype(values.dtype.newbyteorder(order)).tobytes()
    strips = channels if planar else 1
    length = len(content) // strips
    entries: list[tuple[int, int, tuple[int, ...]]] = [
        (256, 4, (width,)),
        (257, 4, (height,)),
        (258, 3, (8 * values.dtype.itemsize,) * channels),
        (259, 3, (1,)),
        (262, 3, (photometric,)),
        (273, 4, tuple(8 + strip * length for strip in range(strips))),
        (277, 3, (channels,)),
        (278, 4, (height,)),
        (279, 4, (length,) * strips),
        (284, 3, (2 if planar else 1,)),
        *([] if extra is None else [(338, 3, (extra,))]),
        (339, 3, ({"u": 1, "i": 2, "f": 3}[values.dtype.kind],) * channels),
    ]
    start = 8 + len(content)
    directory, more = struct.pack(f"{order}H", len(entries)), b""
    after = start + 2 + 12 * len(entries) + 4
    for tag, kind, numbers in entries:
        packed = struct.pack(f"{order}{len(numbers)}{'H' if kind == 3 else 'I'}", *numbers)
        if len(packed) > 4:
            packed, more = struct.pack(f"{order}I", after + len(more)), more + packed
        directory += struct.pack(f"{order}HHI", tag, kind, len(numbers)) + packed.ljust(4, b"\0")
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", start)
    return head + content + directory + bytes(4) + more


def packed12(values: np.ndarray) -> bytes:
    """A TIFF with 12 bits per value, two values in three bytes."""
    flat = values.astype(int).reshape(-1, 2)
    pairs = np.stack([flat[:, 0] >> 4, (flat[:, 0] & 15) << 4 | flat[:, 1] >> 8, flat[:, 1] & 255], axis=1)
    plain = tiff(pairs.astype(np.uint8).reshape(values.shape[0], -1))
    bits = plain.replace(struct.pack("<HHIHxx", 258, 3, 1, 8), struct.pack("<HHIHxx", 258, 3, 1, 12))
    return bits.replace(
        struct.pack("<HHII", 256, 4, 1, pairs.size // values.shape[0]),
        struct.pack("<HHII", 256, 4, 1, values.shape[1]),
    )


def _kinds() -> dict[str, Kind]:
    grey, colour = Image.fromarray(GREY), Image.fromarray(COLOUR)
    alpha = Image.fromarray(np.dstack([COLOUR, ALPHA]))
    grey_alpha = Image.merge("LA", (grey, Image.fromarray(ALPHA)))
    wide = GREY.astype(np.uint16) * 257
    unit = (GREY / 255).astype(np.float32)
    bright, infinite, holed, hot = unit.copy(), unit.copy(), unit.copy(), unit.copy()
    bright[0, 0], infinite[0, 0], holed[0, 0], hot[5, 5] = 1.0001, np.inf, np.nan, 1.15
    at = {name: GREY.copy() for name in ("bright", "infinite", "holed", "hot")}
    at["bright"][0, 0] = at["infinite"][0, 0] = at["hot"][5, 5] = 255
    at["holed"][0, 0] = 0
    palette = colour.quantize(16)
    smooth = colour.resize((48, 64), Image.Resampling.BICUBIC)
    frames = [Image.new("RGB", (18, 24), name) for name in ("red", "blue")]
    red = np.broadcast_to(np.array([255, 0, 0], np.uint8), (24, 18, 3))
    transparent = np.where(GREY[3, 3] == GREY, 255, GREY).astype(np.uint8)
    two_levels = np.where(GREY > 127, 255, 0).astype(np.uint8)
    broken_exif = b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\xff\xff\x01\x12\x00\x03"
    profile = np.random.default_rng(0).bytes(1_500_000)
    return {
        **{
            f"JPEG turned {n}": Kind(
                ".jpg",
                saved(turned(COLOUR, n), "JPEG", quality=100, subsampling=0, exif=exif_of(n)),
                COLOUR,
                3,
            )
            for n in TURNED
        },
        **{
            f"PNG turned {n}": Kind(".png", saved(turned(COLOUR, n), "PNG", exif=exif_of(n)), COLOUR)
            for n in (3, 6, 7)
        },
        **{
            f"WebP turned {n}": Kind(
                ".webp", saved(turned(COLOUR, n), "WEBP", lossless=True, exif=exif_of(n)), COLOUR
            )
            for n in (1, 6, 8)
        },
        "TIFF turned 5": Kind(".tif", saved(turned(COLOUR, 5), "TIFF", exif=exif_of(5)), COLOUR),
        "PNG grey": Kind(".png", saved(grey, "PNG"), GREY),
        "PNG of 1 bit": Kind(".png", saved(Image.fromarray(GREY > 127), "PNG"), two_levels),
        "PNG of 16 bits": Kind(".png", saved(Image.fromarray(wide), "PNG"), GREY),
        "PNG of 16 bits, one level transparent": Kind(
            ".png", saved(Image.fromarray(wide), "PNG", transparency=int(wide[3, 3])), transparent
        ),
        "PNG one grey transparent": Kind(
            ".png", saved(grey, "PNG", transparency=int(GREY[3, 3])), transparent
        ),
        "PNG alpha": Kind(".png", saved(alpha, "PNG"), ON_WHITE),
        "PNG grey and alpha": Kind(".png", saved(grey_alpha, "PNG"), GREY_ON_WHITE),
        "PNG palette": Kind(".png", saved(palette, "PNG"), np.asarray(palette.convert("RGB"))),
        "PNG palette, one colour transparent": Kind(
            ".png", saved(palette, "PNG", transparency=0), _without(palette, 0)
        ),
        "PNG with a large profile": Kind(".png", saved(colour, "PNG", icc_profile=bytes(3_000_000)), COLOUR),
        "PNG with damaged EXIF": Kind(".png", saved(colour, "PNG", exif=broken_exif), COLOUR),
        "PNG animation": Kind(".png", saved(frames[0], "PNG", save_all=True, append_images=frames[1:]), red),
        "JPEG grey": Kind(".jpg", saved(grey, "JPEG", quality=100), GREY, 3),
        "JPEG progressive": Kind(
            ".jpg", saved(colour, "JPEG", quality=100, subsampling=0, progressive=True), COLOUR, 3
        ),
        "JPEG CMYK": Kind(
            ".jpg",
            saved(colour.convert("CMYK"), "JPEG", quality=100),
            np.asarray(colour.convert("CMYK").convert("RGB")),
            4,
        ),
        "JPEG with a large profile": Kind(
            ".jpg", saved(colour, "JPEG", quality=100, subsampling=0, icc_profile=profile), COLOUR, 3
        ),
        "JPEG of several views (MPO)": Kind(
            ".mpo",
            saved(colour, "MPO", quality=100, subsampling=0, save_all=True, append_images=[frames[0]]),
            COLOUR,
            3,
        ),
        "GIF": Kind(".gif", saved(grey, "GIF"), np.dstack([GREY] * 3)),
        "GIF animation": Kind(".gif", saved(frames[0], "GIF", save_all=True, append_images=frames[1:]), red),
        "GIF transparent": Kind(".gif", saved(palette, "GIF", transparency=0), _without(palette, 0)),
        "BMP": Kind(".bmp", saved(colour, "BMP"), COLOUR),
        "WebP alpha": Kind(".webp", saved(alpha, "WEBP", lossless=True, exact=True), ON_WHITE),
        "WebP animation": Kind(
            ".webp", saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True), red
        ),
        "AVIF": Kind(".avif", saved(smooth, "AVIF", quality=100, subsampling="4:4:4"), np.asarray(smooth), 3),
        "AVIF turned 6": Kind(
            ".avif",
            saved(turned(np.asarray(smooth), 6), "AVIF", quality=100, subsampling="4:4:4", exif=exif_of(6)),
            np.asarray(smooth),
            3,
        ),
        "TIFF LZW": Kind(".tif", saved(colour, "TIFF", compression="tiff_lzw"), COLOUR),
        "TIFF of pages": Kind(".tif", saved(colour, "TIFF", save_all=True, append_images=frames), COLOUR),
        "TIFF CMYK": Kind(
            ".tif", saved(colour.convert("CMYK"), "TIFF"), np.asarray(colour.convert("CMYK").convert("RGB"))
        ),
        "TIFF alpha": Kind(".tif", saved(alpha, "TIFF"), ON_WHITE),
        "TIFF palette": Kind(".tif", saved(palette, "TIFF"), np.asarray(palette.convert("RGB"))),
        "TIFF grey and alpha": Kind(".tif", tiff(np.dstack([GREY, ALPHA]), extra=2), GREY_ON_WHITE),
        "TIFF planar": Kind(".tif", tiff(np.moveaxis(COLOUR, 2, 0), photometric=2, planar=True), COLOUR),
        "TIFF of 4 bits": Kind(".tif", _four_bits(GREY), (GREY >> 4) * np.uint8(17)),
        "TIFF white is zero": Kind(".tif", tiff(255 - GREY, photometric=0), GREY),
        "TIFF of 16 bits, white is zero": Kind(".tif", tiff(65535 - wide, photometric=0), GREY),
        "TIFF of 12 bits": Kind(".tif", packed12(bits_of(12)), GREY, 1),
        "TIFF of 12 bits in 16": Kind(".tif", tiff(bits_of(12)), GREY, 1),
        "TIFF of 12 bits in 16, the other way round": Kind(".tif", tiff(bits_of(12), order=">"), GREY, 1),
        "TIFF of 10 bits in 16": Kind(".tif", tiff(bits_of(10)), GREY, 1),
        "TIFF of 14 bits in 16": Kind(".tif", tiff(bits_of(14)), GREY, 1),
        "TIFF of 16 bits": Kind(".tif", tiff(wide), GREY),
        "TIFF of 16 bits, the other way round": Kind(".tif", tiff(wide, order=">"), GREY),
        "TIFF of 16 bits in 32": Kind(".tif", tiff(wide.astype(np.int32)), GREY),
        "TIFF of 32 bits": Kind(".tif", tiff(GREY.astype(np.uint32) * 16843009), GREY, 1),
        "TIFF of 32 bits, the other way round": Kind(
            ".tif",
            tiff(GREY.astype(np.uint32) * 16843009, order=">"),
            None,
            cause="TIFF of 32-bit integers, big-endian",
        ),
        "TIFF of 15 bits and a sign": Kind(".tif", tiff((GREY * (32767 / 255)).astype(np.int16)), GREY, 1),
        "TIFF of 7 bits and a sign": Kind(".tif", tiff((GREY // 2).astype(np.int8)), GREY, 2),
        "TIFF of 16 bits in colour": Kind(
            ".tif", tiff(COLOUR.astype(np.uint16) * 257, photometric=2), COLOUR
        ),
        "TIFF of floats to 1": Kind(".tif", tiff(unit), GREY),
        "TIFF of floats to 1, the other way round": Kind(".tif", tiff(unit, order=">"), GREY),
        "TIFF of floats to 1, one above": Kind(".tif", tiff(bright), at["bright"]),
        "TIFF of floats to 1, one far above": Kind(".tif", tiff(hot), at["hot"]),
        "TIFF of floats to 1, one infinite": Kind(".tif", tiff(infinite), at["infinite"]),
        "TIFF of floats to 1, one NaN": Kind(".tif", tiff(holed), at["holed"]),
        "TIFF of floats to 255": Kind(".tif", tiff(GREY.astype(np.float32)), GREY),
        "TIFF of floats to 4095": Kind(".tif", tiff(bits_of(12).astype(np.float32)), GREY, 1),
        "TIFF of floats to 65535": Kind(".tif", tiff(wide.astype(np.float32)), GREY),
        "TIFF of negative floats": Kind(".tif", tiff(unit * 2 - 1), None, cause="negative values"),
        "TIFF of negative integers": Kind(
            ".tif", tiff(GREY.astype(np.int16) - 128), None, cause="negative values"
        ),
        "TIFF of nothing but NaN": Kind(".tif", tiff(unit * np.nan), None, cause="no"),
        "TIFF of 64-bit floats": Kind(
            ".tif", tiff(unit.astype(np.float64)), None, cause="TIFF of 64-bit floats"
        ),
        "TIFF of 16-bit floats": Kind(
            ".tif", tiff(unit.astype(np.float16)), None, cause="TIFF of 16-bit floats"
        ),
        "TIFF of floats in colour": Kind(
            ".tif",
            tiff((COLOUR / 255).astype(np.float32), photometric=2),
            None,
            cause="TIFF of 32-bit floats in 3 channels",
        ),
        "TIFF of 16 bits, planar": Kind(
            ".tif",
            tiff(np.moveaxis(COLOUR, 2, 0).astype(np.uint16) * 257, photometric=2, planar=True),
            None,
            cause="TIFF of 16-bit integers in 3 channels, plane by plane",
        ),
        "TIFF of 12 bits in 16 in colour": Kind(
            ".tif",
            tiff((COLOUR * (4095 / 255)).astype(np.uint16), photometric=2),
            None,
            cause="12 bits at most",
        ),
        "JPEG cut short": Kind(".jpg", saved(colour, "JPEG")[:-40], None, cause=""),
        "no picture": Kind(".png", b"just some text, renamed", None, cause="its content is not a JPEG, PNG"),
    }


def turned(upright: np.ndarray, orientation: int) -> Image.Image:
    """Return the picture that is upright after applying this orientation."""
    return Image.fromarray(np.ascontiguousarray(TURNED[orientation](upright)))


def bits_of(count: int) -> np.ndarray:
    """Return the grey picture with this many bits per value, stored in 16."""
    return np.rint(GREY * ((2**count - 1) / 255)).astype(np.uint16)


def _without(palette: Image.Image, number: int) -> np.ndarray:
    colours = np.array(palette.convert("RGB"))
    colours[np.asarray(palette) == number] = 255
    return colours


def _four_bits(values: np.ndarray) -> bytes:
    pairs = (values[:, ::2] >> 4 << 4) | values[:, 1::2] >> 4
    plain = tiff(pairs.astype(np.uint8))
    bits = plain.replace(struct.pack("<HHIHxx", 258, 3, 1, 8), struct.pack("<HHIHxx", 258, 3, 1, 4))
    return bits.replace(
        struct.pack("<HHII", 256, 4, 1, pairs.shape[1]), struct.pack("<HHII", 256, 4, 1, values.shape[1])
    )


KINDS = _kinds()
