"""Functions compiled by Numba, whose machine code is cached on disk where possible."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numba
from numba.core import config

from convscope.common.cache_folder import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable

_VARIABLE = "NUMBA_CACHE_DIR"


def njit(**options: Any) -> Callable[[Callable[..., Any]], Any]:  # noqa: ANN401 - Numba's own
    """Compile a function like `numba.njit(cache=True)`, even if Numba finds no folder for its cache.

    Numba caches machine code next to the source file or in the user's home, and fails if both are read-only,
    as in many containers. Then it is cached in convscope's cache folder, or compiled again in every process.

    Args:
        options: Options of `numba.njit`.
    """

    def compiled(function: Callable[..., Any]) -> Any:  # noqa: ANN401 - a dispatcher of Numba's
        try:
            return numba.njit(cache=True, **options)(function)
        except RuntimeError:
            os.environ[_VARIABLE] = str(cache_folder() / "numba")
            config.reload_config()
        try:
            return numba.njit(cache=True, **options)(function)
        except RuntimeError:
            del os.environ[_VARIABLE]
            config.reload_config()
            return numba.njit(**options)(function)

    return compiled
