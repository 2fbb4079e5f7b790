"""What EfficientNet-Lite0 sees in a picture, without PyTorch in this process.

Its weights come in a file that only PyTorch reads. So a process of its own, which takes a few seconds, turns
it into a model file in the cache folder, once.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np

from convscope.common.cache_folder import cache_folder
from convscope.common.processes import background_options
from convscope.errors import ModelFileError
from convscope.model.features import FeatureExtractor
from convscope.model.file import load
from convscope.network.backbones import INSTALLED
from convscope.pictures.preparation import prepare
from convscope.pictures.reading import read_picture

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from convscope.model.file import Model

_FORMAT = 1
"""Changes with what `backbone_file` writes."""
_MOST_PIXELS = 50_000_000


class Backbone:
    """EfficientNet-Lite0, ready to compute the features of single pictures; safe in threads.

    Raises:
        ModelFileError: Its weights are missing or damaged.
        ConvscopeError: They cannot be kept in the cache folder.
    """

    def __init__(self) -> None:
        model = _load(cache_folder() / "backbones" / f"{INSTALLED}-{_FORMAT}.safetensors")
        self._preparation = model.preparation
        self._extractor = FeatureExtractor(model.chain, model.mean, model.std, model.weights)

    def features(self, picture: bytes | Path, name: str) -> NDArray[np.float32]:
        """Return the means of the last maps, (1280,).

        Args:
            picture: The picture's file: its bytes or its path.
            name: For the message if it cannot be read.

        Raises:
            PictureError: The picture cannot be read.
        """
        wanted = self._preparation
        pixels = prepare(read_picture(picture, name, wanted.shortest_side, _MOST_PIXELS), wanted)
        ((_, features),) = self._extractor.compute(pixels[np.newaxis], np.array([0]))
        return features[0]


def _load(path: Path) -> Model:
    try:
        return load(path)
    except ModelFileError:  # not there yet, or damaged
        _write(path)
    return load(path)


def _write(path: Path) -> None:
    command = [sys.executable, "-m", "convscope.training.start.backbone_file", str(path)]
    done = subprocess.run(  # noqa: S603 - a module of ours, and no shell
        command, stdin=subprocess.DEVNULL, capture_output=True, check=False, **background_options(None)
    )
    if done.returncode == 0:
        return
    try:
        fields = json.loads(done.stdout)
    except ValueError:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        fields = {"what": "EfficientNet-Lite0 cannot be read", "why": last[:300]}
    raise ModelFileError(fields.pop("what"), **fields)
