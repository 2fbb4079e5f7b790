"""Types of URL parameters.

A model or a source of pictures is identified by a short digest of its path, from which the path cannot be
derived: only open models and sources can be requested.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, TypeVar

from fastapi import Path, Query
from pydantic import BaseModel, Field

from convscope.common.printable import printable
from convscope.errors import RequestError
from convscope.model.selection import PartOrAll

if TYPE_CHECKING:
    from collections.abc import Iterable

ModelId = Annotated[str, Path(description="The model's id.", max_length=16)]
DataId = Annotated[str, Path(description="The data's id.", max_length=16)]
RunName = Annotated[str, Path(description="The run's name.", max_length=255)]

ModelIdQuery = Annotated[str, Query(description="The model's id.", max_length=16)]
DataIdQuery = Annotated[str, Query(description="The data's id.", max_length=16)]
PartQuery = Annotated[PartOrAll, Query(description="Which pictures; `test` is what training sets aside.")]


class Opened(BaseModel):
    """Something that is open in the studio, and can be requested by its id."""

    id: str = Field(examples=["9f86d081"])
    name: str = Field(examples=["pets"])


_Opened = TypeVar("_Opened", bound=Opened)


def with_id(id_: str, among: Iterable[_Opened], kind: str) -> _Opened:
    """Find what is open under an id.

    Raises:
        RequestError: Nothing is.
    """
    for opened in among:
        if opened.id == id_:
            return opened
    raise RequestError(
        f"there is no {kind} {printable(id_)[:64]}",
        status=404,
        why="it was removed, or never existed",
        remedy="reload the page",
    )


def id_of(location: str) -> str:
    """Return the id of a path or URL: eight hexadecimal digits."""
    return hashlib.blake2b(location.encode(errors="surrogateescape"), digest_size=4).hexdigest()
