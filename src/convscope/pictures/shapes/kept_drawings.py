"""Generated drawings, cached on each machine because generating them takes seconds."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from convscope.common.atomic import replacing
from convscope.common.cache_folder import cache_folder
from convscope.errors import ConvscopeError
from convscope.pictures.shapes.drawings import SIDE, draw_shapes, labels_of_shapes

if TYPE_CHECKING:
    from numpy.typing import NDArray


def kept_shapes(count: int, seed: int = 0) -> tuple[NDArray[np.uint8], list[str]]:
    """Return the result of `draw_shapes`, from the cache folder if available."""
    path = cache_folder() / "shapes" / f"{count}-{seed}-{_digest_of_code()}.npy"
    pictures = _read(path, count)
    if pictures is not None:
        return pictures, labels_of_shapes(count)
    pictures, labels = draw_shapes(count, seed)
    with suppress(OSError, ConvscopeError):  # full or read-only disk: draw every time
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            np.save(file, pictures)
    return pictures, labels


def _read(path: Path, count: int) -> NDArray[np.uint8] | None:
    """Return the drawings in a file, or None if it is missing or damaged."""
    try:
        pictures = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    is_whole = pictures.shape == (count, SIDE, SIDE) and pictures.dtype == np.uint8
    return pictures if is_whole else None


def _digest_of_code() -> str:
    """Return a digest of the drawing code, so that drawings of another version are not used."""
    code = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    return hashlib.blake2b(b"".join(code), digest_size=8).hexdigest()
