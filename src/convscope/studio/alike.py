"""What the pictures that a model has learned from say about one that is walked.

All of them pass through the network, with what is changed in it, when one is first walked. What it makes of
them is remembered: the next picture is only compared.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from convscope.errors import RequestError
from convscope.walkthrough.chain import forward
from convscope.walkthrough.document import Neighbour, Relevance  # noqa: TC001 - pydantic looks them up
from convscope.walkthrough.walk import look_through

if TYPE_CHECKING:
    from convscope.studio.edit_lists import Changed
    from convscope.studio.opened import Studio
    from convscope.studio.shown_pictures import Shown
    from convscope.walkthrough.neighbours import Neighbourhood

_MOST_KEPT = 2
"""So many networks' views are held at once; who was asked for least lately makes room."""


class Alike(BaseModel):
    """What a network makes of the pictures that it has learned from, beside what it makes of one picture."""

    neighbours: list[Neighbour] = Field(description="The training pictures most alike, the nearest first.")
    relevance: Relevance = Field(description="Which inputs of the output layer answer to which class.")


class Searches:
    """Looks through pictures.

    Args:
        studio: Whose models and pictures they are.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._searching = threading.Lock()
        self._kept: OrderedDict[tuple[Changed, str], tuple[Neighbourhood, Relevance]] = OrderedDict()

    def of(self, model: str, found: Shown) -> Alike:
        """What the pictures that a model has learned from say about a picture.

        Args:
            model: The model's id.
            found: The picture.

        Raises:
            RequestError: 404: there is no such model, or those pictures are not open. 409: ReLU is switched
                off.
            ConvscopeError: The picture or those pictures cannot be read, or the model cannot be used.
        """
        data, changed = self._studio.learned_from(model), self._studio.edits.changed(model)
        if data is None:
            raise RequestError(
                "the pictures that this network has learned from are not open",
                status=404,
                remedy="open them at Train, or start the studio with --data",
            )
        if not changed.edited.rectify:
            raise RequestError(
                "pictures are compared by what ReLU lets through", status=409, why="it is switched off"
            )
        pixels = self._studio.classifier(model).prepared(found.picture, found.name)
        key = (changed, self._studio.opened(data.id).fingerprint)
        with self._searching:
            looked = self._kept.pop(key, None) or look_through(changed.edited.model, data.where)
            self._kept[key] = looked
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        learned, relevance = looked
        last_hidden = forward(changed.edited.model, pixels)[-2].input
        return Alike(neighbours=learned.nearest(last_hidden), relevance=relevance)
