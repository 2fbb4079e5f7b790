"""Readers of requests to the service and the studio: in this process, and over sockets to real servers.

An input for an application in this process is a line with method and target, a line with the content type,
and the body. An input for a socket is the complete request.
"""

from __future__ import annotations

import asyncio
import atexit
import base64
import itertools
import json
import shutil
import socket
import subprocess
import sys
import threading
from typing import IO, TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import unquote

from fastapi import FastAPI

from convscope.errors import ConvscopeError
from convscope.serving.access_log import AccessLog
from convscope.serving.app import make_app
from convscope.serving.host_and_token import HostAndToken
from convscope.serving.limits import Limits
from convscope.serving.metrics import Metrics
from convscope.serving.model_registry import ModelRegistry
from convscope.serving.service import Service
from convscope.studio.access import AccessControl
from convscope.studio.app import create_app
from convscope.studio.studio_folder import StudioFolder
from convscope.studio.workspace import Workspace
from fuzzing.files import pictures, zipped
from fuzzing.reader import Reader
from fuzzing.records import write_model

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from starlette.types import ASGIApp

Answer = TypeVar("Answer")
_BOUNDARY = b"----7MA4YWxk"
_KINDS = {
    "picture": b"image/png",
    "form": b"multipart/form-data; boundary=" + _BOUNDARY,
    "JSON": b"application/json",
}
_MOMENT_SECONDS, _WAIT_SECONDS = 1.0, 60.0
"""Seconds without an answer: to close the sending side (a busy machine answers late), and to give up."""


def service_picture(folder: Path) -> Reader:
    """A picture as the body."""
    return _service(folder, "picture", bytes)


def service_form(folder: Path) -> Reader:
    """A form with a picture."""
    return _service(folder, "form", _form)


def service_json(folder: Path) -> Reader:
    """A picture in JSON."""
    return _service(folder, "JSON", _json)


def studio_pictures(folder: Path) -> Reader:
    """Pictures for a collection, as a form, as JSON and as raw bytes."""
    home = StudioFolder(folder)
    (home.data / "hands").mkdir(exist_ok=True)
    workspace = Workspace(home)
    (number,) = (one.id for one in workspace.sources.all() if one.origin == "collected")
    address = f"POST /api/collections/{number}/classes/cat".encode()
    whole = [_message(address, _KINDS[kind], body) for kind, body in _bodies(pictures()[0]).items()]
    return _of_studio(
        workspace, whole, pictures(), lambda picture: _message(address, _KINDS["form"], _form(picture))
    )


def studio_archive(folder: Path) -> Reader:
    """A .zip for the studio."""
    inside = zipped(pictures())

    def written(archive: bytes) -> bytes:
        return _message(b"POST /api/archives?name=pets.zip", b"application/zip", archive)

    return _of_studio(Workspace(StudioFolder(folder)), [written(inside)], [inside], written)


def studio_requests(folder: Path) -> Reader:
    """The requests of its pages, with JSON bodies; none that starts a process."""
    write_model(folder / "pets.safetensors")
    for number, picture in enumerate(pictures()[:12]):
        path = folder / "pets" / ("cat", "dog")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture)
    workspace = Workspace(
        StudioFolder(folder / "home"), [str(folder / "pets.safetensors")], [str(folder / "pets")]
    )
    model = workspace.models.all()[0].id
    data = workspace.sources.all()[0].id
    sent = {
        "POST /api/collections": {"name": "hands"},
        "POST /api/data": {"path": "digits"},
        "POST /api/runs": {"data": "00000000", "name": "pets", "network": "2C3-MP2", "size": 8, "epochs": 1},
        f"PUT /api/data/{data}/corrections/3": {"label": "dog"},
        f"POST /api/models/{model}/kept": {"name": "mended"},
        f"POST /api/lesson/relu/questions/value?model={model}&picture=data.{data}.3": {"answer": 1},
    }
    edits = f"POST /api/models/{model}/edits"
    asked = [
        "GET /api/network?notation=2C3-MP2&shape=1x8x8&classes=2",
        f"GET /api/data/{data}/pictures/3",
        f"GET /api/models/{model}/walk?picture=data.{data}.3&whole=false",
        f"GET /api/models/{model}/answer?picture=data.{data}.3",
        f"GET /api/models/{model}/weights/convolution_1.weight?place=0&place=0&place=1&place=2",
        f"GET /api/lesson/convolution?channel=0&row=1&column=2&model={model}&picture=data.{data}.3",
        f"GET /api/models/{model}/mistakes?data={data}&part=all",
    ]
    whole = [
        *(_request(address, content) for address, content in sent.items()),
        *(_request(edits, content) for content in _EDITS),
        *(_message(address.encode(), b"", b"") for address in asked),
    ]
    return _of_studio(workspace, whole)


