"""The list of the good pictures, for `convscope train` to learn from instead of the whole."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from convscope.atomic import replacing
from convscope.errors import DataError
from convscope.pictures.sources.files import FileSource

if TYPE_CHECKING:
    from pathlib import Path

    from convscope.doctor.diagnosis import Diagnosis


def write_manifest(diagnosis: Diagnosis, path: Path) -> int:
    """Write a CSV file with the path, label and, where there are parts, split of every picture worth keeping.

    Paths are relative where the pictures lie below the manifest's folder, so that both may move together.

    Returns:
        How many pictures it lists.

    Raises:
        DataError: The pictures are no files of their own, so that no path leads to them.
        ConvscopeError: It cannot be written.
    """
    source = diagnosis.source
    if not isinstance(source, FileSource):
        raise DataError(
            f"there can be no manifest of {source.name}",
            why="its pictures are no files of their own",
            remedy="unpack them into class folders and look at these",
        )
    with_parts = any(item.part for item in source.items)
    left_out = diagnosis.left_out()
    text = io.StringIO()
    table = csv.writer(text)  # lines end with CR LF, so that either is quoted in a name
    table.writerow(("path", "label", "split") if with_parts else ("path", "label"))
    here = path.absolute().parent
    for place, (item, file) in enumerate(zip(source.items, source.files, strict=True)):
        if place not in left_out:
            whole = (source.folder / file).absolute()
            shown = whole.relative_to(here) if whole.is_relative_to(here) else whole
            table.writerow((shown, item.label, item.part) if with_parts else (shown, item.label))
    with replacing(path) as written:
        written.write(text.getvalue().encode("utf-8", "surrogateescape"))
    return len(source.items) - len(left_out)
