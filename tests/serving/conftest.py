"""A real service in its own process, with requests over real sockets."""

import http.client
import io
import json
import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convscope.model.file import save

Fork = Callable[..., subprocess.Popen[str]]


class Served:
    """A running `convscope serve`, and methods for requests."""

    def __init__(self, process: subprocess.Popen[str], port: int, log: Path) -> None:
        self.process = process
        self.port = port
        self.log = log

    def ask(
        self, method: str, path: str, body: bytes = b"", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(
                method, path, body or None, {n.replace("_", "-"): v for n, v in headers.items()}
            )
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def predict(self, data: bytes, model: str = "tone", **headers: str) -> tuple[int, dict]:
        headers = {"content_type": "image/png", **headers}
        status, _, body = self.ask("POST", f"/models/{model}/predict", data, **headers)
        return status, json.loads(body)

    def open(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def raw(self, data: bytes) -> bytes:
        """Send raw bytes; return the response until the service closes."""
        with self.open() as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65_536), b""))

    def lines(self) -> list[dict]:
        """All lines of the log."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@contextmanager
def serving(fork: Fork, folder: Path, *arguments: object) -> Iterator[Served]:
    """Run `convscope serve` until the end of the block; it must not end earlier."""
    log = folder / "service.log"
    with (
        log.open("w") as errors,
        fork("serve", *arguments, "--port", 0, stdout=subprocess.PIPE, stderr=errors) as process,
    ):
        try:
            line = process.stdout.readline()
            assert line, log.read_text()
            found = Served(process, int(re.search(r":(\d+)$", line)[1]), log)
            found.ask("GET", "/readyz")  # it listens before it handles signals
            yield found
        finally:
            process.terminate()
            process.wait(60)


@pytest.fixture
def serve(fork: Fork, model_path: Path, tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Starts a service of the dark/bright model, named tone."""
    running = []

    def start(*options: object) -> Served:
        manager = serving(fork, tmp_path, f"tone={model_path}", *options)
        running.append(manager)
        return manager.__enter__()

    yield start
    for manager in running:
        manager.__exit__(None, None, None)


@pytest.fixture(scope="module")
def served(fork: Fork, brightness, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One service for all tests in a file that do not change it."""
    folder = tmp_path_factory.mktemp("served")
    save(brightness, folder / "model.safetensors")
    with serving(fork, folder, f"tone={folder / 'model.safetensors'}") as found:
        yield found


def png(grey: int, side: int = 12) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((side, side), grey, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def form(*parts: tuple[str, bytes], boundary: str = "frontier") -> tuple[bytes, str]:
    """A multipart body and its content type."""
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="p"; filename="{name}"\r\n\r\n'.encode()
        + data
        + b"\r\n"
        for name, data in parts
    )
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
