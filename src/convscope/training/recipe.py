"""The recipe of a training: defaults for all settings, chosen from the pictures and the machine.

All rules are in this file; none depends on the name of a data set.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from convscope.errors import SettingError
from convscope.network.backbones import design
from convscope.network.chain_builder import parse_chain
from convscope.network.presets import automatic_network
from convscope.network.variants import takes_sides
from convscope.pictures.batches import Augmentation
from convscope.pictures.preparation import Preparation
from convscope.training.settings import Device, Precision, Settings, is_backbone, is_model, notation_of

if TYPE_CHECKING:
    from convscope.network.chain import Chain, LastStep
    from convscope.pictures.survey import Survey
    from convscope.training.machine.machine import Machine

LARGEST_AUTOMATIC_SIDE = 96
"""Larger pictures are scaled down to this side, unless a size is given: time grows with its square."""
SMALL_SIDE = 40
"""Pictures up to this side usually show a single object, and only shifts by whole pixels are harmless."""
STEPS = {1: 600, 3: 1_000}
"""Approximate number of steps of a run, by number of channels; it determines the batch size."""
LARGEST_BATCH_SIZE = 256
"""Larger batches make less use of each picture."""
EPOCHS_TIMES_ROOT = {1: 2_000, 3: 2_700}
"""Epochs times the square root of the size of the training set: small sets are repeated more often.

