"""The receipt of a model: the pictures, settings, code and machine of its training.

A receipt is a table of strings in the model file. The same pictures, settings, code and machine give bitwise
identical weights; `verification.py` checks this.
"""

from __future__ import annotations

import hashlib
import platform
import re
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from convscope.common import strict_json
from convscope.model.picture_list import listing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from convscope.pictures.split import Split
    from convscope.pictures.store import Catalogue

_PACKAGES = ("convscope", "torch", "numpy", "numba", "pillow")
_SAMPLE = 256
_ARITHMETIC = re.compile(r"(sse|ssse|avx|fma|f16c|amx|asimd|sve|bf16|i8mm).*")
"""Processor features that determine the order of summation, and thereby the last bits of sums."""


def write_receipt(
    catalogue: Catalogue,
    parts: Split,
    *,
    data: str,
    settings: str,
    seed: int,
    threads: int,
    processes: Sequence[int] = (1,),
    device: str = "cpu",
) -> dict[str, str]:
    """Return the receipt of a model that was trained on this machine.

    Args:
        catalogue: Names, classes and digests of the pictures.
        parts: The indices of the training, validation and test set.
        data: The source as given by the user; empty for arrays.
        settings: The settings of the training, as JSON.
        seed: Seed of all random numbers.
        threads: Number of threads in each process.
        processes: Number of processes; several numbers if it changed during training.
        device: `cpu`, or the name of a GPU.
    """
    return {
        "data": data,
        "data_digest": catalogue.digest,
        "pictures_digest": _digest_of_all(listing(catalogue, parts)),
        "learned_sample": " ".join(sorted(short_digests(catalogue.digests[parts.train]))[:_SAMPLE]),
        "settings": settings,
        "settings_digest": digest(settings.encode()),
        "seed": str(seed),
        "threads": str(threads),
        "processes": ", ".join(map(str, processes)),
        "device": device,
        **environment(),
    }


def short_digests(digests: NDArray[np.uint8]) -> set[str]:
    """Return the first eight bytes of pictures' digests, (n, 16), as hexadecimal digits."""
    return {digest.tobytes().hex() for digest in digests[:, :8]}


def has_learned_from(receipt: Mapping[str, str], digests: NDArray[np.uint8]) -> bool | None:
    """Whether a model was trained on some of these pictures; None if its receipt does not say.

    A receipt keeps the smallest digests of the training pictures. If one in twenty of the pictures was
    trained on, the test misses this in one case in a million.

    Args:
        receipt: The model's receipt.
        digests: uint8 (n, 16), digests of the pictures.
    """
    if "learned_sample" not in receipt:
        return None
    return not short_digests(digests).isdisjoint(receipt["learned_sample"].split())


def group_pattern(receipt: Mapping[str, str]) -> str | None:
    """Return the group pattern of the training, so that pictures can be split in the same way."""
    try:
        settings = strict_json.parse(receipt.get("settings", "{}"))
    except ValueError:
        return None
    pattern = settings.get("group_pattern") if isinstance(settings, dict) else None
    return pattern if isinstance(pattern, str) else None


def environment() -> dict[str, str]:
    """Return the versions of code and packages, and the machine."""
    return {
        "code_digest": code_digest(),
        **{package: version(package) for package in _PACKAGES},
        "python": platform.python_version(),
        "system": platform.platform(),
        "machine": platform.machine(),
        **_processor(),
    }


@cache
def code_digest() -> str:
    """Return a digest of convscope's source, to distinguish states of the code with the same version."""
    root = Path(str(files("convscope")))
    return _digest_of_all(
        f"{path.relative_to(root).as_posix()}\0{digest(path.read_bytes())}\0".encode()
        for path in sorted(root.rglob("*.py"))
    )


def digest(data: bytes) -> str:
    """Return the BLAKE2b digest of 16 bytes, as hexadecimal digits.

    Example:
        >>> digest(b"cat")
        '4321c228dc684ef30fe2db60117c005d'
    """
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _digest_of_all(pieces: Iterable[bytes]) -> str:
    total = hashlib.blake2b(digest_size=16)
    for piece in pieces:
        total.update(piece)
    return total.hexdigest()


def _processor() -> dict[str, str]:
    """Return the processor's name and relevant features, if the system provides them (Linux does)."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    fields = dict(re.findall(r"^([^\t:]+?)\s*:\s*(.*)$", text.partition("\n\n")[0], flags=re.MULTILINE))
    features = fields.get("flags", fields.get("Features", "")).split()
    return {
        "processor": fields.get("model name", platform.processor()),
        "processor_features": " ".join(sorted(filter(_ARITHMETIC.fullmatch, features))),
    }
