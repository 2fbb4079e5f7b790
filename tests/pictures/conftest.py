import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Encode = Callable[..., bytes]


@pytest.fixture
def encode() -> Encode:
    """Encodes noise; every seed gives a different picture."""

    def noise(seed: int = 0, kind: str = "PNG", height: int = 5, width: int = 6, mode: str = "RGB") -> bytes:
        shape = (height, width) if mode == "L" else (height, width, len(mode))
        pixels = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, kind)
        return buffer.getvalue()

    return noise


@pytest.fixture
def class_folders(encode: Encode) -> Callable[..., Path]:
    """Writes folders with given numbers of pictures, all different."""

    def write(root: Path, **counts: int) -> Path:
        for place, (folder, count) in enumerate(counts.items()):
            for number in range(count):
                path = root / folder.replace("__", "/") / f"{number}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(encode(1000 * place + number))
        return root

    return write
