"""Class folders inside a .tar file, compressed or not.

A compressed tar can only be read from front to back. It is read once to list it, and then whole pictures at a
time in its own order, while others decode them.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import tarfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING, Any, cast

from convscope.common.printable import printable
from convscope.pictures.reading import BYTE_LIMIT, unreadable
from convscope.pictures.sources.archive import check_member, damaged, failing
from convscope.pictures.sources.files import change_stamp
from convscope.pictures.sources.layout import lay_out

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from pathlib import Path

    from convscope.pictures.sources.source import Item, Load, Picture

TAR_ERRORS = (tarfile.TarError, OSError, EOFError, ValueError, RecursionError, zlib.error, lzma.LZMAError)
OPENERS: dict[bytes, Callable[..., Any]] = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}


@dataclass(frozen=True, slots=True)
class TarSource:
    """A source whose pictures are members of a .tar file.

    Attributes:
        name: What people call it.
        items: The pictures.
        notes: What people should know.
        path: The archive.
        spans: Where each picture starts in the unpacked archive, and its size, in bytes.
    """

    name: str
    items: tuple[Item, ...]
    notes: tuple[str, ...]
    path: Path
    spans: tuple[tuple[int, int], ...]

    def read(self, index: int) -> bytes | Picture:
        """Unpack the encoded bytes of one picture, and with it all that lies before."""
        _, load = next(self.iterate([index]))
        return load()

    def iterate(self, indices: Iterable[int]) -> Iterator[tuple[int, Load]]:
        """Yield (index, load); the bytes are read before each is yielded."""
        try:
            with self.path.open("rb") as file, unpacked(file) as stream:
                for index in indices:
                    yield index, self._load(stream, index)
        except TAR_ERRORS as error:
            raise damaged(self.path, error) from error

    def _load(self, stream: IO[bytes], index: int) -> Load:
        start, size = self.spans[index]
        name = self.items[index].name
        if size > BYTE_LIMIT:
            return failing(unreadable(name, f"it unpacks to {size:,} bytes; the limit is {BYTE_LIMIT:,}"))
        stream.seek(start)
        data = stream.read(size)
        if len(data) < size:
            return failing(unreadable(name, "its archive is cut short"))
        return partial(bytes, data)

    def fingerprint(self) -> str:
        """Digest the archive's path, size and time of change."""
        return hashlib.blake2b(
            repr((self.path.absolute(), change_stamp(self.path))).encode(), digest_size=16
        ).hexdigest()


def open_tar(path: Path) -> TarSource:
    """Open class folders inside a .tar, .tar.gz, .tar.bz2 or .tar.xz file.

    Links inside it are left out: they could lead anywhere.

    Raises:
        DataError: If it cannot be read, has members that lead out of it, or holds no pictures in class
            folders.
    """
    spans: dict[str, tuple[int, int]] = {}
    left_out = 0
    try:
        with path.open("rb") as file, unpacked(file) as stream:
            for member in members(stream, path):
                if member.isreg() and not member.issparse():
                    spans[member.name] = (member.offset_data, member.size)
                else:
                    left_out += not member.isdir()
    except TAR_ERRORS as error:
        raise damaged(path, error) from error
    names = sorted(spans, key=spans.__getitem__)
    layout = lay_out(printable(str(path)), names)
    notes = (f"links and other special members left out: {left_out:,}",) if left_out else ()
    kept = tuple(spans[names[member]] for member in layout.members)
    return TarSource(printable(path.name.split(".")[0]), layout.items, layout.notes + notes, path, kept)


def members(stream: IO[bytes], path: Path | str) -> Iterator[tarfile.TarInfo]:
    """Yield every member's header, checked.

    `tarfile` takes a damaged header for the end of the archive; a whole one ends with a block of zeros.
    """
    bounded = cast("IO[bytes]", _Bounded(stream))
    with tarfile.open(fileobj=bounded, mode="r:") as archive:
        for count, member in enumerate(archive, start=1):
            check_member(path, member.name, count)
            if member.size < 0:
                raise tarfile.ReadError("one of its headers has a negative size")
            yield member
            cast("Any", archive).members.clear()  # or all of them would be kept
    stream.seek(archive.offset)
    end = stream.read(tarfile.BLOCKSIZE)
    if len(end) % tarfile.BLOCKSIZE or any(end):
        raise tarfile.ReadError("it is cut short or damaged")


@contextmanager
def unpacked(file: IO[bytes]) -> Generator[IO[bytes]]:
    """Read an open file as what is packed in it, or as it is where nothing is."""
    opener = OPENERS.get(file.read(2))
    file.seek(0)
    if opener is None:
        yield file
    else:
        with opener(file) as stream:
            yield stream


class _Bounded:
    """A stream for `tarfile` that refuses to read much at once, as a header's own size may say anything."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, size: int) -> bytes:
        if not 0 <= size <= BYTE_LIMIT:
            raise tarfile.ReadError("one of its headers is too large")
        return self._stream.read(size)
