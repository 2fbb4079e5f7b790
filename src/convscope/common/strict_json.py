"""JSON according to RFC 8259, without Python's extensions, for external files and requests."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import JsonValue


def parse(text: str | bytes) -> JsonValue:
    """Parse one JSON value.

    Raises:
        ValueError: It is not JSON, contains NaN, Infinity or a number too large for float64, has a duplicate
            name in an object, or is nested deeper than Python's stack.

    Example:
        >>> parse(b'{"epoch": 1, "loss": [0.5, null]}')
        {'epoch': 1, 'loss': [0.5, None]}
        >>> parse('{"loss": 1e999}')
        Traceback (most recent call last):
        ValueError: 1e999 is not a valid number
    """
    try:
        return json.loads(
            text, object_pairs_hook=_without_duplicates, parse_constant=_refuse, parse_float=_finite
        )
    except RecursionError:
        raise ValueError("JSON nested too deeply") from None


def _without_duplicates(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name occurs twice in one JSON object")
    return value


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _refuse(text: str) -> float:
    raise ValueError(f"{text} is not a valid number")
