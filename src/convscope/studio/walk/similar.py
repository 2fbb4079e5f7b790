"""The training pictures that are most similar to a picture, by the network's last hidden layer.

On the first request, all training pictures pass through the network, including its edits. The result is
cached, so that the next picture is only compared with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from convscope.errors import RequestError
from convscope.studio.cache import Cache
from convscope.walkthrough.document import Relevance  # noqa: TC001 - pydantic looks it up
from convscope.walkthrough.explanation_document import Neighbour  # noqa: TC001 - likewise
from convscope.walkthrough.numpy_chain import forward
from convscope.walkthrough.walk import index_data

if TYPE_CHECKING:
    from convscope.studio.picture_refs import ReferredPicture
    from convscope.studio.walk.edit_lists import EditedModel, EditLists
    from convscope.studio.workspace import Workspace
    from convscope.walkthrough.neighbours import Neighbourhood

_MOST_CACHED = 2


class SimilarPictures(BaseModel):
    """The training pictures most similar to a picture."""

    neighbours: list[Neighbour] = Field(description="The most similar training pictures, nearest first.")
    relevance: Relevance = Field(description="Which inputs of the output layer respond to which class.")


class SimilarPictureSearch:
    """Finds similar training pictures.

    Args:
        workspace: The workspace with models and pictures.
        edits: The unsaved edits.
    """

    def __init__(self, workspace: Workspace, edits: EditLists) -> None:
        self._workspace = workspace
        self._edits = edits
        self._cache: Cache[tuple[EditedModel, str], tuple[Neighbourhood, Relevance]] = Cache(_MOST_CACHED)

    def find(self, model: str, referred: ReferredPicture) -> SimilarPictures:
        """Find the training pictures most similar to a picture.

        Args:
            model: The model's id.
            referred: The picture.

        Raises:
            RequestError: 404: there is no such model, or its training pictures are not open. 409: ReLU is
                switched off.
            ConvscopeError: The picture or the training pictures cannot be read, or the model cannot be used.
        """
        data, edited = self._workspace.training_data(model), self._edits.edited(model)
        if data is None:
            raise RequestError(
                "the pictures this network was trained on are not open",
                status=404,
                remedy="open them at Train, or start the studio with --data",
            )
        if not edited.keeps_relu:
            raise RequestError(
                "pictures are compared by the activations after ReLU", status=409, why="ReLU is switched off"
            )
        pixels = self._workspace.models.classifier(model).prepared(referred.picture, referred.name)
        key = (edited, self._workspace.sources.open(data.id).fingerprint)
        neighbourhood, relevance = self._cache.get(key, lambda: index_data(edited.model, data.location))
        features = forward(edited.model, pixels)[-2].input
        return SimilarPictures(neighbours=neighbourhood.nearest(features), relevance=relevance)
