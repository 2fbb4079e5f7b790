"""Fonts for figures: DejaVu Sans, which comes with Matplotlib, and installed fonts for letters it lacks.

DejaVu Sans lacks Chinese, Japanese and Korean letters, and many emoji. Matplotlib takes each letter from the
first of several families that has it.
"""

from __future__ import annotations

import unicodedata
import warnings
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from matplotlib.font_manager import fontManager
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from matplotlib.figure import Figure

_OWN = "DejaVu Sans"
_BOXES = "Last Resort"
"""A font with a box for every letter."""
_SANS = (
    "Noto Sans",
    "Source Han Sans",
    "WenQuanYi",
    "Droid Sans Fallback",
    "IPA",
    "Hiragino",
    "PingFang",
    "Yu Gothic",
)
"""Sans-serif families, which are tried before all others (serifs, handwriting and so on)."""


def families(texts: Iterable[str]) -> tuple[list[str], str]:
    """Return the font families that cover the letters of some texts, and the letters that none has.

    Example:
        >>> families(["cat", "käse"])
        (['DejaVu Sans'], '')
    """
    missing = {
        letter for text in texts for letter in text if not unicodedata.category(letter).startswith("C")
    }
    chosen: list[str] = []
    for family, path in _installed():
        if not missing:
            break
        found = missing & _letters(path)
        if found:
            chosen.append(family)
            missing -= found
    return chosen or [_OWN], "".join(sorted(missing))


@contextmanager
def readable(figure: Figure) -> Generator[None]:
    """Set fonts that cover the letters of a figure's texts; letters that no font has are drawn as boxes."""
    texts = figure.findobj(Text)
    chosen, _ = families(text.get_text() for text in texts)
    if chosen != [_OWN]:
        for text in texts:
            text.set_fontfamily(chosen)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        yield


@lru_cache(maxsize=1)
def _installed() -> list[tuple[str, str]]:
    """Return the installed families, each with one file, upright and regular if available."""
    best: dict[str, tuple[tuple[bool, int], str]] = {}
    for font in fontManager.ttflist:
        if not font.name.startswith(_BOXES):
            weight = font.weight if isinstance(font.weight, int) else 400
            rank = (font.style != "normal", abs(weight - 400))
            best[font.name] = min(best.get(font.name, (rank, font.fname)), (rank, font.fname))
    order = sorted(best, key=lambda name: (name != _OWN, not name.startswith(_SANS), name))
    return [(name, best[name][1]) for name in order]


@cache
def _letters(path: str) -> frozenset[str]:
    try:
        return frozenset(map(chr, FT2Font(path).get_charmap()))
    except (OSError, RuntimeError):  # removed in the meantime, or damaged
        return frozenset()
