"""Class folders inside a .zip file."""

from __future__ import annotations

import struct
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from convscope.common.printable import printable
from convscope.errors import DataError
from convscope.pictures.naming import natural_order
from convscope.pictures.reading import BYTE_LIMIT, unreadable
from convscope.pictures.sources.archive import ArchiveSource, check_member, damaged, failing
from convscope.pictures.sources.layout import lay_out
from convscope.pictures.sources.left_out import repeated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import IO

    from convscope.pictures.sources.source import Load

ENCRYPTED, UTF_8 = 1, 0x800
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # others can decompress to any size
ZIP_ERRORS = (
    zipfile.BadZipFile,
    NotImplementedError,
    OSError,
    EOFError,
    ValueError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class ZipSource(ArchiveSource):
    """A source whose pictures are members of a .zip file.

    Attributes:
        members: The member of each picture.
    """

    members: tuple[zipfile.ZipInfo, ...]

    def iterate(self, indices: Iterable[int]) -> Iterator[tuple[int, Load]]:
        """Yield (index, load); members can be unpacked in parallel."""
        try:
            with zipfile.ZipFile(self.path) as archive:
                for index in indices:
                    yield index, _opened(archive, self.members[index], self.items[index].name)
        except ZIP_ERRORS as error:
            raise damaged(self.path, error) from error


def open_zip(path: Path, template: Sequence[str] = ()) -> ZipSource:
    """Open class folders inside a .zip file.

    Args:
        path: The archive.
        template: Which folders are classes, see `structure`; None: by their structure.

    Raises:
        DataError: If it cannot be read, is encrypted, has members that lead out of it, or contains no
            pictures in class folders.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [(_name(info), info) for info in archive.infolist()]
    except ZIP_ERRORS as error:
        raise damaged(path, error) from error
    files = [(name, info) for name, info in members if not name.endswith("/")]
    infos = dict(files)
    folders = [name for name, _ in members if name.endswith("/")]
    for name, info in infos.items():
        check_member(path, name, len(infos))
        if info.flag_bits & ENCRYPTED:
            raise DataError(
                f"the archive {printable(str(path))} is encrypted",
                why=f"its member {printable(name)!r} asks for a password",
                remedy="unpack it and give the folder",
            )
    names = sorted(infos, key=natural_order)
    layout = lay_out(printable(str(path)), names, folders, template)
    chosen = tuple(infos[names[member]] for member in layout.members)
    notes = layout.notes + repeated(len(files) - len(infos)).notes()
    return ZipSource(printable(path.stem), layout.items, notes, path, chosen)


def _name(info: zipfile.ZipInfo) -> str:
    """Return a member's name with `/` between folders; macOS writes UTF-8 without the UTF-8 flag."""
    name = info.filename
    if not info.flag_bits & UTF_8:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")


def _opened(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Load:
    """Open a member, which remains readable after the archive is closed, in any thread."""
    if info.compress_type not in METHODS:
        return failing(unreadable(name, "it is packed in another way than deflate"))
    if info.file_size > BYTE_LIMIT:
        return failing(
            unreadable(name, f"it unpacks to {info.file_size:,} bytes; the limit is {BYTE_LIMIT:,}")
        )
    try:
        return partial(_unpacked, archive.open(info), info.file_size, name)
    except ZIP_ERRORS as error:
        return failing(unreadable(name, str(error)))


def _unpacked(member: IO[bytes], size: int, name: str) -> bytes:
    try:
        with member:
            return member.read(size + 1)  # the checksum is only compared at the end
    except ZIP_ERRORS as error:
        raise unreadable(name, f"its archive is damaged here ({error})") from error
