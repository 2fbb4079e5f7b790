"""The recipe: everything that a person does not choose is chosen from the pictures.

`Settings` holds what a person chose, `DatasetStats` describes the training set, and `choose` makes a `Recipe`
of both. All rules are in this file; none of them knows a data set by name.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from convscope.errors import SettingError
from convscope.network.chain import build_chain, parse_chain, takes_sides
from convscope.network.notation import parse, write
from convscope.network.presets import PRESETS, automatic_network
from convscope.pictures.batches import Augmentation
from convscope.pictures.preparation import Fit, Preparation

if TYPE_CHECKING:
    from convscope.network.notation import Layer
    from convscope.pictures.survey import Survey

Device = Literal["cpu", "cuda"]
Precision = Literal["bf16", "fp16", "fp32"]
Strength = Literal["none", "light", "strong"]

LARGEST_AUTOMATIC_SIDE = 96
"""Larger pictures are made this small, unless a size is given: time grows with the square of the side."""
SMALL_SIDE = 40
"""Up to this side a picture counts as small: it shows one thing, and only whole-pixel shifts do no harm."""
STEPS = {1: 600, 3: 1_000}
"""About so many steps a run should have, by the picture's channels, which sets the batch."""
LARGEST_BATCH = 256
"""Larger batches learn less from each picture."""
EPOCHS_TIMES_ROOT = {1: 2_000, 3: 2_700}
"""Epochs times the square root of the training pictures: few are seen more often, but not as much more.

By the picture's channels: there is more to learn in colour, for a network twice as wide (`presets.py`).
"""
EARLY_SCALE = 3 / 4
"""How large colour pictures are shown at first: the coarse is learned from them in half the time."""
EARLY_FRACTION = 0.5
"""For how much of the run."""
LARGEST_SMOOTHING = 0.2
"""How much of the truth is spread over the classes at most; fewer than ten get less."""
EASY_ACCURACY_FRACTION = 0.97
"""Pictures of which so many are recognised after a twentieth of the run are easy: a third of it will do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person may say; None is "choose for me".

    Attributes:
        network: A notation or the name of a preset.
        size: Height and width that pictures are brought to.
        channels: 1 (grey) or 3 (colour).
        fit: How pictures of another shape are brought to the size.
        epochs: How often each picture is seen.
        minutes: How long the training may take at most; a shorter time than planned shortens the schedule.
        batch_size: Pictures a batch.
        learning_rate: How far, as an angle in radians, a step turns the filters at most.
        label_smoothing: Share of the truth that is spread evenly over all classes.
        flip: Whether mirrored pictures are learned from too.
        augmentation: How far pictures are changed: none, light or strong.
        class_weights: Whether rare classes count more.
        progressive_resizing: Whether pictures are shown smaller at first.
        ema: Whether the mean of the last weights is kept rather than the last ones.
        device: What is trained on: the processors (cpu) or a GPU (cuda).
        precision: What the maps are computed in; fp16 is for GPUs.
        seed: Where all random numbers begin.
        strict: Whether a broken picture stops everything.
        store_limit: How many GB prepared pictures may take; shards that need more are streamed.
    """

    network: str | None = None
    size: tuple[int, int] | None = None
    channels: int | None = None
    fit: Fit | None = None
    epochs: int | None = None
    minutes: float | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    label_smoothing: float | None = None
    flip: bool | None = None
    augmentation: Strength | None = None
    class_weights: bool | None = None
    progressive_resizing: bool | None = None
    ema: bool | None = None
    device: Literal["auto", "cpu", "cuda"] | None = None
    precision: Literal["auto", "bf16", "fp16", "fp32"] | None = None
    seed: int = 0
    strict: bool = False
    store_limit: float | None = None

    def check(self) -> None:
        """Refuse what is impossible.

        Raises:
            SettingError: Names the setting and its bounds.
            NotationError: The network's notation cannot be read.
        """
        _check_range("size", min(self.size) if self.size else None, 1, 1024)
        _check_range("size", max(self.size) if self.size else None, 1, 1024)
        _check_range("epochs", self.epochs, 1, 100_000)
        _check_range("minutes", self.minutes, 0.01, 1e6)
        _check_range("batch size", self.batch_size, 2, 65_536)
        _check_range("learning rate", self.learning_rate, 1e-6, 10)
        _check_range("label smoothing", self.label_smoothing, 0, 0.9)
        _check_range("store limit", self.store_limit, 1e-6, 1e6)
        _check_range("seed", self.seed, 0, 2**32 - 1)
        _check_choice("device", self.device, ("auto", "cpu", "cuda"))
        _check_choice("precision", self.precision, ("auto", "bf16", "fp16", "fp32"))
        if self.precision == "fp16" and self.device != "cuda":
            raise SettingError("fp16 is for GPUs", remedy="choose the device cuda too, or another precision")
        if self.channels not in {None, 1, 3}:
            raise SettingError(f"channels cannot be {self.channels}", remedy="give 1 (grey) or 3 (colour)")
        if self.network is not None:
            parse(_notation(self.network))


