"""A file of weights on the Hugging Face Hub, downloaded once into the cache of `huggingface_hub`.

The file is identified by the full hash of a commit, so it never changes. The cache stores it under the
SHA-256 that the hub reports for that commit (Git LFS), and its bytes are checked against it on each read. On
file systems without symbolic links, as on many Windows machines, this name is missing, and only the tensors
are checked: names, shapes, types, and that all values are finite.

Source: https://huggingface.co/docs/huggingface_hub/guides/manage-cache.
"""

from __future__ import annotations

import hashlib
import logging
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import safetensors.numpy
from safetensors import SafetensorError

from convscope.errors import ModelFileError
from convscope.network.backbones import INSTALLED
from convscope.training.start.package_file import Read

if TYPE_CHECKING:
    from collections.abc import Generator

    from convscope.network.backbones.weight_files import HubFile

_SHA256 = re.compile("[0-9a-f]{64}")
_INSTALLED = f"start from the backbone that is installed: --start {INSTALLED}"


def read(file: HubFile, title: str, *, download: bool = True) -> Read:
    """Read a file from the cache; download it first if needed.

    Args:
        file: Location of the file.
        title: Title of the network.
        download: Whether it may be downloaded.

    Raises:
        ModelFileError: `huggingface_hub` is not installed, the file is not in the cache and cannot be
            downloaded, or it is damaged.
    """
    path = _find(file, title, download=download)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unusable(title, f"{path}: {error.strerror or error}", "try again") from error
    digest, expected = hashlib.sha256(data).hexdigest(), path.resolve().name
    again = f"delete {path.resolve()}, and it is downloaded anew"
    if _SHA256.fullmatch(expected) and digest != expected:
        raise _unusable(title, f"{path} is damaged: it has another SHA-256 than the file on the hub", again)
    try:
        return Read(safetensors.numpy.load(data), digest)
    except (SafetensorError, KeyError) as error:  # KeyError: a type that NumPy lacks
        raise _unusable(title, f"{path} is no file in safetensors format: {error}", again) from error


def _find(file: HubFile, title: str, *, download: bool) -> Path:
    try:
        from huggingface_hub import hf_hub_download  # noqa: PLC0415 - an extra, which takes long to import
    except ImportError as error:
        raise _unusable(
            title,
            "they are downloaded by huggingface_hub, which is not installed",
            'pip install "convscope[hub]"',
        ) from error
    try:
        with _silent():
            return Path(
                hf_hub_download(
                    file.repository,
                    file.file,
                    revision=file.revision,
                    token=False,  # the file is public
                    local_files_only=not download,
                )
            )
    except (OSError, ValueError) as error:  # errors of the hub and of the network are OSErrors
        raise _missing(file, title, error) from error


@contextmanager
def _silent() -> Generator[None]:
    """Suppress the library's warning on each attempt; the final error states the cause."""
    logger = logging.getLogger("huggingface_hub")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _missing(file: HubFile, title: str, error: Exception) -> ModelFileError:
    from huggingface_hub.errors import LocalEntryNotFoundError  # noqa: PLC0415

    size = f"{file.name} ({file.megabytes} MB)"
    if isinstance(error, LocalEntryNotFoundError):
        why = f"{size} is not in the cache, and the hub cannot be reached"
        return _unusable(title, why, "run it once with a connection to huggingface.co")
    reason = str(error).strip().split("\n")[0]
    return _unusable(title, f"{size} cannot be downloaded: {reason}", "try again later")


def _unusable(title: str, why: str, remedy: str) -> ModelFileError:
    return ModelFileError(f"cannot use the weights of {title}", why=why, remedy=f"{remedy}, or {_INSTALLED}")
