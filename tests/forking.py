"""Runs the command line in processes forked from one that has already imported what commands need.

Importing PyTorch and other packages takes longer than most tested commands. Each command still has its own
process, with its own arguments, environment, folder and standard streams.

This file is the forking program; `forked.py` sends it requests over the socket that is its standard input. A
request is JSON, with the three standard streams if it is for a new process; the answer is the id of that
process, or the exit code of a process to wait for.
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
import convscope.training.report.run_figures
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
    """Answer requests until there are no more; then kill all running processes."""
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
    """Run one command in this process, or another program, and exit."""
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
    asked = socket.socket(fileno=os.dup(0))  # a copy, because a command replaces the standard streams
    serve(asked)