@dataclass(frozen=True, slots=True)
class DatasetStats:
    """What the prepared training pictures are like: how many of each class, and their shape."""

    class_counts: tuple[int, ...]
    shape: tuple[int, int, int]

    @property
    def pictures(self) -> int:
        """How many pictures are learned from."""
        return sum(self.class_counts)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything training needs to know.

    Attributes:
        network: The notation.
        epochs: How often each picture is seen.
        easy_epochs: The same where the pictures turn out easy; None holds to `epochs`.
        minutes: How long it may take at most.
        batch_size: Pictures a batch.
        learning_rate: How far, as an angle in radians, a step turns the filters at most.
        label_smoothing: Share of the truth that is spread evenly over all classes.
        flip: Whether mirrored pictures are learned from; None finds out while training (`flip_test.py`).
        augmentation: How far pictures are changed.
        class_weights: What a picture of each class counts, or None where all count the same.
        early_size: Height and width in which pictures are shown at first, or None.
        ema: Whether the mean of the last weights is kept.
        precision: What the maps are computed in.
        seed: Where all random numbers begin.
        device: What is trained on.
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


def resolve_preparation(survey: Survey, settings: Settings) -> Preparation:
    """Choose the form every picture is brought into: its own size where all agree and it is small."""
    height, width = settings.size or _automatic_size(survey)
    channels = settings.channels or (1 if survey.grey else 3)
    return Preparation(3 if channels == 3 else 1, height, width, settings.fit or "stretch")


def choose(facts: DatasetStats, settings: Settings) -> Recipe:
    """Choose what was not said; device and precision are settled before (see `engine.py`).

    Raises:
        NotationError: The network's notation cannot be read.
        NetworkError: The network does not fit the pictures.
        SettingError: A setting is outside what is possible.
    """
    settings.check()
    network = _network(facts, settings)
    epochs = settings.epochs or max(1, round(EPOCHS_TIMES_ROOT[facts.shape[0]] / math.sqrt(facts.pictures)))
    steps = STEPS[facts.shape[0]]
    batch_size = min(settings.batch_size or _automatic_batch(facts.pictures * epochs / steps), facts.pictures)
    return Recipe(
        network=network,
        epochs=epochs,
        easy_epochs=None if settings.epochs else math.ceil(epochs / 3),
        minutes=settings.minutes,
        batch_size=batch_size,
        learning_rate=settings.learning_rate or 0.24 * math.sqrt(batch_size / 2000),
        label_smoothing=(
            _automatic_smoothing(len(facts.class_counts))
            if settings.label_smoothing is None
            else settings.label_smoothing
        ),
        flip=settings.flip,
        augmentation=_augmentation(facts, settings),
        class_weights=_class_weights(facts, settings),
        early_size=_early_size(facts, network, settings),
        ema=True if settings.ema is None else settings.ema,
        precision="fp32" if settings.precision in (None, "auto") else settings.precision,
        seed=settings.seed,
        device="cuda" if settings.device == "cuda" else "cpu",
    )


def recipe_lines(facts: DatasetStats, recipe: Recipe) -> tuple[tuple[str, str], ...]:
    """Say in a few (title, text) lines what was chosen."""
    parameters = parse_chain(recipe.network, facts.shape, len(facts.class_counts)).parameter_count
    limit = f", {recipe.minutes:g} minutes at most" if recipe.minutes else ""
    weights = ", rare classes count more" if recipe.class_weights else ""
    return (
        ("network", f"{recipe.network}, {parameters:,} parameters, {recipe.precision}{_device(recipe)}"),
        (
            "plan",
            (
                f"{_count(recipe.epochs, 'epoch')} of {_count(facts.pictures // recipe.batch_size, 'step')}, "
                f"batch size {recipe.batch_size}{limit}, label smoothing {recipe.label_smoothing:g}{weights}"
            ),
        ),
        ("variation", _augmentation_line(recipe)),
    )


