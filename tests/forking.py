"""Runs the command line in processes that are forked from one which has imported what commands need.

To import PyTorch and the like takes longer than most commands that are tested. Each command still has a
process of its own, with its own arguments, environment, folder and standard streams.

This file is the program that forks; `forked.py` asks it, over the socket that is its standard input. A
request is JSON, with the three standard streams if it is for a new process; the answer is that process's id,
or the exit code of the one that was waited for.
"""

import json
import os
import runpy
import signal
import socket
import sys

import convscope.classifier
import convscope.serving.server
import convscope.serving.service
import convscope.studio.app
import convscope.studio.server
import convscope.studio.workspace
import convscope.training.cross_validation
import convscope.training.repeat
import convscope.training.runs.learned_run
import convscope.training.runs.runner
import convscope.training.runs.scratch_run
import convscope.walkthrough.panels  # noqa: F401 - all of them imported for those that are forked
from convscope.commands import main
from convscope.commands.verbs import SUMMARIES, verb

for name in SUMMARIES:
    verb(name)

MODES = ("r", "w", "w")
MOST_BYTES = 1_000_000


def serve(requests: socket.socket) -> None:
    """Answer requests until there are no more; what still runs then is killed."""
    running = set()
    while True:
        text, streams, *_ = socket.recv_fds(requests, MOST_BYTES, len(MODES))
        if not text:
            break
        request = json.loads(text)
        if "wait" in request:
            _, status = os.waitpid(request["wait"], 0)
            running.remove(request["wait"])
            answer = os.waitstatus_to_exitcode(status)
        else:
            answer = os.fork()
            if answer == 0:
                requests.close()
                run(streams, **request)
            running.add(answer)
        for stream in streams:
            os.close(stream)
        requests.send(str(answer).encode())
    for pid in running:
        os.kill(pid, signal.SIGKILL)


def run(
    streams: list[int], arguments: list[str], environment: dict[str, str], folder: str, program: str | None
) -> None:
    """Run one command in this process, or a program that has another way to start it, and leave."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(number, mode, closefd=False, encoding=encoding) for number, mode in enumerate(MODES)
    )
    sys.argv = [program or "convscope", *arguments]
    code = 1
    try:
        runpy.run_path(program, run_name="__main__") if program else main()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    asked = socket.socket(fileno=os.dup(0))  # a copy, as a command takes the places of the standard streams
    serve(asked)
