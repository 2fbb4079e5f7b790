"""Write a manifest of the good pictures, for `convscope train`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convscope.errors import DataError
from convscope.pictures.naming import natural_order
from convscope.pictures.sources import manifest
from convscope.pictures.sources.left_out import counted, some

if TYPE_CHECKING:
    from pathlib import Path

    from convscope.doctor.diagnosis import Diagnosis


def write_manifest(diagnosis: Diagnosis, path: Path) -> int:
    """Write a manifest of every picture worth keeping.

    Returns:
        The number of pictures in it.

    Raises:
        DataError: The pictures are not separate files, or no picture of a class would be left.
        ConvscopeError: The file cannot be written.
    """
    manifest.listable(diagnosis.source)
    left_out = diagnosis.left_out()
    items = diagnosis.source.items
    kept = {index: item.label for index, item in enumerate(items) if index not in left_out}
    lost = sorted({item.label for item in items} - set(kept.values()), key=natural_order)
    if lost:
        raise DataError(
            f"no list is written: it would hold no picture of {some(lost)}",
            why=f"of {counted(len(items), 'picture')}, {len(left_out):,} would be left out",
            remedy="look at the pictures with --html, and put right what is wrong with them",
        )
    manifest.write_manifest(path, diagnosis.source, kept)
    return len(kept)
