"""Building a store: every picture of a source is decoded and prepared once.

A store is built in a temporary folder that is renamed when complete, so a store with its final name is always
complete; if two runs build the same store at the same time, the later one uses the earlier one's. The
building process holds a lock on the folder. A temporary folder without a lock was left behind by a killed
process, and is removed.
"""

from __future__ import annotations

import errno
import shutil
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import PIL

from convscope.common.cache_folder import VARIABLE, cache_folder
from convscope.common.digests import digest_of
from convscope.common.locking import locked
from convscope.common.printable import printable
from convscope.errors import DataError, PictureError, StoreError
from convscope.pictures.classes import lost_classes
from convscope.pictures.decoding import DIGEST_SIZE, Decoded, Progress, decode, no_progress
from convscope.pictures.doubtful_names import doubtful_names
from convscope.pictures.near_duplicates.looks import SIDE, Looks
from convscope.pictures.packed_strings import PackedStrings
from convscope.pictures.preparation import Preparation, prepare
from convscope.pictures.sources.selected import select
from convscope.pictures.store import (
    FORMAT,
    PLACES,
    Broken,
    Catalogue,
    Store,
    drop_rows,
    new_pictures,
    read_catalogue,
    read_store,
    write_rest,
)
from convscope.pictures.target import SeveralLabels, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from numpy.typing import NDArray

    from convscope.pictures.sources.source import Item, Source

BROKEN_FRACTION_LIMIT = 0.5
_BUILDING = ".building-"
MOST_COMPARED = 10_000
"""Largest number of pictures to search for near-duplicates; time grows with its square."""

_Built = TypeVar("_Built")
_Catalogue = TypeVar("_Catalogue", bound=Catalogue)


def build_store(
    source: Source,
    preparation: Preparation,
    *,
    progress: Progress | None = None,
    strict: bool = False,
    folder: Path | None = None,
) -> Store:
    """Decode and prepare all pictures of a source, or open the store from an earlier run.

    Args:
        source: The source of the pictures.
        preparation: The format to convert them to.
        progress: Called with (pictures done, pictures in all) about ten times a second.
        strict: Whether to stop at an unreadable picture instead of leaving it out.
        folder: The folder of stores; by default the user's cache folder.

    Raises:
        PictureError: If `strict` and a picture is unreadable.
        DataError: If more than half of the pictures are unreadable.
        StoreError: If the store cannot be written, for example because the disk is full.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from convscope.pictures.sources import open_source
        >>> with TemporaryDirectory() as folder:
        ...     store = build_store(open_source("digits"), Preparation(1, 8, 8), folder=Path(folder))
        >>> store.pictures.shape, store.labels[:3].tolist(), store.classes[:3]
        ((1797, 8, 8, 1), [0, 1, 2], ('0', '1', '2'))
    """
    path = (folder or _stores()) / _key(source, preparation)
    build = partial(_build_store, source, preparation, progress or no_progress, strict=strict)
    return _as_asked(read_or_build(path, read_store, build), source, strict=strict)


def build_catalogue(
    source: Source,
    preparation: Preparation,
    *,
    progress: Progress | None = None,
    strict: bool = False,
) -> tuple[Catalogue, NDArray[np.int64]]:
    """Decode and digest a source's pictures like `build_store`, without storing pixels.

    Same arguments and errors as `build_store`, except for the folder.

    Returns:
        The catalogue of the readable pictures, and the index of each of them in the source.
    """
    path = _stores() / f"{_key(source, preparation)}-catalogue"
    build = partial(_build_catalogue, source, preparation, progress or no_progress, strict=strict)
    catalogue, places = read_or_build(path, read_catalogue, build)
    return _as_asked(catalogue, source, strict=strict), places


def is_stored(source: Source, preparation: Preparation) -> bool:
    """Whether `build_store` would find a store from an earlier run."""
    return read_store(_stores() / _key(source, preparation)) is not None


