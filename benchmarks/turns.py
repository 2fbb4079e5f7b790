"""Contenders that take turns, so that other work on the machine affects all of them alike.

Each is a separate process that stays alive (`contender.py`); in every round each takes a turn, in a new
order.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

SECONDS_A_TURN = 1.0


@dataclass(frozen=True)
class Entry:
    """A contender: a module in contenders/, its variant and its environment."""

    module: str
    variant: str = ""
    environment: dict[str, str] = field(default_factory=dict)


def rates(
    entries: dict[str, Entry], network: str, shape: str, batch: int, rounds: int
) -> dict[str, list[float]]:
    """Let all contenders take turns; return the pictures per second of each turn, for those that run here."""
    contenders = {name: _Contender(entry, network, shape, batch) for name, entry in entries.items()}
    alive = [name for name, contender in contenders.items() if contender.steps]
    found: dict[str, list[float]] = {name: [] for name in alive}
    order = random.Random(0)  # noqa: S311  # for fairness, not for secrets
    for _ in range(rounds):
        for name in order.sample(alive, len(alive)):
            found[name].append(contenders[name].take_turn())
    for contender in contenders.values():
        contender.end()
    return found


class _Contender:
    """A process that takes steps on request; `steps` is the number per turn, 0 if it does not run here."""

    def __init__(self, entry: Entry, network: str, shape: str, batch: int) -> None:
        script = str(Path(__file__).with_name("contender.py"))
        self._batch = batch
        self._process = subprocess.Popen(
            [sys.executable, script, entry.module, entry.variant, network, shape, str(batch)],
            env=os.environ | entry.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._ask(3)  # the first steps are a warm-up
        seconds = self._ask(3)
        self.steps = max(3, round(3 * SECONDS_A_TURN / seconds)) if seconds else 0
        if self.steps and not self._ask(self.steps):
            self.steps = 0

    def take_turn(self) -> float:
        """Take steps for about a second; return the pictures per second."""
        return self.steps * self._batch / self._ask(self.steps)

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()

    def _ask(self, steps: int) -> float:
        """Take this many steps; return the seconds, 0 if the process has ended."""
        to_it: IO[str] = self._process.stdin  # type: ignore[assignment]  # both are pipes
        from_it: IO[str] = self._process.stdout  # type: ignore[assignment]
        try:
            to_it.write(f"{steps}\n")
            to_it.flush()
        except BrokenPipeError:  # the process has ended
            return 0.0
        return float(from_it.readline() or 0)
