"""Information in a TIFF's tags about its samples that Pillow's modes lack.

Source: TIFF revision 6.0, https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import TiffImagePlugin

from convscope.pictures.pillow_warnings import pillow_warnings_ignored

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

_WIDTH, _BITS, _PHOTOMETRIC, _CHANNELS, _PLANAR, _FORMAT = 256, 258, 262, 277, 284, 339
_WHITE_IS_ZERO, _SEPARATE = 0, 2
_FORMATS = {1: "bit integers", 2: "bit signed integers", 3: "bit floats", 5: "bit complex", 6: "bit complex"}
_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


@dataclass(frozen=True, slots=True)
class Samples:
    """How the values of an image are stored; the defaults apply to all images that are not TIFFs.

    Attributes:
        storage_bits: Bits per stored value, without the sign; None: according to its mode.
        filled_bits: Bits used by the values, if known.
        unsigned: Whether to read 32 bits as unsigned.
        signed_bytes: Whether to read bytes as signed.
        white_is_zero: Whether 0 is white, and Pillow has not inverted it.
        misread: The kind of the samples, if Pillow decodes them wrongly.
    """

    storage_bits: int | None = None
    filled_bits: int | None = None
    unsigned: bool = False
    signed_bytes: bool = False
    white_is_zero: bool = False
    misread: str = ""

    def typed(self, values: NDArray[Any]) -> NDArray[Any]:
        """View the values as the type in which they were stored."""
        if self.unsigned:
            return values.view(np.uint32)
        return values.view(np.int8) if self.signed_bytes else values


def samples_of(image: Image.Image) -> Samples:
    """Read how the values of an image are stored."""
    tags: Any = getattr(image, "tag_v2", None)
    if image.format != "TIFF" or tags is None:
        return Samples()
    bits, signed = tags.get(_BITS, (1,)), tags.get(_FORMAT, (1,))[0] == 2
    deep = image.mode == "F" or image.mode.startswith("I")
    return Samples(
        storage_bits=bits[0] - signed if deep and bits[0] > 8 and image.mode != "F" else None,
        filled_bits=12 if bits == (12,) else None,
        unsigned=image.mode == "I" and bits == (32,) and not signed,
        signed_bytes=image.mode == "L" and bits == (8,) and signed,
        white_is_zero=deep and tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO,
        misread=_described(tags) if len(bits) > 1 and bits[0] > 8 and tags.get(_PLANAR) == _SEPARATE else "",
    )


def describe_tiff(encoded: bytes) -> str:
    """Describe the samples of a TIFF that Pillow does not support, such as "64-bit floats"; "" if unknown."""
    if not encoded.startswith(_STARTS):
        return ""
    try:
        big = encoded[2:3] == b"+" or encoded[3:4] == b"+"
        directory = TiffImagePlugin.ImageFileDirectory_v2(encoded[: 16 if big else 8])
        file = BytesIO(encoded)
        file.seek(directory.next)
        with pillow_warnings_ignored:
            directory.load(file)
        return _described(directory) if _WIDTH in directory else ""
    except Exception:  # noqa: BLE001 - a damaged file may raise anything
        return ""


def _described(tags: Any) -> str:  # noqa: ANN401  # Pillow's mapping of tags
    bits = tags.get(_BITS, (1,))
    kind = _FORMATS.get(tags.get(_FORMAT, (1,))[0], "bit values")
    channels = int(tags.get(_CHANNELS, len(bits)))
    planes = ", plane by plane" if tags.get(_PLANAR) == _SEPARATE and channels > 1 else ""
    order = ", big-endian" if getattr(tags, "prefix", b"II") == b"MM" else ""
    return f"{bits[0]}-{kind}{f' in {channels} channels' if channels > 1 else ''}{planes}{order}"