def layers_of(network: str | None, shape: tuple[int, int, int]) -> tuple[Layer, ...]:
    """Read the notation or preset that was said, or choose a network for pictures of a shape.

    Raises:
        NotationError: The notation cannot be read.
    """
    return parse(automatic_network(shape) if network is None else _notation(network))


def _network(facts: DatasetStats, settings: Settings) -> str:
    layers = layers_of(settings.network, facts.shape)
    build_chain(layers, facts.shape, len(facts.class_counts))  # refuses a network too deep for the pictures
    return write(layers)


def _notation(network: str) -> str:
    return PRESETS.get(network, network)


def _automatic_size(survey: Survey) -> tuple[int, int]:
    height, width = survey.median_height, survey.median_width
    if survey.same_size and max(height, width) <= LARGEST_AUTOMATIC_SIDE:
        return height, width
    side = min(LARGEST_AUTOMATIC_SIDE, max(8, round(math.sqrt(height * width) / 8) * 8))
    return side, side


def _automatic_batch(pictures_a_step: float) -> int:
    return min(LARGEST_BATCH, max(32, 2 ** round(math.log2(pictures_a_step))))


def _automatic_smoothing(classes: int) -> float:
    """Ask for the same certainty whatever the number of classes: the true one 41 times another.

    A fifth of the truth asks that of ten classes; of two, it would keep the network from ever being sure.
    """
    return round(min(LARGEST_SMOOTHING, classes / (classes + 40)), 3)


def _early_size(facts: DatasetStats, network: str, settings: Settings) -> tuple[int, int] | None:
    channels, height, width = facts.shape
    wanted = channels == 3 if settings.progressive_resizing is None else settings.progressive_resizing
    sides = (round(EARLY_SCALE * height), round(EARLY_SCALE * width))
    chain = parse_chain(network, facts.shape, len(facts.class_counts))
    return sides if wanted and takes_sides(chain, sides) else None


def _augmentation(facts: DatasetStats, settings: Settings) -> Augmentation:
    side = min(facts.shape[1:])
    colourful = facts.shape[0] == 3
    match settings.augmentation or ("light" if side <= SMALL_SIDE else "strong"):
        case "none":
            return Augmentation()
        case "light":
            return Augmentation(shift=max(1, round(side / 16)))
        case "strong":
            strong = Augmentation(shift=round(side / 16), zoom_in=0.7, zoom_out=0.25, stretch=0.4, turn=20)
            return replace(strong, colour=0.4) if colourful else strong


def _augmentation_line(recipe: Recipe) -> str:
    aug = recipe.augmentation
    parts = [
        f"{recipe.early_size[0]} × {recipe.early_size[1]} at first" if recipe.early_size else "",
        f"shifted by up to {_count(aug.shift, 'pixel')}" if aug.shift else "",
        f"zoomed up to {math.exp(aug.zoom_in):.1f} times" if aug.zoom_in else "",
        f"turned up to {aug.turn:g}°" if aug.turn else "",
        "recoloured" if aug.colour else "",
        {True: "mirrored", False: "never mirrored", None: "mirrored if that proves harmless"}[recipe.flip],
    ]
    return ", ".join(part for part in parts if part)


def _class_weights(facts: DatasetStats, settings: Settings) -> tuple[float, ...] | None:
    """Weigh classes by 1 / sqrt(their share), mean 1 over the pictures, where they differ by 2 or more."""
    counts = facts.class_counts
    unequal = max(counts) >= 2 * min(counts)
    wanted = unequal if settings.class_weights is None else settings.class_weights
    if not wanted:
        return None
    raw = [1 / math.sqrt(count) for count in counts]
    scale = facts.pictures / sum(weight * count for weight, count in zip(raw, counts, strict=True))
    return tuple(weight * scale for weight in raw)


def _device(recipe: Recipe) -> str:
    return " on a GPU" if recipe.device == "cuda" else ""


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _check_choice(name: str, value: str | None, choices: tuple[str, ...]) -> None:
    if value is not None and value not in choices:
        raise SettingError(f"{name} cannot be {value!r}", remedy=f"choose from {', '.join(choices)}")


def _check_range(name: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not low <= value <= high:
        endless = isinstance(value, int) and abs(value) > 1e300  # no float is that large
        shown = "that large" if endless else f"{value:g}"
        raise SettingError(f"{name} cannot be {shown}", remedy=f"give {low:g} to {high:g}")
