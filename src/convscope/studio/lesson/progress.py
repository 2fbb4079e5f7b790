"""The correctly answered questions, stored in a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from convscope.common import strict_json
from convscope.common.atomic import replacing

if TYPE_CHECKING:
    from pathlib import Path


class Progress:
    """The correctly answered questions, as `STEP/QUESTION`.

    Args:
        path: The file, written after the first correct answer.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def right(self) -> set[str]:
        """Return the questions; none if the file cannot be read."""
        try:
            names = strict_json.parse(self._path.read_bytes())
        except (OSError, ValueError):
            return set()
        return {name for name in names if isinstance(name, str)} if isinstance(names, list) else set()

    def add(self, name: str) -> None:
        """Add a question.

        Raises:
            ConvscopeError: The file cannot be written.
        """
        self._write(self.right() | {name})

    def forget(self) -> None:
        """Remove all questions.

        Raises:
            ConvscopeError: The file cannot be written.
        """
        self._write(set())

    def _write(self, names: set[str]) -> None:
        with replacing(self._path) as file:
            file.write(json.dumps(sorted(names), indent=2).encode())
