"""idx files, the format of MNIST and its successors, gzipped or not.

The format, from http://yann.lecun.com/exdb/mnist/: two zero bytes, one byte for the type of the values (8:
unsigned bytes), one byte for the number of dimensions, each dimension as a big-endian 32-bit integer, and
then the values in row-major order (last dimension fastest).
"""

from __future__ import annotations

import gzip
import math
import re
import struct
import zlib
from typing import IO, TYPE_CHECKING

import numpy as np

from convscope.common.printable import printable
from convscope.errors import DataError
from convscope.pictures.sources.arrays import ArraySource, joined, open_arrays

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from convscope.pictures.sources.source import Part

PICTURES_NAME = re.compile(r"(.*)images([-._])idx3([-._]ubyte)(\.gz)?", re.IGNORECASE)
LABELS_NAME = re.compile(r"(.*)labels([-._])idx1([-._]ubyte)(\.gz)?", re.IGNORECASE)
UNSIGNED_BYTE = 8
VALUE_LIMIT = 4 * 2**30
CHUNK = 2**24


def is_idx_name(name: str) -> bool:
    """Whether a file has the name of an idx file of pictures or labels.

    Example:
        >>> is_idx_name("train-images-idx3-ubyte.gz"), is_idx_name("train.gz")
        (True, False)
    """
    return bool(PICTURES_NAME.fullmatch(name) or LABELS_NAME.fullmatch(name))


def open_idx(path: Path) -> ArraySource:
    """Open idx files of pictures with their labels.

    Args:
        path: A file of pictures or of labels, whose partner is in the same folder, or a folder with such
            pairs. The word `train`, `t10k` or `test` in the name determines the part.

    Raises:
        DataError: If a file is missing, damaged, truncated, or of another type; the message names it.
    """
    if not path.is_dir():
        match = LABELS_NAME.fullmatch(path.name)
        return _open_pair(path.with_name(_partner(path.name, "images")) if match else path)
    # a folder may contain a file twice, gzipped and unpacked
    found = filter(PICTURES_NAME.fullmatch, (entry.name for entry in path.iterdir()))
    names = {name.removesuffix(".gz") for name in found}
    if not names:
        raise DataError(
            f"there are labels but no pictures in {printable(str(path))}",
            remedy="add the images-idx3-ubyte file",
        )
    pairs = [_open_pair(path / name) for name in sorted(names)]
    return joined(printable(path.resolve().name), pairs)


def _part(name: str) -> Part | None:
    if re.search(r"t10k|test", name, re.IGNORECASE):
        return "test"
    return "train" if re.search(r"train", name, re.IGNORECASE) else None


def _partner(name: str, kind: str) -> str:
    pattern, dimensions = (LABELS_NAME, 3) if kind == "images" else (PICTURES_NAME, 1)
    return pattern.sub(
        lambda found: f"{found[1]}{kind}{found[2]}idx{dimensions}{found[3]}{found[4] or ''}", name
    )


def _open_pair(path: Path) -> ArraySource:
    labels_path = _present(path.with_name(_partner(path.name, "labels")))
    pictures = read_idx(_present(path), dimensions=3)
    labels = read_idx(labels_path, dimensions=1)
    if len(pictures) != len(labels):
        raise DataError(
            f"{printable(str(path))} holds {len(pictures):,} pictures, but there are {len(labels):,} labels",
            remedy="use the files of pictures and labels that belong together",
        )
    return open_arrays(pictures, labels, name=printable(path.name.removesuffix(".gz")), part=_part(path.name))


def _present(path: Path) -> Path:
    """Return the file, or its gzipped or unpacked twin if only that exists."""
    other = path.with_name(path.name.removesuffix(".gz") if path.suffix == ".gz" else f"{path.name}.gz")
    if not path.exists() and other.exists():
        return other
    return path


def read_idx(path: Path, *, dimensions: int) -> NDArray[np.uint8]:
    """Read one idx file of unsigned bytes.

    Args:
        path: The file, gzipped or not.
        dimensions: Required number of dimensions.

    Raises:
        DataError: It cannot be read, is not an idx file, has another type, or its length does not match its
            header.
    """
    try:
        with path.open("rb") as file:
            gzipped = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if gzipped else path.open("rb") as stream:
            return _parse(stream, dimensions)
    except (ValueError, EOFError, zlib.error, struct.error) as error:
        raise DataError(f"{printable(str(path))} is not a whole idx file", why=str(error)) from error
    except OSError as error:
        raise DataError(f"cannot read {printable(str(path))}", why=error.strerror or str(error)) from error


def _parse(file: IO[bytes] | gzip.GzipFile, dimensions: int) -> NDArray[np.uint8]:
    zeros, kind, found = struct.unpack(">HBB", file.read(4))
    if zeros != 0 or kind != UNSIGNED_BYTE or found != dimensions:
        raise ValueError(f"it must start with the bytes 0, 0, {UNSIGNED_BYTE}, {dimensions}")
    shape = struct.unpack(f">{dimensions}I", file.read(4 * dimensions))
    size = math.prod(shape)
    if size > VALUE_LIMIT:
        raise ValueError(f"it says that it holds {size:,} values; the limit is {VALUE_LIMIT:,}")
    values = bytearray()
    while len(values) <= size and (chunk := file.read(min(CHUNK, size + 1 - len(values)))):
        values += chunk  # the header may claim any size: only allocate memory for the actual data
    if len(values) != size:
        there = "more" if len(values) > size else f"{len(values):,}"
        raise ValueError(f"it says that it holds {size:,} values, but there are {there}")
    return np.frombuffer(values, np.uint8).reshape(shape)
