"""Code that reads untrusted bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fuzzing.damage import damaged

if TYPE_CHECKING:
    import random
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader and valid inputs for it.

    Attributes:
        seeds: Valid inputs.
        read: Reads an input; raises a ConvscopeError if it cannot be used.
        insides: Parts of inputs that are damaged before `finish` completes them.
        finish: Completes a part to an input: packs it, writes correct checksums and lengths. Damaged
            containers are often refused early; this gets further.
        tidy: Removes the files written in its folder.
        process: ID of the process that reads, if it is not the current one.
    """

    seeds: list[bytes]
    read: Callable[[bytes], object]
    insides: list[bytes] | None = None
    finish: Callable[[bytes], bytes] = bytes
    tidy: Callable[[], None] = lambda: None
    process: int | None = None

    def input(self, random_: random.Random, others: list[bytes]) -> bytes:
        """Damage one of the valid inputs, or every other time a part of one."""
        if self.insides and random_.random() < 0.5:
            return self.finish(damaged(random_.choice(self.insides), random_, others))
        return damaged(random_.choice(self.seeds), random_, others)