def studio_edits(folder: Path) -> Reader:
    """The list of edits that the studio has written."""
    write_model(folder / "pets.safetensors")
    workspace = Workspace(StudioFolder(folder / "home"), [str(folder / "pets.safetensors")])
    model = workspace.models.all()[0].id
    return _written_file(workspace, f"edits/{model}.json", f"GET /api/models/{model}/edits", _EDITS)


def studio_paths(folder: Path) -> Reader:
    """Paths of pictures that the studio has opened."""
    return _written_file(Workspace(StudioFolder(folder)), "paths.json", "GET /api/data", ["/pets", "digits"])


def studio_lesson(folder: Path) -> Reader:
    """The correctly answered questions of the lesson."""
    return _written_file(
        Workspace(StudioFolder(folder)), "lesson.json", "GET /api/lesson", ["relu/1", "softmax/2"]
    )


def studio_events(folder: Path) -> Reader:
    """The events of a run, which another process writes."""
    home = StudioFolder(folder)
    ask = _asking(*_studio_app(Workspace(home)))
    numbers = itertools.count()
    epoch = {"event": "EpochDone", "time": 0.0, "epoch": 1, "epochs": 2, "validation_accuracy_fraction": 0.5}
    events = [{"event": "Opened", "time": 0.0, "process": 1}, epoch, {**epoch, "epoch": 2}]

    def read(data: bytes) -> None:
        name = f"run-{next(numbers)}"  # a new one
        (home.runs / name).mkdir()
        (home.runs / name / "events.jsonl").write_bytes(data)
        ask(_message(f"GET /api/runs/{name}/events?after=0".encode(), b"", b""))

    return Reader([b"".join(json.dumps(one).encode() + b"\n" for one in events)], read, tidy=_tidying(folder))


def service_socket(folder: Path) -> Reader:
    """Complete requests to a real `convscope serve`."""
    write_model(folder / "pets.safetensors")
    address = "POST /models/pets/predict"
    whole = [_http(address, body, _KINDS[kind]) for kind, body in _bodies(pictures()[0]).items()]
    return _socket(folder, address, whole, "serve", folder / "pets.safetensors", "--port=0")


def studio_socket(folder: Path) -> Reader:
    """Complete requests to a real `convscope studio`."""
    whole = [_http("POST /api/collections", b'{"name": "hands"}', _KINDS["JSON"])]
    return _socket(
        folder, "POST /api/pictures", whole, "studio", "--no-browser", f"--folder={folder / 'home'}"
    )


_EDITS: list[dict[str, Any]] = [
    {"kind": "weight", "tensor": "convolution_1.weight", "place": [0, 0, 1, 2], "value": 0.5},
    {"kind": "filter", "step": "convolution_1", "filter": 1, "kernel": "0 -1 0 / -1 5 -1 / 0 -1 0"},
    {"kind": "geometry", "stride": [2, 2], "padding": [1, 1]},
    {"kind": "relu", "present": False},
]


def _service(folder: Path, kind: str, body: Callable[[bytes], bytes]) -> Reader:
    write_model(folder / "pets.safetensors")
    metrics = Metrics()
    service = Service(ModelRegistry({"pets": folder / "pets.safetensors"}), Limits(), metrics)
    app = make_app(service)
    ask = _asking(service.running(FastAPI()), AccessLog(HostAndToken(app, None, None), metrics))

    def written(picture: bytes) -> bytes:
        return _message(b"POST /models/pets/predict?top=2", _KINDS[kind], body(picture))

    return Reader([written(pictures()[0])], ask, pictures(), written)


def _of_studio(
    workspace: Workspace,
    whole: list[bytes],
    insides: list[bytes] | None = None,
    finish: Callable[[bytes], bytes] = bytes,
) -> Reader:
    ask = _asking(*_studio_app(workspace))
    return Reader(whole, ask, insides, finish, _tidying(workspace.folder.data.parent))


def _written_file(workspace: Workspace, name: str, address: str, whole: object) -> Reader:
    """A file in the studio's folder, read on a request."""
    path = workspace.folder.data.parent / name
    ask = _asking(*_studio_app(workspace))

    def read(data: bytes) -> None:
        path.write_bytes(data)
        ask(_message(address.encode(), b"", b""))

    return Reader([json.dumps(whole).encode()], read)


def _studio_app(workspace: Workspace) -> tuple[AbstractAsyncContextManager[object], ASGIApp]:
    app = create_app(workspace)
    return app.router.lifespan_context(app), HostAndToken(AccessControl(app, None), None, None)


