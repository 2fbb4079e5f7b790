"""A real studio in its own process with its own home, used over real sockets and by a browser."""

import http.client
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from convscope.model.file import save

Fork = Callable[..., subprocess.Popen[str]]


class Running:
    """A running `convscope studio`, and methods for requests."""

    def __init__(self, process: subprocess.Popen[str], address: str, home: Path) -> None:
        self.process = process
        self.address = address
        self.port = int(re.search(r":(\d+)/", address)[1])
        self.home = home

    def ask(
        self, method: str, path: str, body: bytes = b"", *, own: bool = True, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request, by default with the studio's own header."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        sent = {"X-Convscope": "1"} if own else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body or None, sent)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def get(self, path: str) -> dict:
        """Return the answer to GET, which must succeed."""
        status, _, body = self.ask("GET", path)
        assert status == 200, body
        return json.loads(body)

    def post(self, path: str, content: object = None, method: str = "POST") -> dict:
        """Return the answer to POST with JSON, which must succeed."""
        body = json.dumps(content or {}).encode()
        status, _, answer = self.ask(method, path, body, content_type="application/json")
        assert status in {200, 204}, answer
        return json.loads(answer or b"{}")

    def data(self, name: str) -> str:
        """Return the id of a source, by name."""
        return next(one["id"] for one in self.get("/api/data")["data"] if one["name"] == name)

    def model(self, name: str) -> str:
        """Return the id of a model, by name."""
        return next(one["id"] for one in self.get("/api/models")["models"] if one["name"] == name)


@contextmanager
def studio_running(fork: Fork, folder: Path, *arguments: object) -> Iterator[Running]:
    """Run `convscope studio` with a home in `folder` until the end of the block; it must not end earlier."""
    command = ["studio", "--no-browser", "--folder", folder / "home", *arguments]
    with (
        (folder / "studio.log").open("a") as errors,
        fork(*command, stdout=subprocess.PIPE, stderr=errors) as process,
    ):
        try:
            line = process.stdout.readline().strip()
            assert line, (folder / "studio.log").read_text()
            yield Running(process, line, folder / "home")
        finally:
            process.terminate()
            process.wait(60)


@pytest.fixture
def start_studio(fork: Fork, tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts a studio with a home in `tmp_path`; each until the end of the test."""
    running = []

    def start(*options: object) -> Running:
        manager = studio_running(fork, tmp_path, *options)
        running.append(manager)
        return manager.__enter__()

    yield start
    for manager in running:
        manager.__exit__(None, None, None)


@pytest.fixture(scope="session")
def digits_model(make_once: Callable[..., Path]) -> Path:
    """A small network, trained on the digits for a moment."""

    def train(path: Path) -> None:
        import convscope  # noqa: PLC0415 - brings PyTorch

        convscope.train("digits", network="8C3-MP2-16N", epochs=3, seed=0).save(path)

    return make_once("digits.safetensors", train)


@pytest.fixture(scope="session")
def studio_server(
    fork: Fork, brightness, digits_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """One studio for all tests that do not change it: models `digits` and `tone`, data `digits`."""
    folder = tmp_path_factory.mktemp("studio")
    save(brightness, folder / "tone.safetensors")
    with studio_running(fork, folder, digits_model, folder / "tone.safetensors") as found:
        yield found


@pytest.fixture(scope="session")
def context(browser):
    """One browser context for all tabs: modules that were loaded from a studio come from the cache later."""
    opened = browser.new_context(viewport={"width": 1280, "height": 900})
    yield opened
    opened.close()


@pytest.fixture
def tab(context, start_studio):  # noqa: ARG001 - a tab is closed before the studio ends
    """A new tab without stored choices; a script error, or a script blocked by the policy, fails the test."""
    opened = context.new_page()
    opened.errors = []
    opened.on("pageerror", lambda error: opened.errors.append(str(error)))
    opened.on("console", lambda said: opened.errors.append(said.text) if said.type == "error" else None)
    yield opened
    if opened.url.startswith("http"):
        opened.evaluate("localStorage.clear()")
    context.clear_cookies()
    opened.close()
    assert opened.errors == []
