"""The command line, with a checkpoint after every step and features cached after every batch.

If HOLD names a file that does not exist yet, a process that has taken 20 steps creates it, and waits to be
killed.
"""

import os
import signal
from datetime import timedelta
from pathlib import Path

from convscope.commands import main
from convscope.model import cached_features, receipt
from convscope.training import distributed
from convscope.training.learning.loop import Training
from convscope.training.runs import checkpoint

HOLD = os.environ.get("HOLD")
HELD_STEP = 20


def hold_back(file):
    """Block further steps until the file exists."""
    advance, steps = Training._advance, iter(range(1, 10**9))

    def advance_or_wait(*arguments):
        advance(*arguments)
        if next(steps) == HELD_STEP and not file.exists():
            file.touch()
            signal.pause()

    Training._advance = advance_or_wait


if __name__ == "__main__":
    checkpoint.SECONDS_BETWEEN = 0
    cached_features._SECONDS_BETWEEN_WRITES = 0
    receipt.code_digest = lambda: "as it was"  # the code may change while this runs
    distributed._TIMEOUT = timedelta(seconds=10)
    if HOLD:
        hold_back(Path(HOLD))
    main()