def _asking(running: AbstractAsyncContextManager[object], app: ASGIApp) -> Callable[[bytes], None]:
    """Start an application in its own thread; return a function that sends it a message."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()  # another loop may run in this thread

    def run(coroutine: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result()

    run(running.__aenter__())
    atexit.register(lambda: run(running.__aexit__(None, None, None)))
    return lambda message: _judge(*run(_answer(app, message)))


async def _answer(app: ASGIApp, message: bytes) -> tuple[int, bytes]:
    head, kind, body = (*message.split(b"\n", 2), b"", b"")[:3]
    method, _, target = head.partition(b" ")
    path, _, query = target.partition(b"?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": method.decode("latin-1").upper(),
        "root_path": "",
        "path": unquote(path.decode("latin-1")),
        "raw_path": path,
        "query_string": query,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
        "headers": [(b"host", b"localhost"), (b"x-convscope", b"1"), (b"content-type", kind)],
    }
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])
    answers: list[Any] = []

    async def receive() -> Any:  # noqa: ANN401  # as Starlette has it
        return next(messages, {"type": "http.disconnect"})

    async def send(answer: Any) -> None:  # noqa: ANN401
        answers.append(answer)

    await app(scope, receive, send)
    return answers[0]["status"], b"".join(one.get("body", b"") for one in answers[1:])


def _judge(status: int, body: bytes) -> None:
    if status == 500 or (status >= 400 and body and json.loads(body)["status"] != status):
        raise AssertionError(f"{status}: {body[:200]!r}")
    if status >= 400:
        raise ConvscopeError(f"the answer is {status}")


def _tidying(folder: Path) -> Callable[[], None]:
    """Return a function that removes everything that was not in a folder initially."""
    kept = set(folder.rglob("*"))

    def tidy() -> None:
        for path in set(folder.rglob("*")) - kept:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    return tidy


def _socket(folder: Path, address: str, whole: list[bytes], *command: object) -> Reader:
    """Start a server that takes pictures at a URL; read its log of each request."""
    log = folder / "log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "convscope", *map(str, command)], stdout=subprocess.PIPE, stderr=errors
        )
    atexit.register(process.kill)
    line = cast("IO[bytes]", process.stdout).readline()
    port = int(line.rstrip(b"/\n").rpartition(b":")[2])
    read = 0

    def send(data: bytes) -> None:
        nonlocal read
        answer = _sent(port, data)
        with log.open("rb") as file:
            file.seek(read)
            news = file.read()
        read += len(news)
        if process.poll() is not None or b"traceback" in news or answer.startswith(b"HTTP/1.1 500"):
            raise AssertionError(f"{process.poll()} {answer[:200]!r} {news[-2000:]!r}")
        if not answer.startswith((b"HTTP/1.1 1", b"HTTP/1.1 2")):
            raise ConvscopeError("refused")

    def asked(picture: bytes) -> bytes:
        return _http(address, picture, _KINDS["picture"])

    more = [asked(pictures()[0]), _chunked(address, pictures()[0])]
    return Reader([*whole, *more], send, pictures(), asked, process=process.pid)


def _sent(port: int, data: bytes) -> bytes:
    """Send raw bytes; return the response until the other side closes.

    If it waits for more, the sending side is closed.
    """
    with socket.socket() as connection:
        connection.settimeout(_MOMENT_SECONDS)
        answer = b""
        try:
            connection.connect(("127.0.0.1", port))
            connection.sendall(data)
            while part := _received(connection):
                answer += part
        except ConnectionError:  # the server has closed its side
            pass
    return answer


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65_536)
    except TimeoutError:
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(_WAIT_SECONDS)
        return connection.recv(65_536)


def _http(head: str, body: bytes, kind: bytes) -> bytes:
    return _head(head, kind) + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def _chunked(head: str, body: bytes) -> bytes:
    parts = [body[start : start + 64] for start in range(0, len(body), 64)]
    sent = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in [*parts, b""])
    more = b"Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
    return _head(head, _KINDS["picture"]) + more + sent


def _head(head: str, kind: bytes) -> bytes:
    lines = b"%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Convscope: 1\r\nContent-Type: %s\r\n"
    return lines % (head.encode(), kind)


def _bodies(picture: bytes) -> dict[str, bytes]:
    return {"picture": picture, "form": _form(picture), "JSON": _json(picture)}


def _form(picture: bytes) -> bytes:
    head = b'Content-Disposition: form-data; name="picture"; filename="tom.png"\r\nContent-Type: image/png'
    return b"--%s\r\n%s\r\n\r\n%s\r\n--%s--\r\n" % (_BOUNDARY, head, picture, _BOUNDARY)


def _json(picture: bytes) -> bytes:
    data = base64.b64encode(picture).decode()
    return json.dumps({"pictures": [{"name": "tom.png", "data": data}]}).encode()


def _request(address: str, content: object) -> bytes:
    return _message(address.encode(), _KINDS["JSON"], json.dumps(content).encode())


def _message(address: bytes, kind: bytes, body: bytes) -> bytes:
    return address + b"\n" + kind + b"\n" + body
