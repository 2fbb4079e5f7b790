"""Small tars in memory, for benchmarks and tests."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping


def tar_of(members: Mapping[str, bytes], mode: Literal["w", "w:gz", "w:bz2", "w:xz"] = "w") -> bytes:
    """Pack files with any names and contents, in this order.

    Args:
        members: The content of each file, by name.
        mode: The compression, as in `tarfile.open`.
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()
