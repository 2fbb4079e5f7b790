"""The command line with a fine-tuning of four steps that is always accepted, and a checkpoint per step.

If HOLD names a file that does not exist yet, the process creates it before the last step, and waits to be
killed.
"""

import os
import signal
from pathlib import Path

from convscope.commands import main
from convscope.model import receipt
from convscope.training.runs import checkpoint
from convscope.training.start import fine_tuning

HOLD = os.environ.get("HOLD")
EPOCHS = 2, 2
HELD_STEP = 4


class Paying(fine_tuning.Gain):
    """A gain that is always enough."""

    pays = True


def hold_back(file):
    """Block further steps until the file exists."""
    train_on, steps = fine_tuning.FineTuning._train_on, iter(range(1, 10**9))

    def train_on_or_wait(*arguments):
        if next(steps) == HELD_STEP and not file.exists():
            file.touch()
            signal.pause()
        train_on(*arguments)

    fine_tuning.FineTuning._train_on = train_on_or_wait


if __name__ == "__main__":
    checkpoint.SECONDS_BETWEEN = 0
    receipt.code_digest = lambda: "as it was"  # the code may change while this runs
    fine_tuning.MOST_EPOCHS = EPOCHS
    fine_tuning.Gain = Paying
    if HOLD:
        hold_back(Path(HOLD))
    main()
