"""A trial: what does a network learn from scratch in the time that learned features took?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from convscope.model.evaluation import wilson_interval
from convscope.training.learning.loop import Training
from convscope.training.recipe import resolve

if TYPE_CHECKING:
    from convscope.training.data.training_data import TrainingData
    from convscope.training.machine.machine import Machine
    from convscope.training.settings import Settings

GOOD_ENOUGH = 0.95
"""Learned features that recognise this share of the pictures need no trial."""
_SHORTEST, _LONGEST = 2.0, 60.0


@dataclass(frozen=True, slots=True)
class Trial:
    """What both starts recognise.

    Attributes:
        learned: Share of all pictures that learned features recognised in cross-validation.
        scratch: Share of the validation set that a network from scratch recognised.
        pictures: Size of the validation set.
    """

    learned: float
    scratch: float
    pictures: int

    @property
    def scratch_wins(self) -> bool:
        """Whether a network from scratch is better beyond chance: the low end of its 95 % interval is."""
        low, _ = wilson_interval(round(self.scratch * self.pictures), self.pictures)
        return low > self.learned

    @property
    def sentence(self) -> str:
        """What was found, for people."""
        learned, scratch = (f"{100 * share:.1f} %" for share in (self.learned, self.scratch))
        return f"learned features recognise {learned}, a network from scratch {scratch} after the same time"


def try_from_scratch(
    data: TrainingData, settings: Settings, machine: Machine, seconds: float, learned: float
) -> Trial:
    """Train from scratch for a while, and compare.

    Args:
        data: The pictures, prepared for training from scratch.
        settings: Of the run.
        machine: Device and precision.
        seconds: How long learned features took.
        learned: Share of the pictures that they recognise.
    """
    limited = replace(settings, minutes=min(max(seconds, _SHORTEST), _LONGEST) / 60)
    training = Training(data, resolve(limited, data.statistics, machine))
    training.run()
    training.finish()
    _, accuracy = training.evaluator.validate()
    return Trial(learned, accuracy or 0.0, len(data.kept.split.validation))
