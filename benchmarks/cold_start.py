"""The minimal script that predicts one picture with a runtime: `cold_start.py RUNTIME MODEL PICTURE`."""

from __future__ import annotations

import sys

import numpy as np
from PIL import Image

from contenders.predictors import PREDICTORS
from convscope.model.file import load


def main() -> None:
    """Predict the picture and print the result."""
    runtime, path, picture = sys.argv[1:]
    model = load(path)
    size = model.preparation
    with Image.open(picture) as image:
        pixels = np.asarray(image.convert("RGB").resize((size.width, size.height)))
    print(PREDICTORS[runtime](model)(pixels[np.newaxis]))


if __name__ == "__main__":
    main()