def unwritable_store(folder: Path, error: OSError) -> StoreError:
    """Create the error for prepared pictures that cannot be written."""
    full = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    return StoreError(
        f"cannot write the prepared pictures to {printable(str(folder))}",
        why=error.strerror or str(error),
        remedy=f"{'free some space, or ' if full else ''}set {VARIABLE} to another folder you may write to",
    )


def read_or_build(path: Path, read: Callable[[Path], _Built | None], build: Callable[[Path], None]) -> _Built:
    """Read a folder's content; build it first if it is missing.

    Args:
        path: The folder; its parent is created if needed.
        read: Reads the folder; returns None if it is missing or damaged.
        build: Writes the content into a temporary folder, which is renamed when complete.

    Raises:
        StoreError: It cannot be written, for example because the disk is full.
    """
    try:
        content = read(path)
        if content is None:
            _build_at(path, read, build)
            content = read(path)
    except OSError as error:
        raise unwritable_store(path.parent, error) from error
    if content is None:
        raise StoreError(f"the prepared pictures in {path} vanished while being opened", remedy="try again")
    return content


def _stores() -> Path:
    return cache_folder() / "stores"


def _key(source: Source, preparation: Preparation) -> str:
    """Return a store's cache key, which depends on the source, the preparation and the decoder."""
    return digest_of((FORMAT, PIL.__version__, source.fingerprint(), preparation))


def _as_asked(catalogue: _Catalogue, source: Source, *, strict: bool) -> _Catalogue:
    """Return a catalogue with the notes of this source, unless a picture is broken and none may be."""
    if strict and catalogue.broken:
        first = catalogue.broken[0]
        raise PictureError(f"cannot read the picture {first.name}", why=first.cause)
    return replace(catalogue, notes=source.notes + doubtful_names(catalogue.classes) + catalogue.notes)


