"""A store: all readable pictures of a source, prepared, as one memory-mapped array of bytes.

A store is a folder of `pictures.bin` (uint8, N x height x width x channels, no header), `labels.npy` (int64,
N), `digests.npy` (uint8, N x 16), `letters.npy` and `ends.npy` (the names, as `PackedStrings`), `parts.npy`
(int8, N: index into `PART_NAMES`, -1 for none), `given_groups.npy` (int64, N), `thumbnails.npy` and
`colours.npy` (uint8, N or 0 of them) and `store.json` (everything else). A catalogue is the same without
`pictures.bin`, and with `places.npy` (int64, N).
"""

from __future__ import annotations

import json
import math
import os
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from mmap import mmap
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np
from pydantic import TypeAdapter

from convscope.common import strict_json
from convscope.common.digests import digest_of
from convscope.common.disk_space import reserve
from convscope.errors import StoreError
from convscope.pictures.near_duplicates.looks import Looks
from convscope.pictures.packed_strings import PackedStrings
from convscope.pictures.preparation import Preparation
from convscope.pictures.sources.source import PART_NAMES, Part
from convscope.pictures.target import target_of

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from convscope.pictures.target import Target

FORMAT = 7
PICTURES, REST, PLACES = "pictures.bin", "store.json", "places.npy"
_ARRAYS = ("labels", "digests", "letters", "ends", "parts", "given_groups", "thumbnails", "colours")
_PART_OF: dict[int, Part | None] = {-1: None, **dict(enumerate(PART_NAMES))}
_CODES = {part: code for code, part in _PART_OF.items()}
_PREPARATION = TypeAdapter(Preparation)
_DAMAGED = (FileNotFoundError, ValueError, KeyError, TypeError, EOFError)


