"""The folder where prepared pictures are kept between runs."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path

VARIABLE = "CONVSCOPE_CACHE"


def cache_folder() -> Path:
    """Returns convscope's cache folder: `$CONVSCOPE_CACHE`, or else the user's own, `~/.cache/convscope` on Linux."""
    return Path(os.environ.get(VARIABLE) or user_cache_path("convscope"))
