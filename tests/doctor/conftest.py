import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageOps
from sklearn.datasets import load_sample_images

Copy = Callable[..., Image.Image]


@pytest.fixture(scope="session")
def photos() -> list[Image.Image]:
    """Twelve pieces of scikit-learn's two photos: real texture, none like another."""
    china, flower = (Image.fromarray(pixels) for pixels in load_sample_images().images)
    boxes = [(x, y, x + 210, y + 210) for x in (0, 215, 430) for y in (0, 215)]
    return [photo.crop(box) for photo in (china, flower) for box in boxes]


@pytest.fixture(scope="session")
def copy() -> Copy:
    """Makes a copy of a picture as the web makes them."""

    def make(image, *, scale=1.0, quality=None, mirrored=False, cropped=(0, 0, 0, 0)):
        width, height = image.size
        left, top, right, bottom = cropped
        box = (left * width, top * height, (1 - right) * width, (1 - bottom) * height)
        image = image.crop(tuple(round(edge) for edge in box))
        image = ImageOps.mirror(image) if mirrored else image
        image = image.resize((round(image.width * scale), round(image.height * scale)))
        if quality:
            buffer = io.BytesIO()
            image.save(buffer, "JPEG", quality=quality)
            image = Image.open(buffer)
        return image

    return make


@pytest.fixture(scope="session")
def thumbnails() -> Callable[..., np.ndarray]:
    def make(images):
        small = [image.convert("L").resize((32, 32), Image.Resampling.BILINEAR) for image in images]
        return np.stack([np.asarray(image) for image in small])

    return make
