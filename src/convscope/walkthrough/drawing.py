"""Pictures as data URLs, so that a page contains them."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

from convscope.pictures.reading import image_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

MAX_SIDE = 512
_MAX_EXACT_SIDE = 64
"""Larger pictures may be JPEG: individual pixels are not visible, and PNG is far larger."""
_QUALITY = 80


def data_url(pixels: NDArray[np.uint8], max_side: int = MAX_SIDE) -> str:
    """Return a picture as a data URL.

    Args:
        pixels: uint8 (height, width) or (height, width, 1 or 3).
        max_side: The picture is scaled down if a side is longer.

    Example:
        >>> import numpy as np
        >>> data_url(np.zeros((2, 2), np.uint8))[:30]
        'data:image/png;base64,iVBORw0K'
    """
    image = image_of(pixels)
    image.thumbnail((max_side, max_side))
    is_exact = max(image.size) <= _MAX_EXACT_SIDE
    written = {form: _written(image, form) for form in (["PNG"] if is_exact else ["PNG", "JPEG"])}
    form = min(written, key=lambda form: len(written[form]))
    return f"data:image/{form.lower()};base64,{base64.b64encode(written[form]).decode()}"


def _written(image: Image.Image, form: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, optimize=True, quality=_QUALITY)
    return buffer.getvalue()
