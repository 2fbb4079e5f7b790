"""JSON as RFC 8259 has it, and nothing beyond: what others have written is read with this."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import JsonValue


def parse(text: str | bytes) -> JsonValue:
    """Read one JSON value.

    Raises:
        ValueError: It is no JSON, has NaN, Infinity or a number too large for a float64, a name twice in one
            object, or is nested deeper than Python's stack.

    Example:
        >>> parse(b'{"epoch": 1, "loss": [0.5, null]}')
        {'epoch': 1, 'loss': [0.5, None]}
        >>> parse('{"loss": 1e999}')
        Traceback (most recent call last):
        ValueError: 1e999 is no number here
    """
    try:
        return json.loads(text, object_pairs_hook=_without_twins, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("JSON nested too deeply") from None


def _without_twins(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one JSON object")
    return found


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _refuse(text: str) -> float:
    raise ValueError(f"{text} is no number here")
