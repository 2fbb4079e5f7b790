"""The store: all pictures of a source, decoded once, as one memory-mapped array of bytes.

It is built in a folder of another name and renamed when it is whole. So a store that can be seen is whole,
and of two runs that build the same one at once the later uses the earlier's. Who builds holds the lock of the
folder; one that nobody holds was left by a process that was killed, and is removed.
"""

from __future__ import annotations

import errno
import hashlib
import shutil
from collections.abc import Callable
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import PIL

from convscope.common.locking import locked
from convscope.common.printable import printable
from convscope.errors import DataError, PictureError, StoreError
from convscope.pictures.cache import VARIABLE, cache_folder
from convscope.pictures.decoding import DIGEST_SIZE, Decoded, decode
from convscope.pictures.naming import natural_order
from convscope.pictures.preparation import Preparation, prepare
from convscope.pictures.sources.selected import select
from convscope.pictures.store_folder import (
    FORMAT,
    PLACES,
    Broken,
    Catalogue,
    Store,
    cut_short,
    drop_rows,
    new_pictures,
    read_catalogue,
    read_store,
    write_rest,
)
from convscope.pictures.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

    from convscope.pictures.sources.source import Source

BROKEN_FRACTION_LIMIT = 0.5
_BUILDING = ".building-"

Progress = Callable[[int, int], None]
_Found = TypeVar("_Found")

__all__ = [
    "Broken",
    "Catalogue",
    "Progress",
    "Store",
    "build_catalogue",
    "build_store",
    "cut_short",
    "found_or_built",
    "is_stored",
    "unwritable",
]


def build_store(
    source: Source,
    preparation: Preparation,
    *,
    progress: Progress | None = None,
    strict: bool = False,
    folder: Path | None = None,
) -> Store:
    """Decode and prepare all pictures of a source, or find that this was done before.

    Args:
        source: Where the pictures come from.
        preparation: The form to bring them into.
        progress: Called with (pictures done, pictures in all) about ten times a second.
        strict: Whether to stop at a broken picture instead of leaving it out.
        folder: Where stores are kept; by default in the user's cache folder.

    Raises:
        PictureError: If `strict` and a picture is broken.
        DataError: If more than half of the pictures are broken.
        StoreError: If the store cannot be written, for example because the disk is full.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> from convscope.pictures.sources import open_source
        >>> with TemporaryDirectory() as folder:
        ...     store = build_store(open_source("digits"), Preparation(1, 8, 8), folder=Path(folder))
        >>> store.pictures.shape, store.labels[:3].tolist(), store.classes[:3]
        ((1797, 8, 8, 1), [0, 1, 2], ('0', '1', '2'))
    """
    place = _stores(folder) / _key(source, preparation)
    store = found_or_built(
        place, read_store, partial(_build, source, preparation, progress or _silent, strict=strict)
    )
    if strict:
        _refuse_broken(store)
    return store


def build_catalogue(
    source: Source,
    preparation: Preparation,
    *,
    progress: Progress | None = None,
    strict: bool = False,
    folder: Path | None = None,
) -> tuple[Catalogue, NDArray[np.int64]]:
    """Decode and digest a source's pictures as `build_store` does, but keep none of them.

    Arguments and errors are those of `build_store`.

    Returns:
        What is known of the readable pictures, and where each of them stands in the source.
    """
    place = _stores(folder) / f"{_key(source, preparation)}-catalogue"
    build = partial(_build_catalogue, source, preparation, progress or _silent, strict=strict)
    catalogue, places = found_or_built(place, read_catalogue, build)
    if strict:
        _refuse_broken(catalogue)
    return catalogue, places


def is_stored(source: Source, preparation: Preparation, *, folder: Path | None = None) -> bool:
    """Say whether `build_store` would find that its work was done before."""
    return read_store(_stores(folder) / _key(source, preparation)) is not None


def unwritable(folder: Path, error: OSError) -> StoreError:
    """Make the error for prepared pictures that cannot be written."""
    full = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    return StoreError(
        f"cannot write the prepared pictures to {printable(str(folder))}",
        why=error.strerror or str(error),
        remedy=f"{'free some space, or ' if full else ''}set {VARIABLE} to another folder you may write to",
    )


def _stores(folder: Path | None) -> Path:
    return folder or cache_folder() / "stores"


def found_or_built(
    place: Path, read: Callable[[Path], _Found | None], build: Callable[[Path], None]
) -> _Found:
    """Read what is in a place, after it was built there if need be.

    Args:
        place: A folder; the one above it is made if need be.
        read: Reads it; None where there is nothing whole.
        build: Writes it into a folder that is renamed when it is whole.

    Raises:
        StoreError: It cannot be written, for example because the disk is full.
    """
    try:
        found = read(place)
        if found is None:
            _build_at(place, read, build)
            found = read(place)
    except OSError as error:
        raise unwritable(place.parent, error) from error
    if found is None:
        raise StoreError(f"the prepared pictures in {place} vanished as they were opened", remedy="try again")
    return found


