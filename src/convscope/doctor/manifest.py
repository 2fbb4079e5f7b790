"""The list of the good pictures, for `convscope train` to learn from instead of the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convscope.pictures.sources import manifest

if TYPE_CHECKING:
    from pathlib import Path

    from convscope.doctor.diagnosis import Diagnosis


def write_manifest(diagnosis: Diagnosis, path: Path) -> int:
    """Write a manifest of every picture worth keeping.

    Returns:
        How many pictures it lists.

    Raises:
        DataError: The pictures are no files of their own, so that no path leads to them.
        ConvscopeError: It cannot be written.
    """
    left_out = diagnosis.left_out()
    kept = {place: item.label for place, item in enumerate(diagnosis.source.items) if place not in left_out}
    manifest.write_manifest(path, diagnosis.source, kept)
    return len(kept)
