"""The names of a model's pictures, from the list next to its file.

A model file holds digests of pictures, not their names. The list, `pictures.csv`, stays in the run folder, so
a model that is passed on does not reveal the names of its pictures.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from convscope.model.picture_list import NAME
from convscope.model.receipt import digest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path


def read_list(folder: Path, receipt: Mapping[str, str]) -> bytes:
    """Read the list of a model's pictures.

    Args:
        folder: The folder of the model file.
        receipt: The model's receipt.

    Raises:
        ValueError: There is no list, or it does not match the receipt.
    """
    try:
        data = (folder / NAME).read_bytes()
    except OSError as error:
        raise ValueError(f"the list of its pictures, {NAME}, is missing next to it") from error
    if digest(data) != receipt.get("pictures_digest"):
        raise ValueError(f"{NAME} next to it is not the list of its pictures")
    return data


def names_of(folder: Path, receipt: Mapping[str, str], digests: Collection[str]) -> dict[str, str]:
    """Look up the names of some of a model's pictures.

    Args:
        folder: The folder of the model file.
        receipt: The model's receipt.
        digests: Digests of the pictures, or their first hexadecimal digits, all of the same length.

    Returns:
        The names by digest; empty without a list.
    """
    if not digests:
        return {}
    try:
        data = read_list(folder, receipt)
    except ValueError:
        return {}
    wanted, length = frozenset(digests), len(next(iter(digests)))
    names: dict[str, str] = {}
    for row in csv.DictReader(io.StringIO(data.decode(), newline="")):
        if (start := row["digest"][:length]) in wanted:
            names.setdefault(start, row["picture"])
    return names
