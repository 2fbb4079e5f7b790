"""Something that reads bytes which anybody may have written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fuzzing.damage import damaged

if TYPE_CHECKING:
    import random
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader and whole inputs for it.

    Attributes:
        seeds: Whole inputs.
        read: Reads one; raises a ConvscopeError if it cannot be used.
        insides: Parts of inputs that are damaged before `finish` puts them into a whole one.
        finish: Makes a whole input of a part: packs it, writes checksums and lengths that are right. What is
            damaged outside is often refused at the door; this gets further.
        tidy: Removes what was written in its place.
        process: Of whoever reads, where that is another process.
    """

    seeds: list[bytes]
    read: Callable[[bytes], object]
    insides: list[bytes] | None = None
    finish: Callable[[bytes], bytes] = bytes
    tidy: Callable[[], None] = lambda: None
    process: int | None = None

    def input(self, random_: random.Random, others: list[bytes]) -> bytes:
        """Damage one of the whole inputs, or every other time a part of one."""
        if self.insides and random_.random() < 0.5:
            return self.finish(damaged(random_.choice(self.insides), random_, others))
        return damaged(random_.choice(self.seeds), random_, others)
