"""The list of a model's pictures, `pictures.csv` next to the model: one row per picture.

    picture,class,part,digest
    cat/tom.jpg,cat,train,4321c228dc684ef30fe2db60117c005d

Folders common to all pictures are left out of the names, so that the list does not depend on the location of
the pictures. `part` is the set that a picture was used in (train, validation, test), `digest` the digest of
the file's bytes, or of the pixels for arrays.
"""

from __future__ import annotations

import csv
import io
import os
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.pictures.split import PARTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convscope.pictures.split import Split
    from convscope.pictures.store import Catalogue

NAME = "pictures.csv"
_COLUMNS = ("picture", "class", "part", "digest")

Entry = tuple[str, str]  # a picture's class and digest


@dataclass(frozen=True, slots=True)
class Differences:
    """How the pictures of two lists differ, by name.

    Attributes:
        added: Only in the second list.
        removed: Only in the first list.
        changed: In both, with different content.
        relabelled: In both, with the same content but a different class.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    relabelled: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.relabelled)


def listing(catalogue: Catalogue, parts: Split) -> Iterator[bytes]:
    """Yield the rows of a catalogue's picture list, in order, as UTF-8."""
    names = ("", *PARTS)
    part_of = np.zeros(len(catalogue.labels), np.int8)
    for number, part in enumerate(PARTS, start=1):
        part_of[getattr(parts, part)] = number
    table = csv.writer(_Echo(), lineterminator="\n")  # writerow returns the result of the file's `write`
    yield table.writerow(_COLUMNS)
    for (name, (label, digest)), part in zip(_named(catalogue), part_of, strict=True):
        yield table.writerow((name, label, names[part], digest))


def differences(before: bytes, catalogue: Catalogue) -> Differences:
    """Compare a list that `listing` wrote with the pictures of a catalogue.

    Raises:
        ValueError: It is not a valid list.
    """
    try:
        rows = list(csv.reader(io.StringIO(before.decode(), newline=""), strict=True))
    except csv.Error as error:
        raise ValueError(str(error)) from error
    if not rows or tuple(rows[0]) != _COLUMNS or any(len(row) != len(_COLUMNS) for row in rows):
        raise ValueError("it is not a list of pictures")
    old = _numbered((name, (label, digest)) for name, label, _, digest in rows[1:])
    new = _numbered(_named(catalogue))
    both = old.keys() & new.keys()
    return Differences(
        added=_names(new.keys() - both),
        removed=_names(old.keys() - both),
        changed=_names(key for key in both if old[key][1] != new[key][1]),
        relabelled=_names(key for key in both if old[key][1] == new[key][1] and old[key] != new[key]),
    )


class _Echo:
    """A file-like object whose `write` returns the text."""

    def write(self, text: str) -> bytes:
        return text.encode()


def _named(catalogue: Catalogue) -> Iterable[tuple[str, Entry]]:
    names = catalogue.names
    shared = os.path.commonprefix([min(names), max(names)])  # noqa: RUF071  # cut at the last slash
    folders = shared.rfind("/") + 1
    labels = catalogue.target.names
    for name, label, digest in zip(names, catalogue.labels, catalogue.digests, strict=True):
        yield name[folders:], (labels[label], digest.tobytes().hex())


def _numbered(named: Iterable[tuple[str, Entry]]) -> dict[tuple[str, int], Entry]:
    """Number pictures of the same name to distinguish them: a manifest may list one twice."""
    seen: Counter[str] = Counter()
    numbered: dict[tuple[str, int], Entry] = {}
    for name, entry in named:
        numbered[name, seen[name]] = entry
        seen[name] += 1
    return numbered


def _names(keys: Iterable[tuple[str, int]]) -> tuple[str, ...]:
    return tuple(name for name, _ in sorted(keys))