def _build_at(path: Path, read: Callable[[Path], object], build: Callable[[Path], None]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with _temporary_folder(path.parent) as temporary:
        building = temporary / "store"
        building.mkdir()
        build(building)
        try:
            building.rename(path)
        except OSError:
            if not path.exists():
                raise
            if read(path) is None:  # damaged, not built by another run in the meantime
                path.rename(temporary / "damaged")
                building.rename(path)


@contextmanager
def _temporary_folder(stores: Path) -> Generator[Path]:
    """Create a folder to build in, and remove those left behind by killed processes."""
    with ExitStack() as stack:
        with locked(stores, wait=True):  # a new folder must not be removed before it is locked
            for leftover in stores.glob(f"{_BUILDING}*"):
                with suppress(BlockingIOError, FileNotFoundError, NotADirectoryError), locked(leftover):
                    shutil.rmtree(leftover, ignore_errors=True)
            building = Path(stack.enter_context(TemporaryDirectory(prefix=_BUILDING, dir=stores)))
            stack.enter_context(locked(building))
        yield building


def _build_store(
    source: Source, preparation: Preparation, progress: Progress, building: Path, *, strict: bool
) -> None:
    shape = (len(source.items), preparation.height, preparation.width, preparation.channels)
    with new_pictures(building, shape) as pictures:

        def keep(index: int, prepared: NDArray[np.uint8]) -> None:
            pictures[index] = prepared

        result = _decode_all(source, preparation, keep, progress, strict=strict)
        if result.broken:
            drop_rows(building, pictures, result.kept)
        write_rest(building, result.catalogue(source, preparation))


def _build_catalogue(
    source: Source, preparation: Preparation, progress: Progress, building: Path, *, strict: bool
) -> None:
    result = _decode_all(source, preparation, lambda _index, _prepared: None, progress, strict=strict)
    np.save(building / PLACES, np.flatnonzero(result.kept), allow_pickle=False)
    write_rest(building, result.catalogue(source, preparation))


@dataclass(frozen=True, slots=True)
class _Result:
    """The result of decoding all pictures of a source."""

    kept: NDArray[np.bool_]
    digests: NDArray[np.uint8]
    looks: Looks | None
    broken: tuple[Broken, ...]
    guessed: tuple[int, ...]
    guess: str
    several: tuple[int, ...]

    def notes(self, source: Source) -> tuple[str, ...]:
        notes = () if self.kept.all() else lost_classes(source.items, self.kept)
        if self.guessed:
            first = source.items[self.guessed[0]].name
            found = f"pictures whose range of values is guessed: {len(self.guessed):,}"
            notes += (f"{found} ({first}: {self.guess})",)
        if self.several:
            first = source.items[self.several[0]].name
            found = f"pictures of several frames or pages, of which the first is used: {len(self.several):,}"
            notes += (f"{found} ({first})",)
        return notes

    def catalogue(self, source: Source, preparation: Preparation) -> Catalogue:
        items = select(source, np.flatnonzero(self.kept)).items
        target, labels = encode(items)
        return Catalogue(
            labels=labels,
            digests=self.digests[self.kept],
            classes=target.classes,
            label_sets=target.sets if isinstance(target, SeveralLabels) else None,
            names=PackedStrings.of(item.name for item in items),
            parts=tuple(item.part for item in items),
            broken=self.broken,
            preparation=preparation,
            notes=self.notes(source),
            given_groups=_numbered(items),
            looks=self.looks[self.kept] if self.looks else None,
        )


def _decode_all(
    source: Source,
    preparation: Preparation,
    keep: Callable[[int, NDArray[np.uint8]], None],
    progress: Progress,
    *,
    strict: bool,
) -> _Result:
    total = len(source.items)
    is_compared = total <= MOST_COMPARED and min(preparation.height, preparation.width) >= SIDE
    looks = Looks.of(total) if is_compared else None
    digests = np.zeros((total, DIGEST_SIZE), np.uint8)
    kept = np.zeros(total, np.bool_)
    broken: dict[int, Broken] = {}
    guesses: dict[int, str] = {}
    several: list[int] = []

    def take(decoded: Decoded) -> None:
        prepared = prepare(decoded.pixels, preparation)
        keep(decoded.index, prepared)
        if looks:
            looks.fill(decoded.index, prepared)
        if decoded.guess:
            guesses[decoded.index] = decoded.guess
        if decoded.is_first_of_several:
            several.append(decoded.index)
        digests[decoded.index] = np.frombuffer(decoded.digest, np.uint8)
        kept[decoded.index] = True

    def refuse(index: int, error: PictureError) -> None:
        if strict:
            raise error
        broken[index] = Broken(source.items[index].name, error.why)

    def tick() -> None:
        progress(int(kept.sum()) + len(broken), total)

    decode(source, range(total), take, refuse, tick, shortest_side=preparation.shortest_side)
    in_order = tuple(broken[index] for index in sorted(broken))
    _check_broken(source, in_order)
    guessed = tuple(sorted(guesses))
    guess = guesses[guessed[0]] if guessed else ""
    return _Result(kept, digests, looks, in_order, guessed, guess, tuple(sorted(several)))


def _numbered(items: Sequence[Item]) -> NDArray[np.int64] | None:
    """Number the groups given by a source, in the order of their first pictures; None if it has none."""
    numbers: dict[str | None, int] = {}
    groups = np.fromiter(
        (-1 if item.group is None else numbers.setdefault(item.group, len(numbers)) for item in items),
        np.int64,
        len(items),
    )
    return groups if numbers else None


def _check_broken(source: Source, broken: tuple[Broken, ...]) -> None:
    total = len(source.items)
    if len(broken) > BROKEN_FRACTION_LIMIT * total:
        raise DataError(
            f"{len(broken):,} of the {total:,} pictures of {source.name} cannot be read",
            why=f"the first is {broken[0].name}: {broken[0].cause}",
            remedy="repair or remove them",
        )
