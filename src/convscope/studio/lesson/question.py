"""A question of the lesson: a number to calculate, or multiple choice."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from convscope.errors import RequestError
from convscope.studio.lesson.exhibit import Grid, Line, Table  # noqa: TC001 - pydantic needs them

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBABILITY_ROUNDING = 0.006
"""Rounding error of three digits of a probability near 1."""
_ROUNDING = 0.01
"""Numbers are displayed with three digits, so a product of two may be off by this fraction."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and everything needed to check an answer.

    Attributes:
        name: Name, unique on its page.
        prompt: The question as words and numbers.
        answer: The correct number, or the index of the correct option.
        working: The calculation, without the result.
        options: The options of multiple choice; empty if the answer is a number.
        within: Tolerance of a number.
        slips: Hints for wrong answers from common mistakes; NaN if such a mistake is impossible.
        grids: Numbers to calculate with.
        tables: Tables to calculate with.
        unit: Unit of the number.
        is_hidden: Whether the page hides the number in its exhibit until the question is answered.
    """

    name: str
    prompt: Line
    answer: float
    working: tuple[Line, ...]
    options: tuple[str, ...] = ()
    within: float = 0.0
    slips: Mapping[float, str] = field(default_factory=dict[float, str])
    grids: tuple[Grid, ...] = ()
    tables: tuple[Table, ...] = ()
    unit: str = ""
    is_hidden: bool = False

    def check(self, given: float) -> Verdict:
        """Check an answer; the verdict on a wrong one includes the working, and a hint for common mistakes.

        Raises:
            RequestError: 422: it is not a number, or not one of the options.
        """
        if not math.isfinite(given) or (self.options and given not in range(len(self.options))):
            raise RequestError(f"{given:g} is not a possible answer", status=422)
        if abs(given - self.answer) <= self.within:
            return self.reveal(right=True)
        why = next((hint for slip, hint in self.slips.items() if abs(given - slip) <= self.within), "")
        return Verdict(right=False, why=why, working=list(self.working), answer=None)

    def reveal(self, *, right: bool = False) -> Verdict:
        """Return the answer with its working."""
        result = self.options[int(self.answer)] if self.options else self.answer
        return Verdict(right=right, why="", working=list(self.working), answer=result)

    def asked(self) -> AskedQuestion:
        """Return the question without its answer."""
        return AskedQuestion(
            name=self.name,
            prompt=self.prompt,
            options=list(self.options),
            grids=list(self.grids),
            tables=list(self.tables),
            unit=self.unit,
            hides=self.answer if self.is_hidden else None,
        )


class AskedQuestion(BaseModel):
    """A question without its answer."""

    name: str
    prompt: Line
    options: list[str] = Field(description="Of multiple choice; empty if a number is asked for.")
    grids: list[Grid]
    tables: list[Table]
    unit: str
    hides: float | None = Field(description="A number that the page does not show before an answer.")


class Verdict(BaseModel):
    """Whether an answer is correct."""

    right: bool
    why: str = Field(description="What went wrong, if the mistake is a common one.")
    working: list[Line] = Field(description="The calculation.")
    answer: float | str | None = Field(description="The correct answer; null after a wrong one.")


def rounding(*parts: float) -> float:
    """Return how far a sum of these may be off if it is calculated with the three displayed digits.

    Example:
        >>> rounding(3.0, -1.0)
        0.04
    """
    return _ROUNDING * sum(map(abs, parts))


CHANGES = ("it stays the same", "it gets smaller", "it gets larger")


def change(before: float, after: float) -> int:
    """Return the index of the option of `CHANGES` that describes how a number changed."""
    if math.isclose(before, after, rel_tol=1e-9, abs_tol=1e-12):
        return 0
    return 1 if after < before else 2
