"""Convert pictures to the network's input format, in training and prediction alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image

from convscope.pictures.reading import image_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

Fit = Literal["stretch", "pad", "crop"]


@dataclass(frozen=True, slots=True)
class Preparation:
    """The input format of a network.

    Attributes:
        channels: 1 (greyscale) or 3 (red, green, blue).
        height: Height in pixels.
        width: Width in pixels.
        fit: How pictures of another shape are fitted. `stretch` scales height and width independently; `pad`
            keeps the aspect ratio and fills the rest with black; `crop` keeps it and cuts off the excess.
            Only `crop` loses part of the picture.
    """

    channels: Literal[1, 3]
    height: int
    width: int
    fit: Fit = "stretch"

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of a prepared picture."""
        return self.channels, self.height, self.width

    @property
    def shortest_side(self) -> int:
        """The shortest side, in pixels, to which a decoder may scale a picture down.

        It leaves at least two pixels per pixel of the result, which the resampling filter then averages.
        """
        return 2 * max(self.height, self.width)


def prepare(picture: NDArray[np.uint8], preparation: Preparation) -> NDArray[np.uint8]:
    """Convert a picture to an input format.

    Colour is converted to grey by luma, Y = 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), grey to colour by
    repetition. Pictures are resized with Pillow's antialiased bilinear filter, width first, so that every
    pixel contributes when a picture is scaled down. A picture that already has the format is returned
    unchanged.

    Args:
        picture: uint8 of shape (H, W), (H, W, 1) or (H, W, 3).
        preparation: The format.

    Returns:
        uint8 of shape (height, width, channels).

    Example:
        >>> picture = np.array([[0, 100], [100, 200]], np.uint8)
        >>> prepare(picture, Preparation(channels=1, height=1, width=1)).tolist()
        [[[100]]]
        >>> prepare(picture, Preparation(channels=3, height=2, width=2))[0, 1].tolist()
        [100, 100, 100]
    """
    if picture.ndim == 2:
        picture = picture[:, :, np.newaxis]
    if picture.shape[2] == 3 and preparation.channels == 1:
        picture = np.asarray(image_of(picture).convert("L"))[:, :, np.newaxis]
    if picture.shape[:2] != (preparation.height, preparation.width):
        picture = _resize(picture, preparation)
    if picture.shape[2] < preparation.channels:
        picture = np.repeat(picture, preparation.channels, axis=2)
    return picture


def _resize(picture: NDArray[np.uint8], preparation: Preparation) -> NDArray[np.uint8]:
    image = image_of(picture)
    size = (preparation.width, preparation.height)
    match preparation.fit:
        case "stretch":
            image = _scale(image, size, (0, 0, image.width, image.height))
        case "pad":
            image = _pad(image, size)
        case "crop":
            image = _crop(image, size)
    return np.asarray(image).reshape(preparation.height, preparation.width, -1)


def _scale(image: Image.Image, size: tuple[int, int], box: tuple[float, float, float, float]) -> Image.Image:
    """Scale the content of a box, width first, because Pillow's own order differs between versions."""
    left, top, right, bottom = box
    wide = image.resize(
        (size[0], image.height), Image.Resampling.BILINEAR, box=(left, 0, right, image.height)
    )
    return wide.resize(size, Image.Resampling.BILINEAR, box=(0, top, size[0], bottom))


def _pad(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    scale = min(size[0] / image.width, size[1] / image.height)
    inner = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    padded = Image.new(image.mode, size)
    scaled = _scale(image, inner, (0, 0, image.width, image.height))
    padded.paste(scaled, ((size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2))
    return padded


def _crop(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    scale = max(size[0] / image.width, size[1] / image.height)
    kept_width, kept_height = size[0] / scale, size[1] / scale
    left, top = (image.width - kept_width) / 2, (image.height - kept_height) / 2
    box = (
        max(0.0, left),
        max(0.0, top),
        min(image.width, left + kept_width),
        min(image.height, top + kept_height),
    )
    return _scale(image, size, box)
