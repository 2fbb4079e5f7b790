"""Short references to pictures.

`sent.DIGEST` is an uploaded picture, a file in the studio's folder; `data.ID.INDEX` is a picture of an open
source.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Query

from convscope.common.atomic import replacing
from convscope.common.printable import printable
from convscope.errors import RequestError
from convscope.pictures.reading import read_picture
from convscope.serving.limits import Limits

if TYPE_CHECKING:
    from convscope.model.inputs import Picture
    from convscope.studio.workspace import Workspace

SENT_NAME = "your picture"
_SENT = re.compile(r"sent\.([0-9a-f]{32})")
_IN_DATA = re.compile(r"data\.([0-9a-f]{1,16})\.([0-9]{1,9})")

PictureRef = Annotated[
    str,
    Query(
        alias="picture",
        max_length=64,
        description="`sent.DIGEST`, as sending it answered, or `data.ID.INDEX`.",
    ),
]


@dataclass(frozen=True, slots=True, eq=False)
class ReferredPicture:
    """The picture of a reference.

    Attributes:
        picture: Bytes of a file, or pixels.
        name: Display name.
        label: Its class, if it comes from a source.
    """

    picture: Picture
    name: str
    label: str | None = None


def keep_sent(data: bytes, workspace: Workspace) -> str:
    """Store an uploaded picture and return its reference; the same picture is stored once.

    Raises:
        PictureError: It cannot be read, or has more pixels than `Limits` allows.
        ConvscopeError: The file cannot be written.
    """
    read_picture(data, SENT_NAME, pixel_limit=Limits().pixels)
    digest = hashlib.blake2b(data, digest_size=16).hexdigest()
    path = workspace.folder.pictures / digest
    if not path.exists():
        with replacing(path) as file:
            file.write(data)
    return f"sent.{digest}"


def find_picture(reference: str, workspace: Workspace) -> ReferredPicture:
    """Return the picture of a reference.

    Raises:
        RequestError: 404: there is none.
        ConvscopeError: It cannot be read.
    """
    if sent := _SENT.fullmatch(reference):
        path = workspace.folder.pictures / sent[1]
        if path.is_file():
            return ReferredPicture(path.read_bytes(), SENT_NAME)
    if in_data := _IN_DATA.fullmatch(reference):
        source = workspace.sources.open(in_data[1]).source
        index = int(in_data[2])
        if index < len(source.items):
            item = source.items[index]
            return ReferredPicture(source.read(index), item.name, item.label)
    raise RequestError(
        f"there is no picture {printable(reference)[:64]}", status=404, remedy="choose another picture"
    )
