"""The cache folder: prepared pictures, features, compiled functions."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path

VARIABLE = "CONVSCOPE_CACHE"


def cache_folder() -> Path:
    """Return convscope's folder in the user's cache (`~/.cache/convscope` on Linux), or $CONVSCOPE_CACHE."""
    return Path(os.environ.get(VARIABLE) or user_cache_path("convscope"))