By number of channels: in colour there is more to learn, for a network twice as wide (`presets.py`).
"""
EARLY_SCALE = 3 / 4
"""Scale of colour pictures in the early part of a run: coarse features are learned in half the time."""
EARLY_FRACTION = 0.5
"""The early part of a run, as a share of it."""
LARGEST_SMOOTHING = 0.2
"""Largest label smoothing; with fewer than ten classes it is less."""
FINE_TUNING_EPOCHS, FINE_TUNING_RATE = 1 / 3, 0.3
"""Shares of the epochs and of the learning rate if training starts from an earlier model."""
EASY_ACCURACY_FRACTION = 0.97
"""Pictures are easy if accuracy reaches this after a twentieth of the run; a third of it is then enough."""


@dataclass(frozen=True, slots=True)
class DatasetStats:
    """Statistics of the training set.

    Attributes:
        class_counts: Number of pictures of each class or label.
        shape: Channels, height and width of a picture.
        pictures: Size of the training set.
        last_step: Softmax, or sigmoid if pictures have several labels.
    """

    class_counts: tuple[int, ...]
    shape: tuple[int, int, int]
    pictures: int
    last_step: LastStep = "softmax"

    @property
    def has_several_labels(self) -> bool:
        """Whether pictures have several labels."""
        return self.last_step == "sigmoid"


@dataclass(frozen=True, slots=True)
class Recipe:
    """All choices that training needs.

    Attributes:
        network: The network's notation.
        epochs: Passes over the training set.
        easy_epochs: Number of epochs if the pictures turn out to be easy; None: always `epochs`.
        minutes: Time limit in minutes.
        batch_size: Pictures per step, over all processes.
        learning_rate: Peak learning rate: the angle, in radians, by which a step turns a filter.
        label_smoothing: Share of each label that is spread evenly over all classes.
        flip: Whether pictures are flipped left to right; None: decided by a trial (`learning/flip_test.py`).
        augmentation: Strength of augmentation.
        class_weights: Weight of each class in the loss; None if all are equal.
        early_size: Height and width of pictures in the early part of the run; None: the full size.
        ema: Whether to use the moving average of the weights.
        precision: Precision of the feature maps.
        seed: Seed of all random numbers.
        device: Device to train on.
    """

    network: str
    epochs: int
    easy_epochs: int | None
    minutes: float | None
    batch_size: int
    learning_rate: float
    label_smoothing: float
    flip: bool | None
    augmentation: Augmentation
    class_weights: tuple[float, ...] | None
    early_size: tuple[int, int] | None
    ema: bool
    precision: Precision
    seed: int
    device: Device = "cpu"

    @property
    def verdict_epoch(self) -> int | None:
        """The epoch after which it is decided whether the pictures are easy; None: never."""
        epoch = max(1, round(self.epochs / 20))
        return epoch if self.easy_epochs and epoch < self.easy_epochs else None

    def early_cost(self, shape: tuple[int, int, int]) -> float:
        """Return the duration of an early step relative to a later one, for pictures of this shape."""
        return math.prod(self.early_size) / math.prod(shape[1:]) if self.early_size else 1.0


def resolve_preparation(settings: Settings, survey: Survey) -> Preparation:
    """Choose the input size, which is needed before pictures are decoded.

    Pictures that all have the same small size keep it. Pretrained features need the input size of the
    backbone.
    """
    if settings.start and is_backbone(settings.start):
        return Preparation(*design(settings.start).shape, settings.fit or "stretch")
    height, width = settings.size or _automatic_size(survey)
    channels = settings.channels or (1 if survey.grey else 3)
    return Preparation(channels, height, width, settings.fit or "stretch")


def resolve(settings: Settings, statistics: DatasetStats, machine: Machine) -> Recipe:
    """Choose everything that the user did not.

    Args:
        settings: The user's settings.
        statistics: Statistics of the training set.
        machine: Device and precision, unless the user chose them.

    Raises:
        NetworkError: The network does not fit the pictures.
    """
    chain = chain_of(settings, statistics.shape, len(statistics.class_counts), statistics.last_step)
    is_fine_tuned = is_model(settings.start)
    epochs_share, rate_share = (FINE_TUNING_EPOCHS, FINE_TUNING_RATE) if is_fine_tuned else (1, 1)
    wanted = epochs_share * EPOCHS_TIMES_ROOT[statistics.shape[0]] / math.sqrt(statistics.pictures)
    epochs = settings.epochs or max(1, round(wanted))
    batch_size = min(settings.batch_size or _automatic_batch_size(statistics, epochs), statistics.pictures)
    smoothing = settings.label_smoothing
    return Recipe(
        network=chain.notation,
        epochs=epochs,
        easy_epochs=None if settings.epochs else math.ceil(epochs / 3),
        minutes=settings.minutes,
        batch_size=batch_size,
        learning_rate=settings.learning_rate or rate_share * 0.24 * math.sqrt(batch_size / 2000),
        label_smoothing=_automatic_smoothing(statistics) if smoothing is None else smoothing,
        flip=settings.flip,
        augmentation=_augmentation(settings, statistics),
        class_weights=_class_weights(settings, statistics),
        early_size=_early_size(settings, statistics, chain),
        ema=settings.ema is not False,
        precision=machine.precision if settings.precision in (None, "auto") else settings.precision,
        seed=settings.seed,
        device=machine.device if settings.device in (None, "auto") else settings.device,
    )


def chain_of(
    settings: Settings, shape: tuple[int, int, int], classes: int, last_step: LastStep = "softmax"
) -> Chain:
    """Return the network's chain, chosen by the shape of the pictures unless the user chose it.

    Raises:
        NetworkError: The network is too deep for the pictures.
    """
    notation = automatic_network(shape) if settings.network is None else notation_of(settings.network)
    return parse_chain(notation, shape, classes, last_step)


def recipe_lines(statistics: DatasetStats, recipe: Recipe) -> tuple[tuple[str, str], ...]:
    """Describe the recipe in a few (title, text) lines."""
    parameters = parse_chain(recipe.network, statistics.shape, len(statistics.class_counts)).parameter_count
    device = " on a GPU" if recipe.device == "cuda" else ""
    steps = statistics.pictures // recipe.batch_size
    schedule = [
        f"{_count(recipe.epochs, 'epoch')} of {_count(steps, 'step')}",
        f"{recipe.minutes:g} minutes at most" if recipe.minutes else "",
        f"batch size {recipe.batch_size}",
        f"label smoothing {recipe.label_smoothing:g}" if recipe.label_smoothing else "",
        "EMA" if recipe.ema else "",
        "class weights" if recipe.class_weights else "",
    ]
    return (
        ("network", f"{recipe.network}, {_count(parameters, 'parameter')}, {recipe.precision}{device}"),
        ("schedule", ", ".join(filter(None, schedule))),
        ("augmentation", _augmentation_line(recipe)),
    )


def _automatic_size(survey: Survey) -> tuple[int, int]:
    height, width = survey.median_height, survey.median_width
    if survey.same_size and max(height, width) <= LARGEST_AUTOMATIC_SIDE:
        return height, width
    side = min(LARGEST_AUTOMATIC_SIDE, max(8, round(math.sqrt(height * width) / 8) * 8))
    return side, side


def _automatic_batch_size(statistics: DatasetStats, epochs: int) -> int:
    wanted = statistics.pictures * epochs / STEPS[statistics.shape[0]]
    return min(LARGEST_BATCH_SIZE, max(32, 2 ** round(math.log2(wanted))))


def _automatic_smoothing(statistics: DatasetStats) -> float:
    """Return a share with the same target odds for any number of classes: 41 to 1 for the true class.

    For ten classes this is a fifth; with two classes, a fifth would prevent confident predictions. There is
    no smoothing with several labels, because it would make rare labels seem more frequent.
    """
    if statistics.has_several_labels:
        return 0.0
    classes = len(statistics.class_counts)
    return round(min(LARGEST_SMOOTHING, classes / (classes + 40)), 3)


def _early_size(settings: Settings, statistics: DatasetStats, chain: Chain) -> tuple[int, int] | None:
    channels, height, width = statistics.shape
    wanted = channels == 3 if settings.progressive is None else settings.progressive
    size = round(EARLY_SCALE * height), round(EARLY_SCALE * width)
    return size if wanted and takes_sides(chain, size) else None


def _augmentation(settings: Settings, statistics: DatasetStats) -> Augmentation:
    channels, side = statistics.shape[0], min(statistics.shape[1:])
    match settings.augmentation or ("light" if side <= SMALL_SIDE else "strong"):
        case "none":
            return Augmentation()
        case "light":
            return Augmentation(shift=max(1, round(side / 16)))
        case "strong":
            strong = Augmentation(shift=round(side / 16), zoom_in=0.7, zoom_out=0.25, stretch=0.4, turn=20)
            return replace(strong, colour=0.4) if channels == 3 else strong


def _augmentation_line(recipe: Recipe) -> str:
    aug = recipe.augmentation
    parts = [
        f"{recipe.early_size[0]} × {recipe.early_size[1]} in the first half" if recipe.early_size else "",
        f"shift by up to {_count(aug.shift, 'pixel')}" if aug.shift else "",
        f"zoom up to {math.exp(aug.zoom_in):.1f} times" if aug.zoom_in else "",
        f"rotation up to {aug.turn:g}°" if aug.turn else "",
        "colour" if aug.colour else "",
        {True: "flip", False: "no flip", None: "flip if a trial proves it harmless"}[recipe.flip],
    ]
    return ", ".join(filter(None, parts))


def _class_weights(settings: Settings, statistics: DatasetStats) -> tuple[float, ...] | None:
    """Weigh classes by 1 / sqrt(their share), mean 1 over the pictures, if they differ by 2 times or more.

    Raises:
        SettingError: They are requested, but pictures have several labels.
    """
    if statistics.has_several_labels:
        if settings.class_weights:
            raise SettingError(
                "--class-weights cannot be combined with several labels per picture",
                why="a picture would need one weight, and it has several labels, rare and frequent ones",
                remedy="leave it out: each label gets a threshold of its own",
            )
        return None
    counts = statistics.class_counts
    unequal = max(counts) >= 2 * min(counts)
    if not (unequal if settings.class_weights is None else settings.class_weights):
        return None
    raw = [1 / math.sqrt(count) for count in counts]
    scale = statistics.pictures / sum(weight * count for weight, count in zip(raw, counts, strict=True))
    return tuple(weight * scale for weight in raw)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
