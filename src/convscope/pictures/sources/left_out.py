"""Count what a source leaves out, by reason and by folder, for notes."""

from __future__ import annotations

import errno
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from convscope.common.printable import printable

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

MOST_NAMED = 3
IN_A_CIRCLE = "leading round in a circle"

_HIDDEN = re.compile(r"\..+")
_SYSTEM = re.compile(
    r"__MACOSX|@eaDir|#recycle|\$RECYCLE\.BIN|System Volume Information|lost\+found|__pycache__|node_modules"
    r"|Thumbs\.db|desktop\.ini",
    re.IGNORECASE,
)
_RUN = "in a run of convscope"
MARKERS = {"run.json": _RUN, "events.jsonl": _RUN, "pyvenv.cfg": "in a virtual environment"}
"""Files that identify the kind of their folder."""


class LeftOut:
    """Counts files that are left out.

    Example:
        >>> left_out = LeftOut()
        >>> for folder in ("cats", "dogs", "cats"):
        ...     left_out.add("hidden", folder)
        >>> left_out.notes()
        ('left out: 3 files, hidden (cats, dogs)',)
    """

    def __init__(self) -> None:
        self._folders: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)

    def add(self, reason: str, folder: str, *, thing: str = "file", count: int = 1) -> None:
        """Count a file.

        Args:
            reason: Why it is left out.
            folder: Its folder; "" for the source itself.
            thing: Its kind, in the singular.
            count: Their number.
        """
        self._folders[thing, reason][folder] += count

    def add_unlabelled(self, label: str | None, count: int = 1) -> None:
        """Count a picture that has no label, or one that means "no label"."""
        reason = "without a label" if label is None else f"labelled {label}, no label"
        self.add(reason, "", thing="picture", count=count)

    def merge(self, other: LeftOut) -> None:
        """Add the counts of another one."""
        for key, folders in other._folders.items():
            self._folders[key] += folders

    def plus_unlabelled(self, label: str, count: int) -> LeftOut:
        """Return the same, with this many pictures whose label means "no label"."""
        both = LeftOut()
        both.merge(self)
        both.add_unlabelled(label, count)
        return both

    def notes(self) -> tuple[str, ...]:
        """Return a sentence for each reason, the most frequent first."""
        ordered = sorted(self._folders.items(), key=lambda entry: -entry[1].total())
        return tuple(
            f"left out: {counted(folders.total(), thing)}, {reason}{_where(folders)}"
            for (thing, reason), folders in ordered
        )


def broken_link(link: os.DirEntry[str]) -> str:
    """Return why a link cannot be followed; "" if it can."""
    try:
        link.stat()
    except FileNotFoundError:
        return "leading nowhere"
    except OSError as error:
        return IN_A_CIRCLE if error.errno == errno.ELOOP else ""
    return ""


def counted(count: int, thing: str) -> str:
    """Return a number of things in words.

    Example:
        >>> counted(1, "file"), counted(1200, "file")
        ('1 file', '1,200 files')
    """
    if count == 1:
        return f"1 {thing}"
    return f"{count:,} {thing.replace('file', 'files', 1) if 'file' in thing else f'{thing}s'}"


def kind_of_file(suffix: str) -> str:
    """Return a description of a file with this suffix."""
    return f"{printable(suffix)} file" if suffix else "file without suffix"


def repeated(count: int, archive: str = "") -> LeftOut:
    """Count the members of an archive that a later one of the same name replaces, as in unpacking.

    Example:
        >>> repeated(2).notes(), repeated(0).notes()
        (('left out: 2 members, as later ones have the same names',), ())
    """
    left_out = LeftOut()
    if count:
        left_out.add("as later ones have the same names", archive, thing="member", count=count)
    return left_out


def some(names: Iterable[str]) -> str:
    """List a few things.

    Example:
        >>> some(["a", "b", "c", "d"])
        'a, b, c and 1 more'
    """
    every = list(names)
    more = f" and {len(every) - MOST_NAMED:,} more" if len(every) > MOST_NAMED else ""
    return ", ".join(map(printable, every[:MOST_NAMED])) + more


def why_ignored(name: str) -> str:
    """Return why a file or folder of this name is ignored; "" if it is not.

    Example:
        >>> why_ignored(".net"), why_ignored("@eaDir"), why_ignored("cats")
        ('hidden', 'in a folder of the system', '')
    """
    if _SYSTEM.fullmatch(name):
        return "in a folder of the system"
    return "hidden" if _HIDDEN.fullmatch(name) else ""


def _where(folders: Counter[str]) -> str:
    named = [folder for folder, _ in folders.most_common() if folder]
    return f" ({some(named)})" if named else ""
