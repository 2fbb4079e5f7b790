"""Trains as `convscope train` does, with checkpoints far more often, so that there is much to be killed.

python kill.py SECONDS ARGUMENTS
"""

import sys

from convscope.commands import main
from convscope.training import session

session._SAVE_EVERY_SECONDS = float(sys.argv.pop(1))
main()
