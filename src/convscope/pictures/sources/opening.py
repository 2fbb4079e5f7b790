"""Open a data set of any kind."""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convscope.common.printable import printable
from convscope.errors import DataError
from convscope.pictures.sources.arrays import open_arrays
from convscope.pictures.sources.builtin import BUILT_IN
from convscope.pictures.sources.folder import open_folder
from convscope.pictures.sources.idx import is_idx_name, open_idx
from convscope.pictures.sources.joined import join, split_parts
from convscope.pictures.sources.left_out import why_ignored
from convscope.pictures.sources.manifest import open_manifest
from convscope.pictures.sources.parquet_pictures import is_parquet_shard
from convscope.pictures.sources.shard_files import is_shard_name, is_url, local_shards, remote_shards
from convscope.pictures.sources.shards import open_shards
from convscope.pictures.sources.structure import CLASS, PART, is_template
from convscope.pictures.sources.tar_archive import list_tar_file, open_tar
from convscope.pictures.sources.webdataset import is_webdataset, tar_shard
from convscope.pictures.sources.zip_archive import open_zip
from convscope.pictures.target import has_several_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from convscope.pictures.sources.source import Part, Source

Data = str | Path | tuple[Any, Any]

KINDS = (
    "a folder of class folders, a .zip or .tar of one, a .csv or .parquet manifest, shards, idx, "
    + " or ".join(f"`{word}`" for word in BUILT_IN)
)


Template = Sequence[str]
Several = bool | None
"""Whether pictures may have several labels; None: if they clearly have."""


def _open_tar(path: Path, template: Template, several: Several) -> Source:
    listing = list_tar_file(partial(path.open, "rb"), path)
    if template or not is_webdataset(listing):
        return open_tar(path, listing, template)
    (file,) = local_shards(path)
    return open_shards(printable(str(path)), (file,), (tar_shard(file, listing),), several_labels=several)


def _open_parquet(path: Path, _template: Template, several: Several) -> Source:
    if is_parquet_shard(path):
        return _open_shards(path, several)
    return open_manifest(path, several_labels=several)


def _open_shards(path: Path, several: Several) -> Source:
    return open_shards(printable(str(path)), local_shards(path), several_labels=several)


