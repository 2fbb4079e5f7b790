"""Runs the command line in processes that are forked from one which has imported what commands need.

To import PyTorch and the like takes longer than most commands that are tested. Each command still has a
process of its own, with its own arguments, environment, folder and standard streams.

This file is the program that forks: it reads one request a line, as JSON, and answers with the exit code.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import TextIO

import convscope.classifier
import convscope.training.cross_validation
import convscope.training.repeat
import convscope.training.runs.runner
import convscope.walkthrough.panels  # noqa: F401 - all of them imported for those that are forked
from convscope.commands import main
from convscope.commands.verbs import SUMMARIES, verb

for name in SUMMARIES:
    verb(name)

MODES = ("r", "w", "w")
PATIENCE_SECONDS = 120


def serve(requests: TextIO, answers: TextIO) -> None:
    """Answer requests until there are no more."""
    for line in requests:
        process = os.fork()
        if process == 0:
            run(**json.loads(line))
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


def run(arguments: list[str], environment: dict[str, str], folder: str, streams: list[str]) -> None:
    """Run one command in this process, and leave."""
    signal.alarm(PATIENCE_SECONDS)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, (path, mode) in enumerate(zip(streams, MODES, strict=True)):
        with Path(path).open(mode) as file:
            os.dup2(file.fileno(), number)
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(number, mode, closefd=False, encoding=encoding) for number, mode in enumerate(MODES)
    )
    sys.argv = ["convscope", *arguments]
    code = 1
    try:
        main()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    # copies, as a command takes the places of the standard streams
    serve(os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w"))
