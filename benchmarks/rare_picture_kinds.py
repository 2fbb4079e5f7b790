"""Rare kinds of pictures, on which decoders differ, each with its expected pixels."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from PIL import Image, PngImagePlugin

from picture_kinds import (
    ALPHA,
    COLOUR,
    GREY,
    GREY_ON_WHITE,
    ON_WHITE,
    TURNED,
    Kind,
    bits_of,
    exif_of,
    saved,
    tiff,
    turned,
)

WIDE = GREY.astype(np.uint16) * 257
WIDE_COLOUR = COLOUR.astype(np.uint16) * 256 + 100
NEARLY_BLACK = "12 bits at most"
_PNG_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(values: np.ndarray, *chunks: bytes, is_interlaced: bool = False) -> bytes:
    """Return a PNG whose rows use all five filters.

    Args:
        values: uint8 or uint16 (height, width[, 2, 3 or 4]).
        chunks: Additional chunks before the pixels.
        is_interlaced: Whether to write it in seven passes.
    """
    planes = values if values.ndim == 3 else values[:, :, np.newaxis]
    height, width, channels = planes.shape
    head = struct.pack(
        ">IIBBBBB",
        *(width, height, 8 * values.dtype.itemsize, _PNG_COLOUR_TYPES[channels], 0, 0, is_interlaced),
    )
    passes = (
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
        if is_interlaced
        else [(0, 0, 1, 1)]
    )
    rows = b"".join(_filtered(planes[y::down, x::across]) for x, y, across, down in passes)
    return b"".join(
        (
            *(b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", head), *chunks),
            *(chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")),
        )
    )


def _filtered(planes: np.ndarray) -> bytes:
    size = planes.shape[2] * planes.dtype.itemsize
    big_endian = np.ascontiguousarray(planes, planes.dtype.newbyteorder(">"))
    stored = big_endian.reshape(len(planes), -1).view(np.uint8)
    above = np.zeros_like(stored[0]).astype(int)
    rows = []
    for number, row in enumerate(stored.astype(int)):
        left = np.concatenate([np.zeros(size, int), row[:-size]])
        corner = np.concatenate([np.zeros(size, int), above[:-size]])
        guess = np.stack([abs(above - corner), abs(left - corner), abs(left + above - 2 * corner)]).argmin(0)
        paeth = np.choose(guess, [left, above, corner])
        predicted = [0 * row, left, above, (left + above) // 2, paeth][number % 5]
        rows.append(bytes([number % 5]) + ((row - predicted) % 256).astype(np.uint8).tobytes())
        above = row
    return b"".join(rows)


def exif_with(kind: int, count: int, value: bytes, *, order: str = "<", tag: int = 0x0112) -> bytes:
    """Return EXIF with one tag; values of more than four bytes follow the directory."""
    start = b"II*\0\x08\0\0\0" if order == "<" else b"MM\0*\0\0\0\x08"
    place = struct.pack(f"{order}I", 26) if len(value) > 4 else value.ljust(4, b"\0")
    entry = struct.pack(f"{order}HHHI", 1, tag, kind, count) + place
    return b"Exif\0\0" + start + entry + bytes(4) + (value if len(value) > 4 else b"")


def _jpeg(orientation: int, *segments: bytes) -> bytes:
    """Return a JPEG of the upright picture stored with this orientation, with its own EXIF segments."""
    plain = saved(turned(COLOUR, orientation), "JPEG", quality=100, subsampling=0)
    added = b"".join(b"\xff\xe1" + struct.pack(">H", len(one) + 2) + one for one in segments)
    return plain[:2] + added + plain[2:]


def _xmp(orientation: int) -> bytes:
    return f'<x:xmpmeta><rdf:Description tiff:Orientation="{orientation}"/></x:xmpmeta>'.encode()


def _orientations() -> dict[str, Kind]:
    six = struct.pack("<H", 6)
    ways = {
        "SHORT": exif_with(3, 1, six),
        "big-endian SHORT": exif_with(3, 1, struct.pack(">H", 6), order=">"),
        "LONG": exif_with(4, 1, struct.pack("<I", 6)),
        "RATIONAL": exif_with(5, 1, struct.pack("<II", 12, 2)),
        "two SHORTs": exif_with(3, 2, struct.pack("<HH", 6, 1)),
        "FLOAT": exif_with(11, 1, struct.pack("<f", 6)),
        "doubled header": b"Exif\0\0" + exif_with(3, 1, six),
    }
    ignored = {
        "BYTE": exif_with(1, 1, b"\x06"),
        "text": exif_with(2, 2, b"6\0"),
        "RATIONAL by 0": exif_with(5, 1, struct.pack("<II", 6, 0)),
        "number 9": exif_with(3, 1, struct.pack("<H", 9)),
        "damaged header": exif_with(3, 1, six).replace(b"II*\0", b"II+\0"),
        "cut directory": exif_with(3, 1, six)[:20],
    }
    webp = saved(turned(COLOUR, 8), "WEBP", lossless=True, xmp=_xmp(8))
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", _xmp(7).decode(), zip=True)
    raw = PngImagePlugin.PngInfo()
    raw.add_text("Raw profile type exif", f"\nexif\n  32\n{exif_with(3, 1, six).hex()}\n", zip=True)
    split = exif_with(3, 1, six)
    return {
        **{
            f"JPEG, orientation as {name}": Kind(".jpg", _jpeg(6, exif), COLOUR, 3)
            for name, exif in ways.items()
        },
        **{
            f"JPEG, EXIF with {name}": Kind(".jpg", _jpeg(1, exif), COLOUR, 3)
            for name, exif in ignored.items()
        },
        "JPEG, EXIF in two segments": Kind(".jpg", _jpeg(6, split[:20], b"Exif\0\0" + split[20:]), COLOUR, 3),
        "JPEG, orientation in XMP": Kind(
            ".jpg", _jpeg(5, b"http://ns.adobe.com/xap/1.0/\0" + _xmp(5)), COLOUR, 3
        ),
        "JPEG, EXIF counts before XMP": Kind(
            ".jpg", _jpeg(6, exif_with(3, 1, six), b"http://ns.adobe.com/xap/1.0/\0" + _xmp(3)), COLOUR, 3
        ),
        "PNG, orientation in XMP": Kind(".png", saved(turned(COLOUR, 7), "PNG", pnginfo=info), COLOUR),
        "PNG, EXIF in a text": Kind(".png", saved(turned(COLOUR, 6), "PNG", pnginfo=raw), COLOUR),
        "PNG, doubled EXIF header": Kind(
            ".png", png(np.asarray(turned(COLOUR, 6)), chunk(b"eXIf", exif_with(3, 1, six))), COLOUR
        ),
        "WebP, orientation in XMP": Kind(".webp", webp, COLOUR),
        **{
            f"WebP, lossy, turned {n}": Kind(
                ".webp",
                saved(turned(np.full((24, 18, 3), 90, np.uint8), n), "WEBP", exif=exif_of(n)),
                np.full((24, 18, 3), 90, np.uint8),
                4,
            )
            for n in TURNED
        },
        "PNG of 16 bits, turned 5": Kind(
            ".png",
            png(np.asarray(TURNED[5](WIDE)), chunk(b"eXIf", exif_with(3, 1, struct.pack("<H", 5))[6:])),
            GREY,
        ),
    }


def _png_kinds() -> dict[str, Kind]:
    grey, colour, palette = (
        Image.fromarray(GREY),
        Image.fromarray(COLOUR),
        Image.fromarray(COLOUR).quantize(16),
    )
    wide_alpha = ALPHA.astype(np.uint16) * 257
    whole = saved(colour, "PNG")
    noise = Image.effect_noise((48, 64), 80)
    blue = Image.new("RGB", (18, 24), "blue")
    clear = tuple(int(value) for value in WIDE_COLOUR[3, 3])
    without_one = np.where((COLOUR[3, 3] == COLOUR).all(axis=2, keepdims=True), 255, COLOUR).astype(np.uint8)
    return {
        **{
            f"PNG of {count} bits in 16": Kind(".png", png(bits_of(count)), GREY, 1) for count in (10, 12, 14)
        },
        "PNG of 8 bits in 16": Kind(".png", png(GREY.astype(np.uint16)), GREY),
        "PNG of 16 bits, interlaced": Kind(".png", png(WIDE, is_interlaced=True), GREY),
        "PNG of 16 bits, black": Kind(
            ".png", png(np.zeros((24, 18), np.uint16)), np.zeros((24, 18), np.uint8)
        ),
        "PNG of 16 bits in colour": Kind(".png", png(WIDE_COLOUR), COLOUR),
        "PNG of 16 bits in colour, interlaced": Kind(".png", png(WIDE_COLOUR, is_interlaced=True), COLOUR),
        "PNG of 16 bits in colour, one transparent": Kind(
            ".png", png(WIDE_COLOUR, chunk(b"tRNS", struct.pack(">3H", *clear))), without_one
        ),
        "PNG of 16 bits in colour with alpha": Kind(
            ".png", png(np.dstack([WIDE_COLOUR, wide_alpha])), ON_WHITE
        ),
        "PNG of 16 bits with alpha": Kind(
            ".png", png(np.dstack([WIDE, wide_alpha])), np.dstack([GREY_ON_WHITE] * 3)
        ),
        "PNG of 12 bits in 16 in colour": Kind(".png", png(WIDE_COLOUR >> 4), None, cause=NEARLY_BLACK),
        "PNG of 12 bits in 16 with alpha": Kind(
            ".png", png(np.dstack([WIDE >> 4, wide_alpha])), None, cause=NEARLY_BLACK
        ),
        "PNG interlaced": Kind(".png", png(COLOUR, is_interlaced=True), COLOUR),
        "PNG one colour transparent": Kind(
            ".png", png(COLOUR, chunk(b"tRNS", struct.pack(">3H", *COLOUR[3, 3].tolist()))), without_one
        ),
        "PNG of 4 bits": Kind(".png", saved(palette, "PNG", bits=4), np.asarray(palette.convert("RGB"))),
        "PNG without its end": Kind(".png", whole[:-12], COLOUR),
        "PNG of 16 bits without its end": Kind(".png", png(WIDE)[:-12], GREY),
        "PNG cut short": Kind(".png", saved(noise, "PNG")[:-200], None, cause="truncated"),
        "PNG cut in its head": Kind(
            ".png", whole[:30], None, cause="it is a PNG picture, damaged or cut short"
        ),
        "PNG of 16 bits cut short": Kind(".png", png(WIDE)[:-200], None, cause="truncated"),
        "PNG with a gamma": Kind(".png", png(COLOUR, chunk(b"gAMA", struct.pack(">I", 100_000))), COLOUR),
        "PNG animation with another first picture": Kind(
            ".png", saved(colour, "PNG", save_all=True, append_images=[blue], default_image=True), COLOUR
        ),
        "PNG animation of grey": Kind(
            ".png", saved(grey, "PNG", save_all=True, append_images=[grey.rotate(180)]), GREY
        ),
    }


def _other_kinds() -> dict[str, Kind]:
    grey, colour = Image.fromarray(GREY), Image.fromarray(COLOUR)
    smooth = np.asarray(colour.resize((48, 64), Image.Resampling.BICUBIC))
    rgba = np.dstack([COLOUR, np.full_like(GREY, 255)])
    frames = [colour.resize((48, 64)), Image.new("RGB", (48, 64), "blue")]
    bmp = saved(colour, "BMP")
    upside_down = bmp[:22] + struct.pack("<i", -24) + bmp[26:54] + _flipped_rows(bmp[54:])
    return {
        "JPEG of quarter colours": Kind(
            ".jpg", saved(Image.fromarray(smooth), "JPEG", quality=100, subsampling=2), smooth, 60
        ),
        "JPEG of RGB": Kind(
            ".jpg", saved(colour, "JPEG", quality=100, keep_rgb=True, subsampling=0), COLOUR, 3
        ),
        "JPEG with restarts": Kind(
            ".jpg", saved(colour, "JPEG", quality=100, subsampling=0, restart_marker_blocks=1), COLOUR, 3
        ),
        "GIF interlaced": Kind(".gif", saved(grey, "GIF", interlace=1), np.dstack([GREY] * 3)),
        "BMP of grey": Kind(".bmp", saved(grey, "BMP"), GREY),
        "BMP of a palette": Kind(
            ".bmp", saved(colour.quantize(16), "BMP"), np.asarray(colour.quantize(16).convert("RGB"))
        ),
        "BMP with alpha": Kind(".bmp", saved(Image.fromarray(rgba), "BMP"), COLOUR),
        "BMP upside down": Kind(".bmp", upside_down, COLOUR),
        "WebP animation, turned": Kind(
            ".webp",
            saved(
                frames[0].transpose(Image.Transpose.ROTATE_90),
                "WEBP",
                save_all=True,
                lossless=True,
                append_images=[frames[1].transpose(Image.Transpose.ROTATE_90)],
                exif=exif_of(6),
            ),
            np.asarray(frames[0]),
        ),
        "TIFF deflated": Kind(".tif", saved(colour, "TIFF", compression="tiff_adobe_deflate"), COLOUR),
        "TIFF packed": Kind(".tif", saved(grey, "TIFF", compression="packbits"), GREY),
        "TIFF of JPEG": Kind(".tif", saved(colour, "TIFF", compression="jpeg", quality=100), COLOUR, 60),
        "TIFF of 16 bits, deflated": Kind(
            ".tif", saved(Image.fromarray(WIDE), "TIFF", compression="tiff_adobe_deflate"), GREY
        ),
        "TIFF of 1 bit": Kind(
            ".tif",
            saved(Image.fromarray(GREY > 127), "TIFF", compression="group4"),
            np.where(GREY > 127, 255, 0).astype(np.uint8),
        ),
        "BigTIFF": Kind(".tif", saved(colour, "TIFF", big_tiff=True), COLOUR),
        "TIFF without pixels": Kind(
            ".tif", tiff(COLOUR, photometric=2)[:40], None, cause="it is a TIFF picture, damaged"
        ),
        "SVG": Kind(".png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", None, cause="it is an SVG drawing"),
        "an empty file": Kind(".jpg", b"", None, cause="empty"),
    }


def _flipped_rows(content: bytes) -> bytes:
    size = len(content) // 24
    return b"".join(content[start : start + size] for start in range(len(content) - size, -1, -size))


RARE_KINDS = {**_orientations(), **_png_kinds(), **_other_kinds()}
