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
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import PIL

from convscope.errors import DataError, PictureError, StoreError
from convscope.locking import locked
from convscope.pictures.cache import VARIABLE, cache_folder
from convscope.pictures.decoding import DIGEST_SIZE, Decoded, decode
from convscope.pictures.naming import natural_order
from convscope.pictures.preparation import Preparation, prepare
from convscope.pictures.store_folder import (
    FORMAT,
    Broken,
    Store,
    drop_rows,
    new_pictures,
    read_store,
    write_rest,
)
from convscope.printable import printable

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

    from convscope.pictures.sources.source import Source

BROKEN_FRACTION_LIMIT = 0.5
_BUILDING = ".building-"

Progress = Callable[[int, int], None]

__all__ = ["Broken", "Progress", "Store", "build_store"]


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
    stores = folder or cache_folder() / "stores"
    place = stores / _key(source, preparation)
    try:
        store = read_store(place)
        if store is None:
            _build_at(place, source, preparation, progress or _silent, strict=strict)
            store = read_store(place)
    except OSError as error:
        raise _unwritable(stores, error) from error
    if store is None:
        raise StoreError(f"the prepared pictures in {place} vanished as they were opened", remedy="try again")
    if strict and store.broken:
        raise PictureError(f"cannot read the picture {store.broken[0].name}", why=store.broken[0].cause)
    return store


def _key(source: Source, preparation: Preparation) -> str:
    """Name the store of a source: another where the source, the preparation or the decoder is another."""
    key = repr((FORMAT, PIL.__version__, source.fingerprint(), preparation))
    return hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


def _silent(done: int, total: int) -> None:
    """Show no progress."""


def _unwritable(stores: Path, error: OSError) -> StoreError:
    full = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
    return StoreError(
        f"cannot write the prepared pictures to {printable(str(stores))}",
        why=error.strerror or str(error),
        remedy=f"{'free some space, or ' if full else ''}set {VARIABLE} to another folder you may write to",
    )


def _build_at(
    place: Path, source: Source, preparation: Preparation, progress: Progress, *, strict: bool
) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with _workplace(place.parent) as temporary:
        building = temporary / "store"
        building.mkdir()
        _build(source, preparation, building, progress, strict=strict)
        try:
            building.rename(place)
        except OSError:
            if not place.exists():
                raise
            if read_store(place) is None:  # what is there is no other run's store but a damaged one
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
    source: Source, preparation: Preparation, building: Path, progress: Progress, *, strict: bool
) -> None:
    total = len(source.items)
    digests = np.zeros((total, DIGEST_SIZE), np.uint8)
    kept = np.zeros(total, np.bool_)
    broken: dict[int, Broken] = {}

    def take(decoded: Decoded) -> None:
        pictures[decoded.index] = prepare(decoded.pixels, preparation)
        digests[decoded.index] = np.frombuffer(decoded.digest, np.uint8)
        kept[decoded.index] = True

    def refuse(index: int, error: PictureError) -> None:
        if strict:
            raise error
        broken[index] = Broken(source.items[index].name, error.why)

    def tick() -> None:
        progress(int(kept.sum()) + len(broken), total)

    shape = (total, preparation.height, preparation.width, preparation.channels)
    with new_pictures(building, shape) as pictures:
        decode(source, range(total), take, refuse, tick, shortest_side=preparation.shortest_side)
        left_out = tuple(broken[index] for index in sorted(broken))
        _check_broken(source, left_out)
        if left_out:
            drop_rows(building, pictures, kept)
        write_rest(building, _store(source, preparation, kept, digests, left_out, pictures))


def _check_broken(source: Source, broken: tuple[Broken, ...]) -> None:
    total = len(source.items)
    if len(broken) > BROKEN_FRACTION_LIMIT * total:
        raise DataError(
            f"{len(broken):,} of the {total:,} pictures of {source.name} cannot be read",
            why=f"the first is {broken[0].name}: {broken[0].cause}",
            remedy="mend or remove them",
        )


def _store(
    source: Source,
    preparation: Preparation,
    kept: NDArray[np.bool_],
    digests: NDArray[np.uint8],
    broken: tuple[Broken, ...],
    pictures: NDArray[np.uint8],
) -> Store:
    items = [source.items[index] for index in np.flatnonzero(kept).tolist()]
    classes = tuple(sorted({item.label for item in items}, key=natural_order))
    number = {label: place for place, label in enumerate(classes)}
    return Store(
        pictures=pictures[: len(items)],
        labels=np.array([number[item.label] for item in items], np.int64),
        digests=digests[kept],
        classes=classes,
        names=tuple(item.name for item in items),
        parts=tuple(item.part for item in items),
        broken=broken,
        preparation=preparation,
        notes=source.notes,
    )
