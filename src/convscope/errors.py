"""The errors a person may meet, as one tree.

    ConvscopeError
    ├── NotationError     a network's notation that cannot be read, with the place in it
    ├── NetworkError      a network that does not fit its pictures
    ├── DataError         a source of pictures that cannot be used (folder, archive, manifest, idx)
    ├── PictureError      one picture that cannot be read
    ├── StoreError        the prepared pictures cannot be written or read
    ├── ModelFileError    a model file that is damaged, foreign or hostile
    ├── ExportError       an exported graph that does not answer as its model does
    ├── SettingError      a setting outside what is possible
    ├── RunError          a run folder or checkpoint that cannot be used
    └── RequestError      a request to the HTTP service that is not answered as asked

Every error says four things in at most four short lines: what went wrong, where, why, and what to do.
The command line prints exactly that and ends with exit code 2; from Python the same text is `str(error)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class ConvscopeError(Exception):
    """Base of every error convscope raises on purpose.

    Args:
        what: What went wrong, naming the file or the value, as one sentence without a full stop.
        why: The cause, if it is known and not already said.
        remedy: What to do about it, as an instruction.

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
    """A network's notation cannot be read; the message points at the character."""


class NetworkError(ConvscopeError):
    """A network does not fit its pictures, for example because it is too deep for them."""


class DataError(ConvscopeError):
    """A source of pictures cannot be used."""


class PictureError(ConvscopeError):
    """One picture cannot be read."""


class StoreError(ConvscopeError):
    """The prepared pictures cannot be written or read."""


class ModelFileError(ConvscopeError):
    """A model file is damaged, foreign or hostile."""


class ExportError(ConvscopeError):
    """An exported graph does not answer as its model does; the message names the worst picture."""


class SettingError(ConvscopeError):
    """A setting is outside what is possible."""


class RunError(ConvscopeError):
    """A run folder or a checkpoint cannot be used."""


class RequestError(ConvscopeError):
    """A request to the HTTP service is not answered as asked.

    Args:
        what: See ConvscopeError.
        status: HTTP's status code.
        why: See ConvscopeError.
        remedy: See ConvscopeError.
        retry_seconds: After how many seconds to ask again, where that may help.
        headers: What else the answer carries.
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