def _refuse_broken(catalogue: Catalogue) -> None:
    if catalogue.broken:
        first = catalogue.broken[0]
        raise PictureError(f"cannot read the picture {first.name}", why=first.cause)


def _key(source: Source, preparation: Preparation) -> str:
    """Name the store of a source: another where the source, the preparation or the decoder is another."""
    key = repr((FORMAT, PIL.__version__, source.fingerprint(), preparation))
    return hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


def _silent(done: int, total: int) -> None:
    """Show no progress."""


def _build_at(place: Path, read: Callable[[Path], object], build: Callable[[Path], None]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with _workplace(place.parent) as temporary:
        building = temporary / "store"
        building.mkdir()
        build(building)
        try:
            building.rename(place)
        except OSError:
            if not place.exists():
                raise
            if read(place) is None:  # what is there is no other run's but a damaged one
                place.rename(temporary / "damaged")
                building.rename(place)


@contextmanager
def _workplace(stores: Path) -> Generator[Path]:
    """Make a folder to build in, and remove those that nobody builds in any more."""
    with ExitStack() as stack:
        with locked(stores, wait=True):  # so that nobody removes what is made but not yet locked
            for leftover in stores.glob(f"{_BUILDING}*"):
                with suppress(BlockingIOError, FileNotFoundError, NotADirectoryError), locked(leftover):
                    shutil.rmtree(leftover, ignore_errors=True)
            building = Path(stack.enter_context(TemporaryDirectory(prefix=_BUILDING, dir=stores)))
            stack.enter_context(locked(building))
        yield building


def _build(
    source: Source, preparation: Preparation, progress: Progress, building: Path, *, strict: bool
) -> None:
    shape = (len(source.items), preparation.height, preparation.width, preparation.channels)
    with new_pictures(building, shape) as pictures:

        def keep(decoded: Decoded) -> None:
            pictures[decoded.index] = prepare(decoded.pixels, preparation)

        read = _read(source, preparation, keep, progress, strict=strict)
        if read.broken:
            drop_rows(building, pictures, read.kept)
        write_rest(building, read.catalogue(source, preparation))


def _build_catalogue(
    source: Source, preparation: Preparation, progress: Progress, building: Path, *, strict: bool
) -> None:
    read = _read(source, preparation, lambda _: None, progress, strict=strict)
    np.save(building / PLACES, np.flatnonzero(read.kept), allow_pickle=False)
    write_rest(building, read.catalogue(source, preparation))


@dataclass(frozen=True, slots=True)
class _Read:
    """What was found as all pictures of a source were decoded."""

    kept: NDArray[np.bool_]
    digests: NDArray[np.uint8]
    broken: tuple[Broken, ...]

    def catalogue(self, source: Source, preparation: Preparation) -> Catalogue:
        items = select(source, np.flatnonzero(self.kept)).items
        classes = tuple(sorted({item.label for item in items}, key=natural_order))
        number = {label: place for place, label in enumerate(classes)}
        return Catalogue(
            labels=np.fromiter((number[item.label] for item in items), np.int64, len(items)),
            digests=self.digests[self.kept],
            classes=classes,
            names=Texts.of(item.name for item in items),
            parts=tuple(item.part for item in items),
            broken=self.broken,
            preparation=preparation,
            notes=source.notes,
        )


def _read(
    source: Source,
    preparation: Preparation,
    keep: Callable[[Decoded], None],
    progress: Progress,
    *,
    strict: bool,
) -> _Read:
    total = len(source.items)
    digests = np.zeros((total, DIGEST_SIZE), np.uint8)
    kept = np.zeros(total, np.bool_)
    broken: dict[int, Broken] = {}

    def take(decoded: Decoded) -> None:
        keep(decoded)
        digests[decoded.index] = np.frombuffer(decoded.digest, np.uint8)
        kept[decoded.index] = True

    def refuse(index: int, error: PictureError) -> None:
        if strict:
            raise error
        broken[index] = Broken(source.items[index].name, error.why)

    def tick() -> None:
        progress(int(kept.sum()) + len(broken), total)

    decode(source, range(total), take, refuse, tick, shortest_side=preparation.shortest_side)
    left_out = tuple(broken[index] for index in sorted(broken))
    _check_broken(source, left_out)
    return _Read(kept, digests, left_out)


def _check_broken(source: Source, broken: tuple[Broken, ...]) -> None:
    total = len(source.items)
    if len(broken) > BROKEN_FRACTION_LIMIT * total:
        raise DataError(
            f"{len(broken):,} of the {total:,} pictures of {source.name} cannot be read",
            why=f"the first is {broken[0].name}: {broken[0].cause}",
            remedy="mend or remove them",
        )
