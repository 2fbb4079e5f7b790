"""Damage: flipped bits, replaced sections, extreme lengths, unexpected values in JSON."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

EXTREMES = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1]
_DEEP = "<deep>"
ODD = [
    *(None, True, -1, 0, 2**31, 2**63, 10**400, 1e308, 0.1, float("inf"), float("nan")),
    *("", "\0", "\ud800", "../../etc/passwd", "a" * 100_000, [], {}, [[]], _DEEP),
]
_MOST_JSON = 10_000


def damaged(data: bytes, random_: random.Random, others: list[bytes]) -> bytes:
    """Damage an input in one to eight places, sometimes with pieces of other inputs."""
    for _ in range(random_.choice([1, 1, 1, 2, 4, 8])):
        if random_.random() < 0.3:
            data = _with_odd_json(data, random_)
        else:
            data = _with_odd_bytes(data, random_, others)
    return data


def _with_odd_bytes(data: bytes, random_: random.Random, others: list[bytes]) -> bytes:
    found = bytearray(data)
    place = random_.randrange(len(found) + 1)
    length = min(random_.choice([1, 2, 4, 8, 64, 1024]), len(found) - place)
    match random_.randrange(7):
        case 0 if length:
            found[place] ^= 1 << random_.randrange(8)
        case 1:
            found[place : place + length] = random_.randbytes(length)
        case 2:
            del found[place : place + length]
        case 3:
            found[place:place] = found[place : place + length]
        case 4:
            form = random_.choice(["<B", "<H", ">H", "<I", ">I", "<Q"])
            bits = 8 * struct.calcsize(form)
            number = struct.pack(form, random_.choice(EXTREMES) & (2**bits - 1))
            found[place : place + len(number)] = number
        case 5:
            other = random_.choice(others)
            start = random_.randrange(len(other) + 1)
            found[place : place + length] = other[start : start + length]
        case _:
            del found[place:]
    return bytes(found)


def _with_odd_json(data: bytes, random_: random.Random) -> bytes:
    """Put an odd value into an input, or one of its lines, if it is JSON; else return it unchanged."""
    lines = data.split(b"\n") if len(data) < _MOST_JSON else []
    places = [place for place, line in enumerate(lines) if line[:1] in (b"{", b"[")]
    if not places:
        return data
    place = random_.choice(places)
    for first, last in ((place, place + 1), (place, len(lines))):
        try:
            value = json.loads(b"\n".join(lines[first:last]))
        except (ValueError, RecursionError):
            continue
        return b"\n".join([*lines[:first], _written(_odd(value, random_)), *lines[last:]])
    return data


def _odd(value: Any, random_: random.Random) -> Any:  # noqa: ANN401  # JSON
    """Replace or remove one value in it, or add another."""
    if not isinstance(value, dict | list) or not value or random_.random() < 0.1:
        return random_.choice(ODD)
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = random_.choice(keys)
    match random_.randrange(8):
        case 0:
            del value[key]
        case 1 if isinstance(value, dict):
            value[random_.choice(["", "extra", "__class__"])] = random_.choice(ODD)
        case 1:
            value.insert(key, random_.choice(ODD))
        case _:
            value[key] = _odd(value[key], random_)
    return value


def _written(value: Any) -> bytes:  # noqa: ANN401
    text = json.dumps(value)
    return text.replace(json.dumps(_DEEP), "[" * 20_000 + "]" * 20_000).encode()
