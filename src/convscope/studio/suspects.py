"""Which labels are probably wrong, as `convscope doctor --labels` finds out in a process of its own.

It trains five models, each on four fifths of the pictures. What it found is kept under the fingerprint of
the pictures, so that it is never told of others.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from convscope.studio.errands import Errands, State

if TYPE_CHECKING:
    from convscope.studio.opened import OpenData, Studio

_FOUND_NOTHING, _FOUND_PROBLEMS = 0, 1  # the doctor's exit codes
_EPOCH = re.compile(r"epoch (?P<epoch>\d+)/(?P<epochs>\d+)")
_TOLD = re.compile(r"rather (?P<label>.*), (?P<percent>\d+)%", re.DOTALL)


class Suspect(BaseModel):
    """A picture whose label models doubt that learned from neither it nor a copy of it."""

    place: int = Field(description="Where it stands among the source's pictures, from 0.")
    picture: str
    label: str
    rather: str = Field(description="The class they hold more probable.")
    probability: float = Field(ge=0, le=1, description="How probable they hold that class.")


class Suspects(BaseModel):
    """How far the search is, and what it found, the most doubtful first."""

    state: State
    said: str = Field(description="The last line that the search said on its way, or why it failed.")
    done_fraction: float | None = Field(
        ge=0, le=1, description="Of the trainings; null where the search says nothing of it."
    )
    suspects: list[Suspect]


class Search:
    """Searches for wrong labels, one for each source at most.

    Args:
        studio: Whose pictures are searched.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self.errands = Errands(studio.home.errands, succeeded=(_FOUND_NOTHING, _FOUND_PROBLEMS))

    def start(self, data: OpenData) -> None:
        """Begin to search, unless that is under way or done.

        Raises:
            DataError: The source cannot be used.
        """
        self.errands.start(self._name(data), "doctor", data.where, "--labels", "--json")

    def stop(self, data: OpenData) -> None:
        """End a search that is under way."""
        self.errands.stop(self._name(data))

    def look(self, data: OpenData) -> Suspects:
        """Say how far the search is.

        Raises:
            DataError: The source cannot be used.
        """
        errand = self.errands.look(self._name(data))
        found = _suspects(json.loads(errand.printed)) if errand.printed else []
        return Suspects(
            state=errand.state, said=errand.said, done_fraction=_done_fraction(errand.said), suspects=found
        )

    def _name(self, data: OpenData) -> str:
        return f"suspects-{data.id}-{self._studio.open_sources.of(data.where).fingerprint}"


def _done_fraction(said: str) -> float | None:
    """How much of the epochs of all trainings is done.

    Example:
        >>> _done_fraction("epoch 30/120  loss 0.513  1:10 left")
        0.25
    """
    told = _EPOCH.match(said)
    return None if told is None else min(1.0, int(told["epoch"]) / max(1, int(told["epochs"])))


def _suspects(found: dict[str, Any]) -> list[Suspect]:
    return [
        Suspect(
            place=picture["place"],
            picture=picture["picture"],
            label=picture["label"],
            rather=told["label"],
            probability=int(told["percent"]) / 100,
        )
        for finding in found["findings"]
        if finding["kind"] == "label suspect"
        for (picture,), text in zip(finding["groups"], finding["detail"], strict=True)
        if (told := _TOLD.fullmatch(text))
    ]
