"""What is changed in each model and not yet kept: a list of edits in a file of the studio's folder.

So a reloaded page and a second tab see the same model.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from pydantic import TypeAdapter, ValidationError

from convscope.common.atomic import replacing
from convscope.errors import NetworkError, NotationError, SettingError
from convscope.model.calibration import tempered
from convscope.walkthrough.edits import Edit, Edited, edited
from convscope.walkthrough.telling import engine_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from convscope.classifier import Classifier
    from convscope.model.intermediate import Intermediate
    from convscope.studio.opened import OpenModel, Studio

MOST_EDITS = 500
_MOST_KEPT = 4
"""So many changed models are held at once; who was asked for least lately makes room."""

_LIST = TypeAdapter(list[Edit])


@dataclass(frozen=True, slots=True, eq=False)
class Changed:
    """A model with its edits made.

    Attributes:
        edited: The model, and whether ReLU takes part.
        engine: Computes its steps.
    """

    edited: Edited
    engine: Intermediate

    def probabilities(self, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        """What it says about a prepared picture, (classes,)."""
        model = self.edited.model
        logits = self.engine.values(pixels[np.newaxis])[model.stages()[-1].name]
        return tempered(logits, model.temperature)[0]


class EditLists:
    """The lists of all models.

    Args:
        studio: Whose models are changed.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._lock = threading.Lock()
        self._made: OrderedDict[tuple[Classifier, tuple[str, ...]], Changed] = OrderedDict()

    def standing(self) -> dict[str, str]:
        """A text for every model that was changed, by its id, which is another whenever its list is."""
        lists = sorted(self._studio.home.edits.glob("*.json"))
        return {path.stem: f"{path.stat().st_mtime_ns:x}" for path in lists}

    def read(self, model: str) -> list[Edit]:
        """The edits of a model, in the order they were made; none where the file cannot be read."""
        try:
            return _LIST.validate_json(self._path(model).read_bytes())
        except (OSError, ValidationError):
            return []

    def add(self, model: str, edit: Edit) -> None:
        """Make one more edit.

        Raises:
            ConvscopeError: It cannot be made, or there are too many; nothing has changed.
        """
        with self._lock:
            edits = [*self.read(model), edit]
            if len(edits) > MOST_EDITS:
                raise SettingError(
                    f"a model is changed by at most {MOST_EDITS} edits",
                    remedy="keep the model, and go on with that",
                )
            self._changed(model, edits)
            self._write(model, edits)

    def undo(self, model: str) -> None:
        """Take the last edit back, if there is one."""
        with self._lock:
            self._write(model, self.read(model)[:-1])

    def reset(self, model: str) -> None:
        """Take all edits back."""
        with self._lock:
            self._write(model, [])

    def changed(self, model: str) -> Changed:
        """A model with its edits made.

        Raises:
            ConvscopeError: There is no such model, or its file cannot be used.
        """
        with self._lock:
            try:
                return self._changed(model, self.read(model))
            except (SettingError, NetworkError, NotationError):  # they were made to what its file held before
                self._write(model, [])
                return self._changed(model, [])

    def unchanged(self, model: str) -> Changed:
        """A model without its edits; arguments and errors as for `changed`."""
        with self._lock:
            return self._changed(model, [])

    def keep(self, model: str, name: str) -> OpenModel:
        """Write a model with its edits as a new file, and forget the edits.

        Its figures are left out, as they are those of the model before. Its receipt says what it is, and
        which pictures the model before has learned from: its mistakes are looked for among them.

        Raises:
            SettingError: ReLU is switched off, which a model file cannot say.
            ConvscopeError: The name cannot be one, or the file cannot be written.
        """
        with self._lock:
            edits = self.read(model)
            found = self._changed(model, edits).edited
            if not found.rectify:
                raise SettingError(
                    "a model without ReLU cannot be kept",
                    why="ReLU follows every convolution and full connection of a model file",
                    remedy="switch ReLU on again",
                )
            learned_from = {name: text for name, text in found.model.receipt.items() if name == "data"}
            receipt = {
                "changed_from": self._studio.model(model).name,
                "edits": _LIST.dump_json(edits).decode(),
                **learned_from,
            }
            kept = self._studio.keep(replace(found.model, figures={}, receipt=receipt), name)
            self._write(model, [])
        return kept

    def _changed(self, model: str, edits: list[Edit]) -> Changed:
        classifier = self._studio.classifier(model)
        key = (classifier, tuple(map(repr, edits)))
        found = self._made.pop(key, None)
        if found is None:
            made = edited(classifier.model, edits)
            found = Changed(made, engine_of(made.model, rectify=made.rectify))
        self._made[key] = found
        while len(self._made) > _MOST_KEPT:
            self._made.popitem(last=False)
        return found

    def _write(self, model: str, edits: list[Edit]) -> None:
        with replacing(self._path(model)) as file:
            file.write(_LIST.dump_json(edits))

    def _path(self, model: str) -> Path:
        return self._studio.home.edits / f"{self._studio.model(model).id}.json"
