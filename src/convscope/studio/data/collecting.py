"""Pictures collected or sent in the browser, kept in the studio's folder.

A collection is an ordinary folder of class folders. An archive stays packed: it is read where it is, and
nothing is ever unpacked to the disk. A name that was sent becomes part of a path only if `checked_name`
allows it, and the files of a collection are named by their content.
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from convscope.common.atomic import replacing
from convscope.errors import DataError, RequestError
from convscope.pictures.naming import natural_order
from convscope.pictures.reading import read_picture, suffix_of
from convscope.pictures.sources.zip_archive import ZIP_ERRORS, open_zip
from convscope.studio.studio_folder import checked_name, free_name

if TYPE_CHECKING:
    from convscope.serving.uploads import Upload

MOST_FILES = 200_000
MOST_UNPACKED_BYTES = 8 * 2**30
MOST_PIXELS = 50_000_000


def new_collection(folder: Path, name: str) -> Path:
    """Create an empty collection in a folder; a number is added to its name if that is taken.

    Raises:
        RequestError: 422: the name is not allowed.
    """
    collection = folder / free_name(checked_name(name), folder)
    collection.mkdir()
    return collection


def add_picture(collection: Path, label: str, picture: Upload) -> Path:
    """Add a picture to a class of a collection, exactly as it was sent; the same picture is kept once.

    Raises:
        RequestError: 422: the name of the class is not allowed.
        PictureError: The picture cannot be read.
        ConvscopeError: It cannot be written.
    """
    folder = collection / checked_name(label)
    read_picture(picture.data, picture.name, pixel_limit=MOST_PIXELS)
    digest = hashlib.blake2b(picture.data, digest_size=8).hexdigest()
    path = folder / f"{digest}{suffix_of(picture.data)}"
    folder.mkdir(exist_ok=True)
    with replacing(path) as file:
        file.write(picture.data)
    return path


def classes_of(collection: Path) -> dict[str, int]:
    """Return how many pictures each class of a collection has, by its name."""
    folders = sorted(
        (entry for entry in collection.iterdir() if entry.is_dir()),
        key=lambda entry: natural_order(entry.name),
    )
    return {
        folder.name: sum(not file.name.startswith(".") for file in folder.iterdir()) for folder in folders
    }


def keep_archive(folder: Path, name: str, sent: IO[bytes]) -> Path:
    """Keep a .zip archive of class folders, after checking that it is one and within the limits.

    Args:
        folder: Where to keep it.
        name: Its name, with or without .zip; a number is added if that is taken.
        sent: The archive, from its beginning.

    Raises:
        RequestError: 413: it has too many files, or unpacks to too many bytes; 422: the name is not allowed.
        DataError: It is damaged or encrypted, has members that lead out of it, or has no pictures in class
            folders.
        ConvscopeError: It cannot be written.
    """
    stem = checked_name(name.removesuffix(".zip"))
    path = folder / f"{free_name(stem, folder, suffix='.zip')}.zip"
    with replacing(path) as file:
        shutil.copyfileobj(sent, file)
        file.flush()
        _check_size(file)
        temporary = Path(file.name)
        try:
            open_zip(temporary)
        except DataError as error:
            what = error.what.replace(str(temporary), path.name)  # the name its sender knows
            raise DataError(what, why=error.why, remedy=error.remedy) from error
    return path


def _check_size(file: IO[bytes]) -> None:
    try:
        with zipfile.ZipFile(file.name) as archive:
            members = archive.infolist()
    except ZIP_ERRORS:
        return  # opening it as a source says why
    unpacked = sum(member.file_size for member in members)
    if len(members) > MOST_FILES or unpacked > MOST_UNPACKED_BYTES:
        raise RequestError(
            "the archive is too large",
            status=413,
            why=f"it has {len(members):,} files with {unpacked:,} bytes in all; "
            f"the limits are {MOST_FILES:,} files and {MOST_UNPACKED_BYTES:,} bytes",
            remedy="unpack it yourself and open the folder by its path",
        )
