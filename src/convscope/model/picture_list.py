"""The list of the pictures that a model was made from, `pictures.csv` beside it: a row a picture.

    picture,class,part,digest
    cat/tom.jpg,cat,train,4321c228dc684ef30fe2db60117c005d

Names are without the folders that all pictures lie in, so that the list is the same wherever these lie.
`part` is the part a picture was used in; `digest` is that of the file's bytes (of its pixels, for arrays).
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

Entry = tuple[str, str]  # class and digest of a picture


@dataclass(frozen=True, slots=True)
class Differences:
    """How the pictures of two lists differ, by name.

    Attributes:
        added: Only in the second.
        removed: Only in the first.
        changed: In both, with another content.
        relabelled: In both, with the same content but another class.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    relabelled: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.relabelled)


def listing(catalogue: Catalogue, parts: Split) -> Iterator[bytes]:
    """Write the list of a catalogue's pictures, in their order, as UTF-8, row by row."""
    names = ("", *PARTS)
    part_of = np.zeros(len(catalogue.labels), np.int8)
    for number, part in enumerate(PARTS, start=1):
        part_of[getattr(parts, part)] = number
    table = csv.writer(_Passing(), lineterminator="\n")  # which returns what it has written
    yield table.writerow(_COLUMNS)
    for (name, (label, digest)), part in zip(_named(catalogue), part_of, strict=True):
        yield table.writerow((name, label, names[part], digest))


def differences(before: bytes, catalogue: Catalogue) -> Differences:
    """Compare a list as `listing` wrote it with the pictures of a catalogue.

    Raises:
        ValueError: It is no such list.
    """
    try:
        rows = list(csv.reader(io.StringIO(before.decode(), newline=""), strict=True))
    except csv.Error as error:
        raise ValueError(str(error)) from error
    if not rows or tuple(rows[0]) != _COLUMNS or any(len(row) != len(_COLUMNS) for row in rows):
        raise ValueError("it is no list of pictures")
    old = _numbered((name, (label, digest)) for name, label, _, digest in rows[1:])
    new = _numbered(_named(catalogue))
    both = old.keys() & new.keys()
    return Differences(
        added=_names(new.keys() - both),
        removed=_names(old.keys() - both),
        changed=_names(key for key in both if old[key][1] != new[key][1]),
        relabelled=_names(key for key in both if old[key][1] == new[key][1] and old[key] != new[key]),
    )


class _Passing:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> bytes:
        return text.encode()


def _named(catalogue: Catalogue) -> Iterable[tuple[str, Entry]]:
    names = catalogue.names
    shared = os.path.commonprefix([min(names), max(names)])  # noqa: RUF071  # cut at the last slash
    folders = shared.rfind("/") + 1
    for name, label, digest in zip(names, catalogue.labels, catalogue.digests, strict=True):
        yield name[folders:], (catalogue.classes[label], digest.tobytes().hex())


def _numbered(named: Iterable[tuple[str, Entry]]) -> dict[tuple[str, int], Entry]:
    """Tell pictures of the same name apart by counting them: a manifest may name one twice."""
    seen: Counter[str] = Counter()
    numbered: dict[tuple[str, int], Entry] = {}
    for name, entry in named:
        numbered[name, seen[name]] = entry
        seen[name] += 1
    return numbered


def _names(keys: Iterable[tuple[str, int]]) -> tuple[str, ...]:
    return tuple(name for name, _ in sorted(keys))
