"""Pictures collected or uploaded in the browser, stored in the studio's folder.

A collection is an ordinary folder of class folders. Archives are read in place and never unpacked to the
disk. A name from a request only becomes part of a path if `checked_name` allows it, and the files of a
collection are named by their content.
"""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from convscope.common.atomic import replacing
from convscope.common.printable import printable
from convscope.errors import DataError, RequestError
from convscope.pictures.naming import natural_order
from convscope.pictures.reading import read_picture
from convscope.pictures.sources.zip_archive import ZIP_ERRORS, open_zip
from convscope.studio.picture_names import PICTURE_NAME, picture_name
from convscope.studio.studio_folder import checked_name, free_name

if TYPE_CHECKING:
    from convscope.serving.uploads import Upload

MOST_FILES = 200_000
MOST_UNPACKED_BYTES = 8 * 2**30
MOST_PIXELS = 50_000_000


def new_collection(folder: Path, name: str) -> Path:
    """Create an empty collection in a folder; a number is added to its name if it is taken.

    Raises:
        RequestError: 422: the name is not allowed.
    """
    collection = folder / free_name(checked_name(name), folder)
    collection.mkdir()
    return collection


def add_picture(collection: Path, label: str, picture: Upload) -> Path:
    """Add a picture to a class of a collection, byte for byte; the same picture is stored once.

    Raises:
        RequestError: 422: the name of the class is not allowed.
        PictureError: The picture cannot be read.
        ConvscopeError: The file cannot be written.
    """
    folder = collection / checked_name(label)
    read_picture(picture.data, picture.name, pixel_limit=MOST_PIXELS)
    path = folder / picture_name(picture.data)
    folder.mkdir(exist_ok=True)
    with replacing(path) as file:
        file.write(picture.data)
    return path


def classes_of(collection: Path) -> dict[str, int]:
    """Return the number of pictures of each class in a collection, by name."""
    folders = sorted(
        (entry for entry in collection.iterdir() if entry.is_dir()),
        key=lambda entry: natural_order(entry.name),
    )
    return {
        folder.name: sum(not file.name.startswith(".") for file in folder.iterdir()) for folder in folders
    }


def add_class(collection: Path, label: str) -> None:
    """Add a class without pictures to a collection; an existing class does not change.

    Raises:
        RequestError: 422: its name is not allowed.
    """
    (collection / checked_name(label)).mkdir(exist_ok=True)


def rename_class(collection: Path, label: str, name: str) -> None:
    """Rename a class of a collection.

    Raises:
        RequestError: 404: there is no such class; 409: the name is taken; 422: the name is not allowed.
    """
    folder, renamed = _class_folder(collection, label), collection / checked_name(name)
    if renamed.exists() and not renamed.samefile(folder):
        raise RequestError(
            f"there is a class {renamed.name} already", status=409, remedy="choose another name"
        )
    folder.rename(renamed)


def remove_class(collection: Path, label: str) -> None:
    """Remove a class of a collection with its pictures.

    Raises:
        RequestError: 404: there is no such class; 422: a class cannot have that name.
    """
    shutil.rmtree(_class_folder(collection, label), ignore_errors=True)


def pictures_of(collection: Path, label: str) -> list[str]:
    """Return the names of a class's pictures, the newest first.

    Raises:
        RequestError: 404: there is no such class; 422: a class cannot have that name.
    """
    files = [file for file in _class_folder(collection, label).iterdir() if PICTURE_NAME.fullmatch(file.name)]
    return [file.name for file in sorted(files, key=lambda file: file.stat().st_mtime_ns, reverse=True)]


def picture_path(collection: Path, label: str, name: str) -> Path:
    """Return the path of a picture of a class.

    Raises:
        RequestError: 404: there is no such class or picture; 422: a class cannot have that name.
    """
    path = _class_folder(collection, label) / name
    if not PICTURE_NAME.fullmatch(name) or not path.is_file():
        raise RequestError(
            f"there is no picture {printable(name[:60])}", status=404, remedy="reload the page"
        )
    return path


def _class_folder(collection: Path, label: str) -> Path:
    folder = collection / checked_name(label)
    if not folder.is_dir():
        raise RequestError(f"there is no class {folder.name}", status=404, remedy="reload the page")
    return folder


def keep_archive(folder: Path, name: str, sent: IO[bytes]) -> Path:
    """Store a .zip archive of class folders, after checking it and its limits.

    Args:
        folder: The folder to store it in.
        name: Its name, with or without .zip; a number is added if it is taken.
        sent: The content of the archive.

    Raises:
        RequestError: 413: it has too many files, or too many unpacked bytes; 422: the name is not allowed.
        DataError: It is damaged or encrypted, has members that lead out of it, or has no pictures in class
            folders.
        ConvscopeError: The file cannot be written.
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
            what = error.what.replace(str(temporary), path.name)  # the name known to the sender
            raise DataError(what, why=error.why, remedy=error.remedy) from error
    return path


def _check_size(file: IO[bytes]) -> None:
    try:
        with zipfile.ZipFile(file.name) as archive:
            members = archive.infolist()
    except ZIP_ERRORS:
        return  # opening it as a source gives the reason
    unpacked = sum(member.file_size for member in members)
    if len(members) > MOST_FILES or unpacked > MOST_UNPACKED_BYTES:
        raise RequestError(
            "the archive is too large",
            status=413,
            why=f"it has {len(members):,} files with {unpacked:,} bytes in all; "
            f"the limits are {MOST_FILES:,} files and {MOST_UNPACKED_BYTES:,} bytes",
            remedy="unpack it yourself and open the folder by its path",
        )
