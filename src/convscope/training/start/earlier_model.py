"""Starting from the model of an earlier run: its network, its weights, and its classes by name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from convscope.errors import DataError, SettingError
from convscope.model.file import load, model_path
from convscope.pictures.sources.left_out import some
from convscope.training.settings import NAMED_STARTS, is_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.training.data.training_data import TrainingData
    from convscope.training.settings import Settings

_OF_THE_MODEL = ("network", "size", "channels", "fit")


def earlier_model(settings: Settings) -> Model | None:
    """Read the model that training starts from; None if training does not start from a model.

    Raises:
        SettingError: There is no such file.
        ModelFileError: It is damaged.
    """
    if not settings.start or not is_model(settings.start):
        return None
    if not Path(settings.start).exists():
        raise SettingError(
            f"cannot start from {settings.start}",
            why="there is no such file",
            remedy=f"give {', '.join(NAMED_STARTS)}, a model file or the folder of a finished run",
        )
    return load(settings.start)


def receipt_of_start(settings: Settings, model: Model) -> dict[str, str]:
    """Return the entries of a receipt about the model that training starts from.

    They identify the file by its SHA-256, and the origin of the weights that this model itself started from.
    """
    data = model_path(settings.start or "").read_bytes()
    inherited = ("start_backbone", "start_origin", "start_licence", "start_digest")
    return {
        "start_model_digest": hashlib.sha256(data).hexdigest(),
        **{name: model.receipt[name] for name in inherited if name in model.receipt},
    }


def as_for(model: Model, data: TrainingData) -> TrainingData:
    """Return the pictures with the normalisation of a model."""
    return replace(data, mean=np.array(model.mean, np.float32), std=np.array(model.std, np.float32))


def with_model(settings: Settings, model: Model) -> Settings:
    """Return the settings with the network and input of the model.

    Raises:
        SettingError: The settings contain them, too.
    """
    given = [name for name in _OF_THE_MODEL if getattr(settings, name) is not None]
    if given:
        raise SettingError(
            f"--{given[0]} cannot be combined with --start {settings.start}",
            why="network and input are those of the model",
            remedy=f"leave out --{given[0]}",
        )
    size = model.preparation
    return replace(
        settings,
        network=model.notation,
        size=(size.height, size.width),
        channels=size.channels,
        fit=size.fit,
    )


def check_one_class(model: Model, settings: Settings, *, several_labels: bool) -> None:
    """Check that neither a model with a head on pretrained features nor its pictures have several labels.

    A network trained from scratch supports both cases: its output neurons are carried over by name.

    Raises:
        SettingError: One of them does.
    """
    if has_learned_head(model) and (model.has_several_labels or several_labels):
        raise SettingError(
            f"--start {settings.start} cannot be combined with several labels per picture",
            why="it is a head on pretrained features, which can only continue with one class per picture",
            remedy="leave out --start: a new head is trained on all pictures, in seconds",
        )


def has_learned_head(model: Model) -> bool:
    """Whether a model's head reads the features of a backbone."""
    return "start_digest" in model.receipt


@dataclass(frozen=True, slots=True)
class CarriedOver:
    """The classes carried over to a new model, by name.

    Attributes:
        kept: Classes of the model and of the pictures.
        new: Classes of the pictures only.
        dropped: Classes of the model only.
    """

    kept: tuple[str, ...]
    new: tuple[str, ...]
    dropped: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What happens to the classes, as a message."""
        parts = {"kept": self.kept, "new": self.new, "dropped": self.dropped}
        return "classes " + "; ".join(
            f"{title}: {', '.join(names) if names else 'none'}" for title, names in parts.items()
        )


def carry_over(known: Sequence[str], classes: Sequence[str]) -> CarriedOver:
    """Compare the classes of a model with those of the pictures.

    Example:
        >>> carry_over(["cat", "dog"], ["dog", "fox"]).sentence
        'classes kept: dog; new: fox; dropped: cat'
    """
    return CarriedOver(
        tuple(name for name in classes if name in known),
        tuple(name for name in classes if name not in known),
        tuple(name for name in known if name not in classes),
    )


def check_old_classes(model: Model, labels: Iterable[str]) -> None:
    """Check that a new class is not the only class of the pictures.

    Raises:
        DataError: All pictures are of one class, which the model does not have.
    """
    at_hand = set(labels)
    if len(at_hand) != 1 or at_hand <= set(model.classes):
        return
    (new,) = at_hand
    raise DataError(
        f"all pictures are of the class {new!r}, which is new to the model",
        why=f"trained on these alone, it would forget {some(model.classes)} and always answer {new!r}",
        remedy="add a few pictures of each class that it knows, in one folder per class",
    )


def weights_for(model: Model, classes: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    """Return the weights of a model with an output neuron for each of these classes.

    Neurons of the model's classes are kept. New ones start with zero weights and the smallest bias, so that
    at first they do not affect the prediction.
    """
    weights = dict(model.weights)
    weight_name, bias_name = model.chain.output.parameters
    weight, bias = weights[weight_name], weights[bias_name]
    rows = np.zeros((len(classes), weight.shape[1]), np.float32)
    biases = np.full(len(classes), bias.min(), np.float32)
    for place, name in enumerate(classes):
        if name in model.classes:
            known = model.classes.index(name)
            rows[place], biases[place] = weight[known], bias[known]
    return {**weights, weight_name: rows, bias_name: biases}
