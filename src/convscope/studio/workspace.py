"""The state of the studio, shared by all of its pages."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from convscope.pictures.sources.opening import name_of
from convscope.studio.jobs import Jobs
from convscope.studio.models import Models
from convscope.studio.sources import Sources
from convscope.training.runs.run_folder import data_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convscope.studio.sources import OpenData
    from convscope.studio.studio_folder import StudioFolder


class Workspace:
    """The open models and sources, and the jobs of the studio.

    Args:
        folder: The studio's folder.
        models: Model files from the command line; NAME=FILE names one.
        data: Sources of pictures from the command line.

    Attributes:
        folder: The studio's folder.
        models: The models that are open.
        sources: The sources of pictures that are open.
        jobs: Commands that run in their own processes.
        closing: Set when the studio is about to end, so that endless responses end, too.

    Raises:
        ConvscopeError: A model or a source cannot be opened.
    """

    def __init__(self, folder: StudioFolder, models: Sequence[str] = (), data: Sequence[str] = ()) -> None:
        self.folder = folder
        self.sources = Sources(folder, data)
        self.models = Models(folder, models)
        self.jobs = Jobs(folder.jobs)
        self.closing = threading.Event()

    def training_data(self, model: str) -> OpenData | None:
        """Return the pictures that a model was trained on, if they are open.

        Args:
            model: The model's id.

        Raises:
            RequestError: 404: there is no model with that id.
            ModelFileError: Its file cannot be used.
        """
        location = data_of(self.models.find(model).path.parent)
        if location:
            path = os.path.realpath(location)  # the same folder may have been given in two ways
            return next(
                (data for data in self.sources.all() if os.path.realpath(data.location) == path), None
            )
        name = self.models.classifier(model).model.receipt.get("data")
        named = [data for data in self.sources.all() if name and name_of(data.location) == name]
        return named[0] if len(named) == 1 else None
