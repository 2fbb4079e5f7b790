"""The command line, with checkpoints far more often than usual and fewer pictures kept of a stream."""

from convscope.commands import main
from convscope.model import receipt
from convscope.training.data import training_data
from convscope.training.runs import runner

if __name__ == "__main__":
    runner._SAVE_EVERY_SECONDS = 0.01
    training_data._SAMPLE = 40
    receipt.code_digest = lambda: "as it was"  # the code may change while this runs
    main()
