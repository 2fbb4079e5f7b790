"""The picture that a walk shows, by a short reference: one that was sent, or one of some data.

`sent.DIGEST` names a file in the studio's folder, `data.ID.PLACE` the picture at a place of a source.
"""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.common.atomic import replacing
from convscope.common.printable import printable
from convscope.errors import RequestError
from convscope.pictures.reading import read_picture
from convscope.serving.limits import Limits
from convscope.walkthrough.telling import see

if TYPE_CHECKING:
    from convscope.classifier import Classifier
    from convscope.model.inputs import Picture
    from convscope.studio.opened import Studio
    from convscope.walkthrough.telling import Seen

_MOST_SEEN = 4
SENT_NAME = "your picture"
_SENT = re.compile(r"sent\.([0-9a-f]{32})")
_IN_DATA = re.compile(r"data\.([0-9a-f]{1,16})\.([0-9]{1,9})")


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A picture to be walked.

    Attributes:
        picture: Bytes of a file, or pixels.
        name: What people call it.
        truth: The class that its source puts it under, if it comes from one.
    """

    picture: Picture
    name: str
    truth: str | None = None


class Sight:
    """What models see of the pictures that were shown last: it stays while their weights are changed."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[Classifier, str, bytes], Seen] = OrderedDict()

    def of(self, classifier: Classifier, found: Shown) -> Seen:
        """What a model sees of a picture.

        Raises:
            PictureError: It cannot be read.
        """
        picture = found.picture
        content = picture if isinstance(picture, bytes) else np.asarray(picture).tobytes()
        key = (classifier, found.name, content)
        seen = self._seen.pop(key, None) or see(picture, classifier.model, found.name)
        self._seen[key] = seen
        while len(self._seen) > _MOST_SEEN:
            self._seen.popitem(last=False)
        return seen


def keep_sent(data: bytes, studio: Studio) -> str:
    """Keep a picture that was sent, and return its reference; the same picture is kept once.

    Raises:
        PictureError: It cannot be read, or unfolds to more pixels than `Limits` allows.
        ConvscopeError: It cannot be written.
    """
    read_picture(data, SENT_NAME, pixel_limit=Limits().pixels)
    digest = hashlib.blake2b(data, digest_size=16).hexdigest()
    path = studio.home.pictures / digest
    if not path.exists():
        with replacing(path) as file:
            file.write(data)
    return f"sent.{digest}"


def shown(reference: str, studio: Studio) -> Shown:
    """Find a picture.

    Raises:
        RequestError: 404: there is none.
        ConvscopeError: It cannot be read.
    """
    if sent := _SENT.fullmatch(reference):
        path = studio.home.pictures / sent[1]
        if path.is_file():
            return Shown(path.read_bytes(), SENT_NAME)
    if found := _IN_DATA.fullmatch(reference):
        source = studio.opened(found[1]).source
        place = int(found[2])
        if place < len(source.items):
            item = source.items[place]
            return Shown(source.read(place), item.name, item.label)
    raise RequestError(
        f"there is no picture {printable(reference)[:64]}", status=404, remedy="choose another picture"
    )
