import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def forking() -> Iterator[subprocess.Popen[str]]:
    """A process that forks one for each command; see `forking.py`."""
    program = [sys.executable, str(Path(__file__).with_name("forking.py"))]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process


@pytest.fixture
def run(forking: subprocess.Popen[str], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs `convscope` in a process of its own, whose standard streams are files."""

    def start(*arguments: object, stdin: str = "", **environment: object) -> subprocess.CompletedProcess[str]:
        folder = tmp_path_factory.mktemp("streams")
        streams = [folder / name for name in ("stdin", "stdout", "stderr")]
        streams[0].write_text(stdin, "utf-8")
        request = {
            "arguments": [*map(str, arguments)],
            "environment": {**os.environ, **{name: str(value) for name, value in environment.items()}},
            "folder": str(Path.cwd()),
            "streams": [*map(str, streams)],
        }
        print(json.dumps(request), file=forking.stdin, flush=True)
        code = int(forking.stdout.readline())
        return subprocess.CompletedProcess(
            request["arguments"], code, *(stream.read_text("utf-8") for stream in streams[1:])
        )

    return start
