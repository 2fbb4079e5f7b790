"""All errors that convscope raises on purpose, as one tree.

    ConvscopeError
    ├── NotationError     a network notation with a syntax error, and where it is
    ├── NetworkError      a network that does not fit its pictures
    ├── DataError         a source of pictures that cannot be used (folder, archive, table, shards, idx)
    ├── PictureError      one picture that cannot be read
    ├── StoreError        prepared pictures that cannot be written or read
    ├── ModelFileError    a model file that is missing, damaged or hostile, or no model file at all
    ├── ExportError       an exported file whose answers differ from the model's
    ├── SettingError      a setting that is invalid or out of range
    ├── RunError          a run folder or checkpoint that cannot be used
    └── RequestError      an HTTP request that cannot be answered

The message states in at most four short lines what is wrong and where, the cause, and the remedy. The command
line prints it and exits with code 2; in Python it is `str(error)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class ConvscopeError(Exception):
    """Base class of all errors that convscope raises on purpose.

    Args:
        what: What went wrong, naming the file or the value, as one sentence without a full stop.
        why: The cause, if it is known and not included in `what`.
        remedy: The remedy, as an instruction.

    Example:
        >>> print(ConvscopeError("cannot read pets/", why="no such folder", remedy="check the spelling"))
        cannot read pets/
          why: no such folder
          try: check the spelling
    """

    def __init__(self, what: str, *, why: str = "", remedy: str = "") -> None:
        super().__init__(what, why, remedy)
        self.what = what
        self.why = why
        self.remedy = remedy

    def __str__(self) -> str:
        lines = [self.what]
        if self.why:
            lines.append(f"  why: {self.why}")
        if self.remedy:
            lines.append(f"  try: {self.remedy}")
        return "\n".join(lines)


class NotationError(ConvscopeError):
    """A network notation has a syntax error; the message points to the character."""


class NetworkError(ConvscopeError):
    """A network does not fit its pictures, for example because it is too deep for them."""


class DataError(ConvscopeError):
    """A source of pictures cannot be used."""


class PictureError(ConvscopeError):
    """One picture cannot be read."""


class StoreError(ConvscopeError):
    """The prepared pictures cannot be written or read."""


class ModelFileError(ConvscopeError):
    """A model file is missing, damaged or malicious, or is not a model file."""


class ExportError(ConvscopeError):
    """The answers of an exported file differ from the model's; the message names the worst picture."""


class SettingError(ConvscopeError):
    """A setting is invalid or out of range."""


class RunError(ConvscopeError):
    """A run folder or a checkpoint cannot be used."""


class RequestError(ConvscopeError):
    """An HTTP request cannot be answered.

    Args:
        what: See ConvscopeError.
        status: The HTTP status code.
        why: See ConvscopeError.
        remedy: See ConvscopeError.
        retry_seconds: Seconds after which to retry, if that may help.
        headers: Further response headers.
    """

    def __init__(
        self,
        what: str,
        *,
        status: int,
        why: str = "",
        remedy: str = "",
        retry_seconds: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(what, why=why, remedy=remedy)
        self.status = status
        self.headers = dict(headers or {})
        if retry_seconds is not None:
            self.headers["retry-after"] = str(retry_seconds)
