"""Class folders, flat or inside train, validation and test folders: what the names of files say.

Folders and archives share this: it sees nothing but names relative to the source.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from convscope.common.printable import printable
from convscope.errors import DataError
from convscope.pictures.naming import class_name
from convscope.pictures.reading import SUFFIXES
from convscope.pictures.sources.source import Item, Part, part_named

if TYPE_CHECKING:
    from collections.abc import Sequence

HIDDEN = re.compile(r"\..*|__MACOSX|Thumbs\.db|desktop\.ini", re.IGNORECASE)

Steps = tuple[str, ...]  # a file's name, folder by folder


@dataclass(frozen=True, slots=True)
class Layout:
    """What the names of a source's files say.

    Attributes:
        members: For each item, its place in the names it was found among.
        items: The pictures.
        notes: What was left out, in short sentences.
    """

    members: tuple[int, ...]
    items: tuple[Item, ...]
    notes: tuple[str, ...]


def lay_out(source: str, names: Sequence[str]) -> Layout:
    """Find class and part of every picture among files.

    Args:
        source: What people call the source; the items' names start with it.
        names: The files' names relative to the source, with `/` between folders.

    Raises:
        DataError: If there are no pictures, or none lies in a class folder.

    Example:
        >>> lay_out("pets", ["train/cats/1.jpg", "val/cats/2.jpg"]).items[1]
        Item(name='pets/val/cats/2.jpg', label='cats', part='validation')
    """
    visible = {member: steps for member, name in enumerate(names) if not _is_hidden(steps := _steps(name))}
    pictures = {member: steps for member, steps in visible.items() if _suffix(steps) in SUFFIXES}
    others = Counter(_suffix(steps) for member, steps in visible.items() if member not in pictures)
    if not pictures:
        raise DataError(
            f"there are no pictures in {source}",
            why=f"its {len(visible):,} files have other suffixes" if visible else "it is empty",
            remedy=f"put the pictures of each class into a folder of its own, such as {source}/cats/1.jpg",
        )
    places = _places(_unwrapped(pictures))
    if not places:
        raise DataError(
            f"there are no class folders in {source}",
            why="its pictures lie side by side, so nothing says which class each one shows",
            remedy=f"put the pictures of each class into a folder named like it, such as {source}/cats/1.jpg",
        )
    items = tuple(
        Item(printable(f"{source}/{names[member]}"), class_name(label), part)
        for member, (label, part) in places.items()
    )
    return Layout(tuple(places), items, tuple(_notes(others, len(pictures) - len(places))))


def _steps(name: str) -> Steps:
    return tuple(step for step in name.split("/") if step not in {"", "."})


def _is_hidden(steps: Steps) -> bool:
    return not steps or any(HIDDEN.fullmatch(step) for step in steps)


def _suffix(steps: Steps) -> str:
    return PurePosixPath(steps[-1]).suffix.lower()


def _unwrapped(pictures: dict[int, Steps]) -> dict[int, Steps]:
    """Take away folders that only wrap the others, as archives tend to have."""
    while True:
        tops = {steps[0] for steps in pictures.values()}
        wraps = len(tops) == 1 and all(len(steps) > 2 for steps in pictures.values())
        if not wraps or part_named(next(iter(tops))):
            return pictures
        pictures = {member: steps[1:] for member, steps in pictures.items()}


def _places(pictures: dict[int, Steps]) -> dict[int, tuple[str, Part | None]]:
    """Return the class and part of each picture that lies in a class folder."""
    tops = {steps[0] for steps in pictures.values() if len(steps) > 1}
    with_classes = {steps[0] for steps in pictures.values() if len(steps) > 2}
    parts: dict[str, Part] = {top: part for top in tops if (part := part_named(top))}
    # A single folder named like a part, among others that are not, is a class: trains beside buses.
    if parts.keys() & with_classes and (len(parts) > 1 or len(tops) == 1):
        return {
            member: (steps[1], parts[steps[0]])
            for member, steps in pictures.items()
            if len(steps) > 2 and steps[0] in parts
        }
    return {member: (steps[0], None) for member, steps in pictures.items() if len(steps) > 1}


def _notes(others: Counter[str], outside: int) -> list[str]:
    notes: list[str] = []
    if others:
        suffixes = ", ".join(printable(suffix) or "none" for suffix, _ in others.most_common(5))
        notes.append(f"files left out as no pictures by their suffix: {others.total():,} ({suffixes})")
    if outside:
        notes.append(f"pictures left out as they lie outside any class folder: {outside:,}")
    return notes
