"""The unsaved edits of each model: a list in a file in the studio's folder.

So a reloaded page and a second tab show the same model.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from pydantic import TypeAdapter, ValidationError

from convscope.common.atomic import replacing
from convscope.errors import NetworkError, NotationError, SettingError
from convscope.model.nearest import Nearest
from convscope.model.predictor import Answer
from convscope.studio.cache import Cache
from convscope.walkthrough.compute import PROBABILITIES, step_engine
from convscope.walkthrough.edits import Edit, apply_edits, keeps_relu

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from convscope.classifier import Classifier
    from convscope.model.file import Model
    from convscope.model.intermediate import Intermediate
    from convscope.studio.models import Models, OpenModel

MOST_EDITS = 500
_MOST_CACHED = 4

_LIST = TypeAdapter(list[Edit])


@dataclass(frozen=True, slots=True, eq=False)
class EditedModel:
    """A model with edits applied.

    Attributes:
        model: The edited model.
        keeps_relu: Whether ReLU is kept.
        engine: The engine that computes its steps.
    """

    model: Model
    keeps_relu: bool
    engine: Intermediate

    def probabilities(self, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return the probabilities of a prepared picture, (classes,)."""
        return self.answer(pixels).probabilities

    def answer(self, pixels: NDArray[np.uint8]) -> Answer:
        """Return the answer for a prepared picture."""
        model, values = self.model, self.engine.values(pixels[np.newaxis])
        logits, rule = values[model.chain.output.name], model.open_set
        probabilities = PROBABILITIES[model.chain.last_step](logits, model.temperature)[0]
        if rule is None:
            return Answer(probabilities, None, unknown=False)
        features = values[model.chain.features.name]
        score = float(rule.score(features, logits / model.temperature)[0])
        similar = rule.similar(features[0]) if isinstance(rule, Nearest) else ()
        return Answer(probabilities, score, score < rule.threshold, tuple(similar))


class EditLists:
    """The lists of edits of all models.

    Args:
        models: The models that are edited.
        folder: The folder of the lists; it must exist.
    """

    def __init__(self, models: Models, folder: Path) -> None:
        self._models = models
        self._folder = folder
        self._lock = threading.Lock()
        self._cache: Cache[tuple[Classifier, tuple[str, ...]], EditedModel] = Cache(_MOST_CACHED)

    def revisions(self) -> dict[str, str]:
        """Return a text for every edited model, by id, that changes with its list."""
        lists = sorted(self._folder.glob("*.json"))
        return {path.stem: f"{path.stat().st_mtime_ns:x}" for path in lists}

    def edits(self, model: str) -> list[Edit]:
        """Return the edits of a model in their order; none if the file cannot be read."""
        try:
            return _LIST.validate_json(self._path(model).read_bytes())
        except (OSError, ValidationError):
            return []

    def add(self, model: str, edit: Edit) -> None:
        """Add an edit to a model's list.

        Raises:
            ConvscopeError: It cannot be applied, or there are too many; nothing was changed.
        """
        with self._lock:
            edits = [*self.edits(model), edit]
            if len(edits) > MOST_EDITS:
                raise SettingError(
                    f"a model can have at most {MOST_EDITS} unsaved edits",
                    remedy="save the model, and edit the saved one",
                )
            self._apply(model, edits)
            self._write(model, edits)

    def undo(self, model: str) -> None:
        """Remove the last edit, if there is one."""
        with self._lock:
            self._write(model, self.edits(model)[:-1])

    def reset(self, model: str) -> None:
        """Remove all edits."""
        with self._lock:
            self._write(model, [])

    def edited(self, model: str) -> EditedModel:
        """Return a model with its edits applied.

        Raises:
            ConvscopeError: There is no such model, or its file cannot be used.
        """
        with self._lock:
            try:
                return self._apply(model, self.edits(model))
            except (SettingError, NetworkError, NotationError):  # they were made before its file was replaced
                self._write(model, [])
                return self._apply(model, [])

    def original(self, model: str) -> EditedModel:
        """Return a model without its edits; same arguments and errors as `edited`."""
        return self._apply(model, [])

    def save(self, model: str, name: str) -> OpenModel:
        """Write a model with its edits to a new file, and clear the list.

        The metrics of the original do not apply to it and are omitted. Its receipt contains its origin and
        the training pictures of the original, which are used to find its mistakes.

        Raises:
            SettingError: ReLU is switched off, which a model file cannot represent.
            ConvscopeError: The name is not allowed, or the file cannot be written.
        """
        with self._lock:
            edits = self.edits(model)
            result = self._apply(model, edits)
            if not result.keeps_relu:
                raise SettingError(
                    "a model without ReLU cannot be saved",
                    why="in a model file, ReLU follows every convolution and full connection",
                    remedy="switch ReLU on again",
                )
            data = {key: text for key, text in result.model.receipt.items() if key == "data"}
            receipt = {
                "changed_from": self._models.find(model).name,
                "edits": _LIST.dump_json(edits).decode(),
                **data,
            }
            saved = self._models.save(replace(result.model, figures={}, receipt=receipt), name)
            self._write(model, [])
        return saved

    def _apply(self, model: str, edits: list[Edit]) -> EditedModel:
        classifier = self._models.classifier(model)

        def apply() -> EditedModel:
            result = apply_edits(classifier.model, edits)
            return EditedModel(result, keeps_relu(edits), step_engine(result))

        return self._cache.get((classifier, tuple(map(repr, edits))), apply)

    def _write(self, model: str, edits: list[Edit]) -> None:
        with replacing(self._path(model)) as file:
            file.write(_LIST.dump_json(edits))

    def _path(self, model: str) -> Path:
        return self._folder / f"{self._models.find(model).id}.json"