OPENERS: dict[tuple[str, ...], Callable[[Path, Template, Several], Source]] = {
    (".zip",): lambda path, template, _several: open_zip(path, template),
    (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz"): _open_tar,
    (".csv", ".tsv"): lambda path, _template, several: open_manifest(path, several_labels=several),
    (".parquet", ".pq"): _open_parquet,
}


def open_source(data: Data, *, several_labels: bool | None = None) -> Source:
    """Open a source of labelled pictures.

    Args:
        data: A folder of class folders (flat, or inside train, validation and test folders), the same inside
            a .zip or .tar (.gz, .bz2, .xz), a CSV or Parquet manifest, idx files or a folder of them, shards
            (WebDataset tars or Parquet files with the pictures inside: one, a folder, a pattern, or an URL
            such as `s3://pets/train-*.tar`), `digits` or `shapes`, or a pair (pictures, labels) of arrays.
            The structure of a folder or archive can be given: `pets/{part}/{class}`, `places.zip/*/{class}`.
            Several of these can be combined: `train=a.csv,test=b.csv`.
        several_labels: Whether pictures may have several labels (in manifests, shards and arrays); None: if
            they clearly have.

    Raises:
        DataError: If there is no such source, it has no labelled pictures, or several labels are requested
            but each picture has one class.

    Example:
        >>> source = open_source("digits")
        >>> source.name, len(source.items), source.items[0].label
        ('digits', 1797, '0')
    """
    source = _open(data, several_labels)
    if several_labels and not has_several_labels(source.items):
        raise DataError(
            f"{source.name} has one class for each picture",
            why="several labels per picture are read from tables and shards, or given as arrays",
            remedy="list the pictures in a table with the columns path and label, as in a.jpg,red;round",
        )
    return source


def _open(data: Data, several: Several) -> Source:
    if isinstance(data, tuple):
        pictures, labels = data
        return open_arrays(pictures, labels, several_labels=several)
    parts = split_parts(str(data))
    if parts:
        return _open_parts(parts, several)
    if is_url(str(data)):
        return open_shards(printable(str(data)), remote_shards(str(data)), several_labels=several)
    path = Path(data)
    if str(data) in BUILT_IN and not path.exists():
        return BUILT_IN[str(data)]()
    path, template = _split_template(path)
    try:
        path.stat()
    except (OSError, ValueError) as error:
        if glob.has_magic(str(data)):
            return _open_shards(path, several)
        why = getattr(error, "strerror", None) or str(error)
        raise DataError(f"cannot open {printable(str(data))}", why=why, remedy=f"give {KINDS}") from error
    return _open_folder(path, template, several) if path.is_dir() else _open_file(path, template, several)


def _open_parts(parts: Mapping[Part, str], several: Several) -> Source:
    """Open the parts of a data set; if one of them has several labels per picture, all do."""
    sources: dict[Part, Source] = {
        part: open_source(given, several_labels=several) for part, given in parts.items()
    }
    if several is None and len({has_several_labels(source.items) for source in sources.values()}) > 1:
        return _open_parts(parts, several=True)
    return join(sources)


def _split_template(path: Path) -> tuple[Path, Template]:
    """Split `pets/{part}/{class}` into the folder or archive and the template below it."""
    if not is_template(path.as_posix()) or path.exists():
        return path, ()
    above = next(folder for folder in path.parents if not set(folder.parts) & {"*", PART, CLASS})
    while not above.exists() and above != above.parent:
        above = above.parent
    return above, path.relative_to(above).parts


def located(data: Data) -> str:
    """Return a source's absolute path or URL, which is valid in any working directory; "" for arrays.

    Example:
        >>> located("digits"), located("s3://pets/train-*.tar"), located(([], []))
        ('digits', 's3://pets/train-*.tar', '')
        >>> located("pets/*.tar").startswith("/")
        True
    """
    text = "" if isinstance(data, tuple) else str(data)
    parts = split_parts(text)
    if parts:
        return ",".join(f"{part}={located(given)}" for part, given in parts.items())
    is_pattern = (glob.has_magic(text) or is_template(text)) and not is_url(text)
    return str(Path(text).absolute()) if text and (is_pattern or Path(text).exists()) else text


def name_of(location: str) -> str:
    """Return a location without its parent folders, which are private.

    Example:
        >>> name_of("/home/tom/pets"), name_of("/home/tom/pets/*.tar"), name_of("digits")
        ('pets', 'pets/*.tar', 'digits')
        >>> name_of("train=/home/tom/a.csv,test=/home/tom/b.csv")
        'train=a.csv,test=b.csv'
    """
    parts = split_parts(location)
    if parts:
        return ",".join(f"{part}={name_of(given)}" for part, given in parts.items())
    steps = [step for step in re.split(r"[/\\]", location) if step] or [""]
    first = next((place for place, step in enumerate(steps) if re.search(r"[*?\[{]", step)), len(steps))
    return "/".join(steps[max(0, first - 1) :])


def _open_folder(folder: Path, template: Template, several: Several) -> Source:
    try:
        entries = [entry for entry in folder.iterdir() if not why_ignored(entry.name)]
        idx = any(is_idx_name(entry.name) for entry in entries)
        shards = any(is_shard_name(entry.name) for entry in entries) and not any(map(Path.is_dir, entries))
    except OSError as error:
        raise DataError(
            f"cannot list the folder {printable(str(folder))}", why=error.strerror or str(error)
        ) from error
    if shards:
        return _open_shards(folder, several)
    return open_idx(folder) if idx else open_folder(folder, template)


def _open_file(path: Path, template: Template, several: Several) -> Source:
    if is_idx_name(path.name) and path.is_file():
        return open_idx(path)
    opener = next((OPENERS[suffix] for suffix in OPENERS if path.name.lower().endswith(suffix)), None)
    if opener and path.is_file():
        return opener(path, template, several)
    raise DataError(f"{printable(str(path))} is not a source of pictures", remedy=f"give {KINDS}")
