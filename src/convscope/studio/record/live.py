"""The live prediction while pictures are recorded: a head that follows a collection's folder."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, Field

from convscope.errors import PictureError
from convscope.studio.cache import Cache
from convscope.studio.picture_names import PICTURE_NAME, picture_digest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.studio.record.backbone import Backbone
    from convscope.studio.record.head import QuickHead

FEWEST = 2
"""Number of pictures that a class needs to be included."""
MOST_PICTURES = 2_000
"""Largest number of pictures, with 5 KiB of features each; of a larger collection, equally many per class."""
_AT_ONCE = 32
"""Number of pictures whose features are computed before the head is refitted."""
_MOST_FRAMES = 64


class SimilarRecording(BaseModel):
    """A recorded picture that is similar to the given one."""

    label: str = Field(examples=["mug"])
    picture: str = Field(description="The name of its file in its class.", examples=["4321c228dc684ef3.jpg"])
    similarity: float = Field(description="Cosine of their features.", examples=[0.93])


class LiveAnswer(BaseModel):
    """The live model's prediction for a picture."""

    probabilities: dict[str, float] | None = Field(
        description="By class; null until two classes have two pictures each, and these are learned.",
        examples=[{"mug": 0.93, "pen": 0.07}],
    )
    unknown: bool = Field(
        description="Whether it is probably of none of the classes; false below 19 pictures."
    )
    similar: list[SimilarRecording] = Field(
        description="The recorded pictures that it resembles most; empty below 19 pictures."
    )
    learned: int = Field(description="How many pictures the answer rests on.")
    waiting: int = Field(description="How many pictures have come or gone since.")


class LiveHead:
    """A head for the pictures of a collection, refitted in the background whenever they change.

    The features of a picture are computed once and cached by the name of its file, which is a digest of its
    content, so that renaming a class or moving a picture takes no time.

    Args:
        collection: A folder of class folders.
        backbone: Computes the features.
    """

    def __init__(self, collection: Path, backbone: Backbone) -> None:
        self._collection = collection
        self._backbone = backbone
        self._frames: Cache[str, NDArray[np.float32]] = Cache(_MOST_FRAMES)
        self._features: dict[str, NDArray[np.float32] | None] = {}  # None: unreadable
        self._head: QuickHead | None = None
        self._learned: frozenset[tuple[str, str]] = frozenset()
        self._lock = threading.Lock()
        self._learning: Future[None] | None = None
        self._worker = ThreadPoolExecutor(1)

    def answer(self, picture: bytes) -> LiveAnswer:
        """Classify a picture with the current head.

        Raises:
            PictureError: It cannot be read.
        """
        features = self._frames.get(
            picture_digest(picture), lambda: self._backbone.features(picture, "the picture")
        )
        pictures = frozenset(_pictures(self._collection))
        self._follow(pictures)
        head = self._head
        similar = head.similar(features) if head else []
        return LiveAnswer(
            probabilities=head.probabilities(features) if head else None,
            unknown=bool(head and head.open_set and similar[0].similarity < head.open_set.threshold),
            similar=[
                SimilarRecording(label=label, picture=name, similarity=one.similarity)
                for one in similar
                for label, name in self._learned
                if Path(name).stem == one.digest
            ],
            learned=head.pictures if head else 0,
            waiting=len(pictures ^ self._learned),
        )

    def _follow(self, pictures: frozenset[tuple[str, str]]) -> None:
        """Start to refit, unless that is in progress or nothing has changed."""
        with self._lock:
            if self._learning and self._learning.done():
                ended, self._learning = self._learning, None
                ended.result()  # raises the error of the background thread
            if self._learning is None and pictures != self._learned:
                self._learning = self._worker.submit(self._learn)

    def _learn(self) -> None:
        """Refit in rounds until nothing is new, so that many pictures do not delay the first prediction."""
        while self._round(_pictures(self._collection)):
            pass

    def _round(self, pictures: list[tuple[str, str]]) -> bool:
        """Compute the features of some pictures and fit the head; return whether there was anything new."""
        from convscope.studio.record.head import fit_quick_head  # noqa: PLC0415 - SciPy takes a second to import

        new = [one for one in pictures if one[1] not in self._features]
        for label, name in new[:_AT_ONCE]:
            self._features[name] = self._compute(label, name)
        known = [(label, name) for label, name in pictures if name in self._features]
        if frozenset(known) == self._learned:
            return False
        names = {name for _, name in known}
        self._features = {name: one for name, one in self._features.items() if name in names}
        used = _with_enough([(label, name) for label, name in known if self._features[name] is not None])
        labels, names = [label for label, _ in used], [name for _, name in used]
        features = [one for name in names if (one := self._features[name]) is not None]
        stems = [Path(name).stem for name in names]
        enough = len(set(labels)) >= 2
        self._head = fit_quick_head(np.stack(features), labels, stems) if enough else None
        self._learned = frozenset(known)
        return True

    def _compute(self, label: str, name: str) -> NDArray[np.float32] | None:
        path = self._collection / label / name
        try:
            return self._frames.get(path.stem, lambda: self._backbone.features(path, name))
        except PictureError:  # or removed in the meantime
            return None


def _pictures(collection: Path) -> list[tuple[str, str]]:
    """Return class and name of each picture, alternating between classes, at most `MOST_PICTURES`."""
    try:
        folders = [entry for entry in collection.iterdir() if entry.is_dir()]
        classes = [
            [
                (folder.name, name)
                for name in sorted(file.name for file in folder.iterdir())
                if PICTURE_NAME.fullmatch(name)
            ]
            for folder in sorted(folders)
        ]
    except OSError:  # a class was just renamed or removed
        return []
    in_turn = [one for row in itertools.zip_longest(*classes) for one in row if one is not None]
    return in_turn[:MOST_PICTURES]


def _with_enough(pictures: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Remove classes with fewer than `FEWEST` pictures."""
    counts = Counter(label for label, _ in pictures)
    return [one for one in pictures if counts[one[0]] >= FEWEST]
