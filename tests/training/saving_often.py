"""The command line, with checkpoints far more often than usual: for torchrun, which starts programs."""

from convscope.commands import main
from convscope.training import session

if __name__ == "__main__":
    session._SAVE_EVERY_SECONDS = 0.05
    main()