@dataclass(frozen=True, slots=True)
class Broken:
    """A picture that could not be read and was left out.

    Attributes:
        name: Display name.
        cause: Why it could not be read.
    """

    name: str
    cause: str


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """All readable pictures of a source without their pixels, in the source's order.

    Attributes:
        labels: int64 of shape (N,), indices into `target.names`: classes or, with several labels for each
            picture, label sets.
        digests: uint8 of shape (N, 16); equal for identical files.
        classes: Names of the classes or labels, in natural order unless another one is given.
        names: Names of the pictures.
        parts: The part of each picture given by the source, if any.
        broken: The pictures that could not be read, in the source's order.
        preparation: How the pictures were prepared.
        notes: How the source was read, what was left out, and properties of the pictures.
        given_groups: int64 of shape (N,), the number of each picture's group given by the source, -1 for
            none. None if the source gives no groups.
        looks: The looks of the pictures; None if there are too many to compare, or they are too small.
        label_sets: The labels in each label set, as indices into `classes`; None if each picture has one
            class.
    """

    labels: NDArray[np.int64] = field(repr=False)
    digests: NDArray[np.uint8] = field(repr=False)
    classes: tuple[str, ...]
    names: Sequence[str] = field(repr=False)
    parts: tuple[Part | None, ...] = field(repr=False)
    broken: tuple[Broken, ...] = field(repr=False)
    preparation: Preparation
    notes: tuple[str, ...]
    given_groups: NDArray[np.int64] | None = field(default=None, repr=False, kw_only=True)
    looks: Looks | None = field(default=None, repr=False, kw_only=True)
    label_sets: tuple[tuple[int, ...], ...] | None = field(default=None, repr=False, kw_only=True)

    @property
    def target(self) -> Target:
        """The target to predict for each picture."""
        return target_of(self.classes, self.label_sets)

    @property
    def digest(self) -> str:
        """Digest of all fields but names and looks: equal for catalogues of the same pictures."""
        sets = () if self.label_sets is None else (self.label_sets,)
        listed = (self.classes, self.parts, self.preparation, *sets)
        arrays = (self.labels, self.digests, self.given_groups)
        return digest_of(listed, (array.tobytes() for array in arrays if array is not None))

    def broken_notes(self, most: int, others: str) -> tuple[str, ...]:
        """Name the first pictures that were left out, at most so many; `others` describes the rest."""
        named = [f"left out {one.name}: {one.cause}" for one in self.broken[:most]]
        more = len(self.broken) - len(named)
        return (*named, f"left out {more:,} more{others}") if more else tuple(named)

    def ordered(self, classes: Sequence[str]) -> Self:
        """Return the same catalogue with its classes in another order.

        Args:
            classes: All classes, each once.
        """
        numbers = np.array([classes.index(name) for name in self.classes], np.int64)
        if self.label_sets is None:
            return replace(self, classes=tuple(classes), labels=numbers[self.labels])
        sets = tuple(tuple(sorted(numbers[[*members]].tolist())) for members in self.label_sets)
        return replace(self, classes=tuple(classes), label_sets=sets)

    def store(self, indices: NDArray[np.int64], pictures: NDArray[np.uint8]) -> Store:
        """Create a store of some of the pictures.

        Args:
            indices: (n,) indices of the pictures.
            pictures: (n, height, width, channels) uint8, prepared.
        """
        chosen: list[int] = indices.tolist()
        return Store(
            labels=self.labels[indices],
            digests=self.digests[indices],
            classes=self.classes,
            names=PackedStrings.of(self.names[index] for index in chosen),
            parts=tuple(self.parts[index] for index in chosen),
            broken=(),
            preparation=self.preparation,
            notes=self.notes,
            label_sets=self.label_sets,
            pictures=pictures,
            given_groups=None if self.given_groups is None else self.given_groups[indices],
            looks=None if self.looks is None else self.looks[indices],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Store(Catalogue):
    """All readable pictures of a source, prepared, in the source's order.

    Attributes:
        pictures: uint8 of shape (N, height, width, channels), memory-mapped.
    """

    pictures: NDArray[np.uint8] = field(repr=False)

    def check_whole(self) -> None:
        """Check that the mapped file is still complete.

        Reading beyond the end of a truncated file yields zeros up to the end of the page, and SIGBUS after.

        Raises:
            StoreError: The file was truncated after it was mapped.
        """
        mapped = cast("object", self.pictures.base)  # typed as an array by NumPy
        if isinstance(mapped, mmap) and mapped.size() < self.pictures.nbytes:
            raise truncated_store()


def truncated_store() -> StoreError:
    """Create the error for prepared pictures that vanish while they are in use."""
    return StoreError(
        "the prepared pictures can no longer be read",
        why="their file was truncated, or its disk failed",
        remedy="resume with convscope train --resume, which decodes them again if needed",
    )


@contextmanager
def new_pictures(folder: Path, shape: tuple[int, ...]) -> Generator[NDArray[np.uint8]]:
    """Create the file of pictures and map it for writing; it is flushed to the disk at the end.

    Raises:
        OSError: There is no space for it.
    """
    with (folder / PICTURES).open("wb+") as file:
        # a full disk is an error here; with mapped memory it would be a bus error, which kills the process
        reserve(file, math.prod(shape))
        pictures = np.memmap(file, np.uint8, "r+", shape=shape)
        yield pictures
        pictures.flush()
        os.fsync(file.fileno())


def drop_rows(folder: Path, pictures: NDArray[np.uint8], kept: NDArray[np.bool_]) -> None:
    """Remove the rows of broken pictures from the file of pictures."""
    end = 0
    for run in np.split(np.flatnonzero(kept), np.flatnonzero(np.diff(np.flatnonzero(kept)) > 1) + 1):
        pictures[end : end + len(run)] = pictures[run[0] : run[0] + len(run)]
        end += len(run)
    os.truncate(folder / PICTURES, end * pictures[0].size)


def write_rest(folder: Path, catalogue: Catalogue) -> None:
    """Write everything except the pixels."""
    rest = {
        "format": FORMAT,
        "classes": catalogue.classes,
        "label_sets": catalogue.label_sets,
        "broken": [asdict(one) for one in catalogue.broken],
        "preparation": asdict(catalogue.preparation),
        "notes": catalogue.notes,
    }
    names = (
        catalogue.names if isinstance(catalogue.names, PackedStrings) else PackedStrings.of(catalogue.names)
    )
    parts = np.array([_CODES[part] for part in catalogue.parts], np.int8)
    count, looks = len(catalogue.labels), catalogue.looks or Looks.of(0)
    groups = np.full(count, -1) if catalogue.given_groups is None else catalogue.given_groups
    arrays = (
        *(catalogue.labels, catalogue.digests, names.letters, names.ends, parts),
        *(groups, looks.thumbnails, looks.colours),
    )
    files = [folder / f"{name}.npy" for name in _ARRAYS]
    for file, array in zip(files, arrays, strict=True):
        np.save(file, array, allow_pickle=False)
    (folder / REST).write_text(json.dumps(rest), encoding="utf-8")
    for path in (*files, folder / REST):
        with path.open("rb") as file:
            os.fsync(file.fileno())


def read_store(folder: Path) -> Store | None:
    """Open a store; return None if it is missing or damaged."""
    try:
        rest = _read_rest(folder)
        form = rest["preparation"]
        shape = (len(rest["labels"]), form.height, form.width, form.channels)
        if (folder / PICTURES).stat().st_size != math.prod(shape):
            return None
        return Store(**rest, pictures=np.memmap(folder / PICTURES, np.uint8, "r", shape=shape))
    except _DAMAGED:
        return None


def read_catalogue(folder: Path) -> tuple[Catalogue, NDArray[np.int64]] | None:
    """Open a catalogue and the indices of its pictures; return None if it is missing or damaged."""
    try:
        return Catalogue(**_read_rest(folder)), np.load(folder / PLACES, allow_pickle=False)
    except _DAMAGED:
        return None


def _read_rest(folder: Path) -> dict[str, Any]:
    rest = cast("dict[str, Any]", strict_json.parse((folder / REST).read_bytes()))
    if rest["format"] != FORMAT:
        raise ValueError(f"its format is not {FORMAT}")
    labels, digests, letters, ends, parts, groups, thumbnails, colours = (
        np.load(folder / f"{name}.npy", allow_pickle=False) for name in _ARRAYS
    )
    lengths = {len(labels), len(digests), len(ends), len(parts), len(groups)}
    looks = Looks(thumbnails, colours) if len(thumbnails) else None
    if looks:
        lengths |= {len(thumbnails), len(colours)}
    if len(lengths) > 1 or (len(ends) and ends[-1] != len(letters)):
        raise ValueError("its files are not of the same pictures")
    return {
        "labels": labels,
        "digests": digests,
        "classes": tuple(rest["classes"]),
        "label_sets": None if rest["label_sets"] is None else tuple(map(tuple, rest["label_sets"])),
        "names": PackedStrings(letters, ends),
        "parts": tuple(map(_PART_OF.__getitem__, parts.tolist())),
        "broken": tuple(Broken(**one) for one in rest["broken"]),
        "preparation": _PREPARATION.validate_python(rest["preparation"]),
        "notes": tuple(rest["notes"]),
        "given_groups": groups if (groups >= 0).any() else None,
        "looks": looks,
    }
