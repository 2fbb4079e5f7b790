"""A question of the lesson: a number to work out, or one of a few answers to choose."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from convscope.errors import RequestError
from convscope.studio.lesson.exhibit import Grid, Line, Table  # noqa: TC001 - pydantic needs them

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROUNDING = 0.01
"""Numbers are shown to three digits, so a product of two may be off by this share."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and everything needed to judge an answer.

    Attributes:
        name: Unique on its page.
        prompt: Words and numbers.
        answer: The right number, or the place of the right one among `options`.
        working: How it comes about, without the result.
        options: To choose from; empty where a number is asked for.
        within: How far from the answer a number may be.
        slips: What to say about an answer that comes of a mistake people make; NaN where there can be none.
        grids: Numbers to work with.
        tables: Likewise.
        unit: Of the number.
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

    def check(self, given: float) -> Verdict:
        """Say whether an answer is right; a wrong one is told the way, and what went wrong if it shows.

        Raises:
            RequestError: 422: it is no number, or none of the options.
        """
        if not math.isfinite(given) or (self.options and given not in range(len(self.options))):
            raise RequestError(f"{given:g} cannot be an answer", status=422)
        if abs(given - self.answer) <= self.within:
            return self.reveal(right=True)
        why = next((said for slip, said in self.slips.items() if abs(given - slip) <= self.within), "")
        return Verdict(right=False, why=why, working=list(self.working), answer=None)

    def reveal(self, *, right: bool = False) -> Verdict:
        """Tell the answer with its arithmetic."""
        result = self.options[int(self.answer)] if self.options else self.answer
        return Verdict(right=right, why="", working=list(self.working), answer=result)

    def asked(self) -> Asked:
        """The question without its answer."""
        return Asked(
            name=self.name,
            prompt=self.prompt,
            options=list(self.options),
            grids=list(self.grids),
            tables=list(self.tables),
            unit=self.unit,
        )


class Asked(BaseModel):
    """A question."""

    name: str
    prompt: Line
    options: list[str] = Field(description="To choose from; empty where a number is asked for.")
    grids: list[Grid]
    tables: list[Table]
    unit: str


class Verdict(BaseModel):
    """What becomes of an answer."""

    right: bool
    why: str = Field(description="What went wrong, where the number given shows it.")
    working: list[Line] = Field(description="The arithmetic.")
    answer: float | str | None = Field(description="The right answer; not told of a wrong one.")


def rounding(*parts: float) -> float:
    """How far a sum of these may be off if a person works with the three digits that are shown.

    Example:
        >>> rounding(3.0, -1.0)
        0.04
    """
    return _ROUNDING * sum(map(abs, parts))


def order_of(before: float, after: float) -> int:
    """0 if a number stayed, 1 if it became smaller, 2 if larger: for questions of what happens if."""
    if math.isclose(before, after, rel_tol=1e-9, abs_tol=1e-12):
        return 0
    return 1 if after < before else 2
