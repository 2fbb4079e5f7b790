"""Types of URL parameters.

A model or a source of pictures is identified by a short digest of its path, from which the path cannot be
derived: only open models and sources can be requested.
"""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import Path, Query

from convscope.model.selection import PartOrAll

ModelId = Annotated[str, Path(description="The model's id.", max_length=16)]
DataId = Annotated[str, Path(description="The data's id.", max_length=16)]
RunName = Annotated[str, Path(description="The run's name.", max_length=255)]

ModelIdQuery = Annotated[str, Query(description="The model's id.", max_length=16)]
DataIdQuery = Annotated[str, Query(description="The data's id.", max_length=16)]
PartQuery = Annotated[PartOrAll, Query(description="Which pictures; `test` is what training sets aside.")]


def id_of(location: str) -> str:
    """Return the id of a path or URL: eight hexadecimal digits."""
    return hashlib.blake2b(location.encode(errors="surrogateescape"), digest_size=4).hexdigest()
