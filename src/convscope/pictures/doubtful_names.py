"""Suspicious class names: spelt in two ways, or meaning no label."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from convscope.pictures.sources.left_out import some

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from convscope.pictures.sources.source import Item

_ESCAPED = re.compile(r"\\u([0-9a-f]{4})")
_MISSING = {"nan", "null", "none", "n/a", "na", "#n/a", "<na>", "nil"}
"""How spreadsheets and programs write missing values."""


def doubtful_names(classes: Sequence[str]) -> tuple[str, ...]:
    """Return notes about classes that may be the same, and classes that may mean "no label".

    Example:
        >>> for note in doubtful_names(["cat", "Cat", "dog", "NaN"]):
        ...     print(note)
        classes that are spelt nearly alike: cat, Cat; if they are one class, give it one name
        learned as a class: NaN; if it means a missing label, leave it empty
    """
    spellings: dict[str, list[str]] = {}
    for name in classes:
        spellings.setdefault(_bare(name), []).append(name)
    alike = some(", ".join(names) for names in spellings.values() if len(names) > 1)
    missing = some(name for name in classes if name.casefold() in _MISSING)
    notes: list[str] = []
    if alike:
        notes.append(f"classes that are spelt nearly alike: {alike}; if they are one class, give it one name")
    if missing:
        notes.append(f"learned as a class: {missing}; if it means a missing label, leave it empty")
    return tuple(notes)


def doubtful_labels(items: Iterable[Item]) -> tuple[str, ...]:
    """Return the notes about the classes or labels of some pictures."""
    each = ((item.label,) if item.labels is None else item.labels for item in items)
    return doubtful_names(sorted({label for labels in each for label in labels}))


def _bare(name: str) -> str:
    """Return the normalised name: 1, 1.0 and 01 are equal, and invisible characters are dropped.

    Example:
        >>> _bare("Red_Panda") == _bare("red  panda"), _bare("1.0") == _bare("01")
        (True, True)
    """
    letters = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), name)  # in the notation of `printable`
    shown = "".join(letter for letter in letters if unicodedata.category(letter) != "Cf")
    words = " ".join(unicodedata.normalize("NFKC", shown).casefold().replace("_", " ").split())
    return str(float(words)) if re.fullmatch(r"[0-9]+(\.[0-9]*)?", words) else words
