"""Class folders inside a .tar file, compressed or not.

A compressed tar can only be read sequentially. It is read once to list it, and then picture by picture in its
own order, while other threads decode.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING, Any, cast

from convscope.common.printable import printable
from convscope.pictures.reading import BYTE_LIMIT, unreadable
from convscope.pictures.sources.archive import ArchiveSource, check_member, damaged, failing
from convscope.pictures.sources.layout import lay_out
from convscope.pictures.sources.left_out import repeated

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from pathlib import Path

    from convscope.pictures.sources.source import Load

TAR_ERRORS = (tarfile.TarError, OSError, EOFError, ValueError, RecursionError, zlib.error, lzma.LZMAError)
LABEL = "cls"
LONGEST_LABEL = 1024
OPENERS: dict[bytes, Callable[..., Any]] = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}


@dataclass(frozen=True, slots=True)
class TarSource(ArchiveSource):
    """A source whose pictures are members of a .tar file.

    Attributes:
        spans: Offset of each picture in the unpacked archive, and its size, in bytes.
    """

    spans: tuple[tuple[int, int], ...]

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


@dataclass(frozen=True, slots=True)
class TarListing:
    """The content of a tar.

    Attributes:
        spans: Offset and size of each file in the unpacked archive, in bytes, by name.
        labels: The content of each WebDataset label file, by name.
        folders: Names of its folders.
        special: Number of links and other special members, which could point anywhere.
        repeated: Number of files that a later one of the same name replaces.
    """

    spans: dict[str, tuple[int, int]]
    labels: dict[str, bytes]
    folders: tuple[str, ...]
    special: int
    repeated: int


def list_tar(stream: IO[bytes], shown: Path | str) -> TarListing:
    """List an open tar in a single sequential pass."""
    spans: dict[str, tuple[int, int]] = {}
    labels: dict[str, bytes] = {}
    folders: list[str] = []
    special = replaced = 0
    for member in members(stream, shown):
        if member.isdir():
            folders.append(member.name)
        elif not member.isreg() or member.issparse():
            special += 1
        else:
            replaced += member.name in spans
            spans[member.name] = (member.offset_data, member.size)
            if is_label_name(member.name) and member.size <= LONGEST_LABEL:
                stream.seek(member.offset_data)
                labels[member.name] = stream.read(member.size)
    return TarListing(spans, labels, tuple(folders), special, replaced)


def list_tar_file(open_file: Callable[[], IO[bytes]], shown: Path | str) -> TarListing:
    """List a tar that can be opened, and is unpacked if needed.

    Raises:
        DataError: If it cannot be read, or has members that lead out of it.
    """
    try:
        with open_file() as file, unpacked(file) as stream:
            return list_tar(stream, shown)
    except TAR_ERRORS as error:
        raise damaged(shown, error) from error


def is_label_name(name: str) -> bool:
    """Whether this is the name of a WebDataset label file.

    Example:
        >>> is_label_name("part0/0001.cls"), is_label_name("cats/1.jpg")
        (True, False)
    """
    return name.rpartition("/")[2].partition(".")[2].lower() == LABEL and "/._" not in f"/{name}"


def open_tar(path: Path, listing: TarListing, template: Sequence[str] = ()) -> TarSource:
    """Open class folders inside a .tar, .tar.gz, .tar.bz2 or .tar.xz file.

    Links inside it are left out, because they could point anywhere.

    Args:
        path: The archive.
        listing: Its content.
        template: Which folders are classes, see `structure`; None: by their structure.

    Raises:
        DataError: If it contains no pictures in class folders.
    """
    names = sorted(listing.spans, key=listing.spans.__getitem__)
    layout = lay_out(printable(str(path)), names, listing.folders, template)
    left_out = repeated(listing.repeated)
    if listing.special:
        left_out.add("as a link could lead anywhere", "", thing="special member", count=listing.special)
    kept = tuple(listing.spans[names[member]] for member in layout.members)
    notes = layout.notes + left_out.notes()
    return TarSource(printable(path.name.split(".")[0]), layout.items, notes, path, kept)


def members(stream: IO[bytes], path: Path | str) -> Iterator[tarfile.TarInfo]:
    """Yield every member's header, after checking it.

    `tarfile` treats a damaged header as the end of the archive; a complete archive ends with a block of
    zeros.
    """
    bounded = cast("IO[bytes]", _Bounded(stream))
    with tarfile.open(fileobj=bounded, mode="r:") as archive:
        for count, member in enumerate(archive, start=1):
            check_member(path, member.name, count)
            if member.size < 0:
                raise tarfile.ReadError("one of its headers has a negative size")
            yield member
            cast("Any", archive).members.clear()  # otherwise all headers would stay in memory
    stream.seek(archive.offset)
    end = stream.read(tarfile.BLOCKSIZE)
    if len(end) % tarfile.BLOCKSIZE or any(end):
        raise tarfile.ReadError("it is cut short or damaged")


@contextmanager
def unpacked(file: IO[bytes]) -> Generator[IO[bytes]]:
    """Decompress an open file, or return it unchanged if it is not compressed."""
    opener = OPENERS.get(file.read(2))
    file.seek(0)
    if opener is None:
        yield file
    else:
        with opener(file) as stream:
            yield stream


class _Bounded:
    """A stream for `tarfile` with a limit on each read, because a header may claim any size."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, size: int) -> bytes:
        if not 0 <= size <= BYTE_LIMIT:
            raise tarfile.ReadError("one of its headers is too large")
        return self._stream.read(size)
