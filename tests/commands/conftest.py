import os
import subprocess
from collections.abc import Callable

import pytest

PATIENCE_SECONDS = 120
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(fork: Callable[..., subprocess.Popen[str]]) -> Run:
    """Runs `convscope` in its own process, with files as standard streams."""

    def start(*arguments: object, stdin: str = "", **environment: object) -> subprocess.CompletedProcess[str]:
        variables = {**os.environ, **{name: str(value) for name, value in environment.items()}}
        process = fork(*arguments, stdin=stdin, env=variables)
        try:
            streams = process.communicate(PATIENCE_SECONDS)
        finally:
            process.kill()
        return subprocess.CompletedProcess(process.args, process.returncode, *streams)

    return start
