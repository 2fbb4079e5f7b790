"""Overlays: class maps (exact or Grad-CAM) and occlusion maps over their picture, as PNG files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from convscope.common.atomic import replacing
from convscope.errors import SettingError
from convscope.model.inputs import pixels_of
from convscope.model.predictor import Predictor
from convscope.pictures.preparation import prepare
from convscope.pictures.reading import image_of
from convscope.walkthrough.class_map import class_map
from convscope.walkthrough.grad_cam import grad_cam, layer_of
from convscope.walkthrough.numpy_chain import forward
from convscope.walkthrough.occlusion import moves_in, occlude

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.model.file import Model

_MIN_SIDE = 256
_MAX_NAME_BYTES = 200
"""Bytes of a picture's name in the names of its overlays; file systems allow 255 in total."""
_MAX_OPACITY = 0.7
_FOR, _AGAINST = (194, 65, 12), (33, 102, 172)
"""Orange-red above 0 and blue below, as in all figures."""


class Overlays:
    """Writes the overlays of pictures into a folder.

    Args:
        model: The model whose predictions are explained.
        folder: A new or empty folder.

    Raises:
        SettingError: The folder is not empty, or cannot be created.
    """

    def __init__(self, model: Model, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            is_used = any(folder.iterdir())
        except OSError as error:
            raise SettingError(
                f"cannot write into {folder}", why=error.strerror or str(error), remedy="choose a new folder"
            ) from error
        if is_used:
            raise SettingError(
                f"cannot write into {folder}", why="it is not empty", remedy="choose a new folder"
            )
        self._model, self._folder = model, folder
        self._predictor = Predictor(model)
        self._written = 0

    def write(self, picture: str) -> None:
        """Explain the predicted class of a picture: `1-cats-tom.jpg-grad-cam.png` and `...-occlusion.png`.

        The number is the picture's, counted from 1; the folder and name that follow are truncated at the
        front if they are too long for a file name.

        If the output layer reads means, the exact class map replaces Grad-CAM. For a network without
        convolutions, there is neither.

        Args:
            picture: The path of a readable picture.
        """
        self._written += 1
        stem = f"{self._written}-{_file_name(picture)}"
        size = self._model.preparation
        pixels = prepare(pixels_of(picture, picture, size.shortest_side), size)
        steps = forward(self._model, pixels)
        predicted, layer = int(steps[-1].input.argmax()), layer_of(steps)
        exact = class_map(steps, self._model, predicted)
        if exact is not None:
            self._save(f"{stem}-class-map.png", pixels, exact.on_finest())
        elif layer is not None:
            self._save(f"{stem}-grad-cam.png", pixels, grad_cam(steps, self._model, layer, predicted))
        occluded = occlude(self._predictor, pixels, self._model.mean, moves_in(self._model))
        self._save(f"{stem}-occlusion.png", pixels, occluded.by_pixel(predicted, *pixels.shape[:2]))

    def _save(self, name: str, pixels: NDArray[np.uint8], values: NDArray[np.float64]) -> None:
        with replacing(self._folder / name) as file:
            Image.fromarray(overlay(pixels, values)).save(file, "PNG")


def _file_name(picture: str) -> str:
    """Return the folder and name of a picture as part of a file name.

    Example:
        >>> _file_name("pets/cats/tom.jpg"), _file_name("/tom.jpg")
        ('cats-tom.jpg', 'tom.jpg')
    """
    parts = [part for part in Path(picture).parts if part not in {Path(picture).anchor, ".", ".."}]
    return os.fsencode("-".join(parts[-2:]))[-_MAX_NAME_BYTES:].decode("utf-8", "ignore")


def overlay(pixels: NDArray[np.uint8], values: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Overlay a map on a greyscale picture: orange-red above 0, blue below, stronger farther from 0.

    Args:
        pixels: uint8 (height, width, 1 or 3).
        values: (rows, columns), resized to the picture.

    Returns:
        uint8 (height, width, 3), enlarged if a side is shorter than 256.
    """
    grey = np.asarray(image_of(pixels).convert("L"))
    larger = max(1, -(-_MIN_SIDE // min(grey.shape)))
    below = np.repeat(np.repeat(grey, larger, axis=0), larger, axis=1)[:, :, np.newaxis].astype(np.float64)
    strongest = np.abs(values).max()
    shares = Image.fromarray((values / strongest if strongest else values).astype(np.float32))
    smooth = np.asarray(shares.resize(below.shape[1::-1], Image.Resampling.BILINEAR))[:, :, np.newaxis]
    opacity = _MAX_OPACITY * np.abs(smooth)
    colour = np.where(smooth > 0, _FOR, _AGAINST)
    return np.rint(below * (1 - opacity) + colour * opacity).astype(np.uint8)
