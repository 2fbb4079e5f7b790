"""Overfitting: memorising pictures, and what helps against it.

The curves are from three real runs, recorded by `benchmarks/overfitting.py`.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from convscope.studio.lesson.exhibit import Table, line
from convscope.studio.lesson.question import CHANGES, Question, change

if TYPE_CHECKING:
    from convscope.studio.lesson.material import Material

_POINT = 0.6
"""Tolerance of answers, in percentage points."""


class TrainedRun(BaseModel):
    """One training, with its measurements."""

    model_config = ConfigDict(strict=True, extra="forbid")

    name: str
    pictures: int = Field(description="That are learned from.")
    shift: int = Field(description="By how many pixels each is shifted at random in every step, at most.")
    step: list[int]
    train_loss: list[float]
    train_accuracy: list[float]
    validation_loss: list[float]
    validation_accuracy: list[float]


class Overfitting(BaseModel):
    """The same network, trained three times."""

    model_config = ConfigDict(strict=True, extra="forbid")

    classes: int
    steps: int
    batch_size: int
    learning_rate: float
    validation_pictures: int
    runs: list[TrainedRun]


@cache
def recorded() -> Overfitting:
    """Read the runs from the file that comes with convscope."""
    path = files("convscope.studio.lesson") / "overfitting.json"
    return Overfitting.model_validate_json(path.read_text(encoding="utf-8"))


def questions(_material: Material) -> tuple[Question, ...]:
    """Ask for the gap, when to stop, the value of memorising, and what helps."""
    runs = {run.name: run for run in recorded().runs}
    return (
        _gap(runs["few"]),
        _by_heart(recorded().classes),
        _stop(runs["few"]),
        _helps(
            runs, "many", "Train on {} pictures instead of {}.", runs["many"].pictures, runs["few"].pictures
        ),
        _helps(
            runs,
            "shifted",
            "Shift each of the {} pictures by up to {} pixels, differently each time it is used in training.",
            *(runs["shifted"].pictures, runs["shifted"].shift),
        ),
    )


def _gap(run: TrainedRun) -> Question:
    train, validation = 100 * run.train_accuracy[-1], 100 * run.validation_accuracy[-1]
    return Question(
        "gap",
        line(
            "At the end of the run on {} pictures, the network is right on {} % of the pictures it was "
            "trained on, and on {} % of others. How many percentage points are between the two?",
            *(run.pictures, train, validation),
        ),
        train - validation,
        (line("{} − {}", train, validation),),
        within=_POINT,
        unit="points",
        slips={validation: "That is the validation accuracy itself."},
    )


def _by_heart(classes: int) -> Question:
    chance = 100 / classes
    return Question(
        "by-heart",
        line(
            "Imagine a network that has memorised every training picture and otherwise guesses at random. "
            "There are {} classes. What accuracy, in per cent, do you expect of it on new pictures?",
            classes,
        ),
        chance,
        (
            line("100 / {}", classes),
            ["Its training accuracy is 100 %: that number says nothing about new pictures."],
        ),
        within=_POINT,
        unit="%",
        slips={
            100: "That is its accuracy on the pictures it knows.",
            50: "A guess is right once in as many times as there are classes.",
        },
    )


def _stop(run: TrainedRun) -> Question:
    """Ask at which of four moments the network is best on new pictures."""
    best = int(np.argmin(run.validation_loss))
    last = len(run.step) - 1
    chosen = sorted({best, 1 if best > 2 else last // 4, (best + last) // 2, last})
    return Question(
        "stop",
        line(
            "The loss on the training pictures falls to almost 0. After which of these steps would you have "
            "stopped this run, to keep the network that is best on new pictures?"
        ),
        chosen.index(best),
        (
            line(
                "the validation loss is lowest after step {}: {}", run.step[best], run.validation_loss[best]
            ),
            ["Keeping that network is called early stopping."],
        ),
        options=tuple(f"step {run.step[place]}" for place in chosen),
        tables=(
            Table(
                caption="loss during this run",
                head=["step", "training", "validation"],
                rows=[[str(run.step[at]), run.train_loss[at], run.validation_loss[at]] for at in chosen],
            ),
        ),
    )


def _helps(runs: dict[str, TrainedRun], name: str, text: str, *numbers: int) -> Question:
    few, other = runs["few"], runs[name]
    before, after = 100 * few.validation_accuracy[-1], 100 * other.validation_accuracy[-1]
    return Question(
        name,
        line(f"{text} What happens to the accuracy on new pictures?", *numbers),
        change(before, after),
        (
            line("it was {} %", before),
            line("it is {} %", after),
            line(
                "on the training pictures: {} % before, {} % now",
                *(100 * run.train_accuracy[-1] for run in (few, other)),
            ),
        ),
        options=CHANGES,
    )
