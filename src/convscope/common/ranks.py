"""The rank of this process among those that torchrun started, from environment variables.

Source: https://docs.pytorch.org/docs/stable/elastic/run.html#environment-variables
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from convscope.errors import SettingError


@dataclass(frozen=True, slots=True)
class Rank:
    """The position of a process in a group of processes.

    Attributes:
        number: Rank over all machines, from 0 (RANK).
        size: Number of processes on all machines (WORLD_SIZE).
        local_number: Rank on this machine, from 0 (LOCAL_RANK).
        restartable: Whether torchrun restarts the command if a process or a machine is lost.
    """

    number: int = 0
    size: int = 1
    local_number: int = 0
    restartable: bool = False

    @property
    def is_alone(self) -> bool:
        """Whether this is the only process."""
        return self.size == 1

    def share(self, count: int, start: int = 0) -> slice:
        """Return this process's share of `count` indices from `start` on; all shares together are complete.

        Example:
            >>> [Rank(number, 3).share(8) for number in range(3)]
            [slice(0, 2, None), slice(2, 5, None), slice(5, 8, None)]
        """
        first, end = (start + count * number // self.size for number in (self.number, self.number + 1))
        return slice(first, end)


ALONE = Rank()


def rank() -> Rank:
    """Return the rank of this process; without torchrun it is the only one.

    Raises:
        SettingError: An environment variable has an invalid value.

    Example:
        >>> rank()
        Rank(number=0, size=1, local_number=0, restartable=False)
    """
    number, size, local_number = (_read(name) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"))
    if number is None or size is None:  # schedulers set one of them for their own purposes
        return ALONE
    if number >= size:
        raise SettingError(
            f"RANK cannot be {number}",
            why=f"WORLD_SIZE is {size}",
            remedy="start all processes with torchrun, or unset RANK and WORLD_SIZE",
        )
    return Rank(number, size, local_number or 0, "TORCHELASTIC_RUN_ID" in os.environ)


def _read(name: str) -> int | None:
    text = os.environ.get(name)
    if text is not None and not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise SettingError(f"{name} cannot be {text}", remedy=f"start with torchrun, or unset {name}")
    return None if text is None else int(text)
