"""Which questions a person has answered right, kept in a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from convscope.common import strict_json
from convscope.common.atomic import replacing

if TYPE_CHECKING:
    from pathlib import Path


class Progress:
    """Names of questions, as `STEP/QUESTION`.

    Args:
        path: The file; it appears with the first right answer.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def right(self) -> set[str]:
        """What was answered right; nothing where the file cannot be read."""
        try:
            found = strict_json.parse(self._path.read_bytes())
        except (OSError, ValueError):
            return set()
        return {one for one in found if isinstance(one, str)} if isinstance(found, list) else set()

    def add(self, name: str) -> None:
        """Note a right answer.

        Raises:
            ConvscopeError: The file cannot be written.
        """
        self._write(self.right() | {name})

    def forget(self) -> None:
        """Begin anew.

        Raises:
            ConvscopeError: The file cannot be written.
        """
        self._write(set())

    def _write(self, names: set[str]) -> None:
        with replacing(self._path) as file:
            file.write(json.dumps(sorted(names), indent=2).encode())
