"""The one endpoint that predicts, in front of the application that answers all other requests.

It is not a FastAPI route, because routing and parameter parsing there take longer than predicting a small
picture.
"""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.requests import Request

from convscope.errors import RequestError
from convscope.serving.error_handling import problem_response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from convscope.serving.service import Service

PREDICT = "/models/{name}/predict"
DEFAULT_TOP = 5
MAX_TOP = 1_000
MAX_NAME_LENGTH = 64

_PATH = re.compile(r"/models/([^/]+)/predict")
_JSON = [(b"content-type", b"application/json")]
_ROUTE = SimpleNamespace(path=PREDICT)
"""Name of the endpoint in the access log and the metrics."""


class PredictEndpoint:
    """ASGI middleware that answers requests for predictions and passes all others on.

    Args:
        app: The application that answers all other requests.
        service: The prediction service.
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        match = _PATH.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if match is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = _ROUTE
        request = Request(scope, receive)
        try:
            _check_method(request)
            body = await self._service.predict(request, match[1], top_of(scope["query_string"]))
        except Exception as error:  # noqa: BLE001 - every error becomes an answer, as in the application
            await problem_response(request, error)(scope, receive, send)
        else:
            headers = [*_JSON, (b"content-length", b"%d" % len(body))]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})


def _check_method(request: Request) -> None:
    if request.method != "POST":
        raise RequestError(
            f"{request.method} is not supported here",
            status=405,
            remedy="send pictures with POST",
            headers={"allow": "POST"},
        )


def top_of(query: bytes) -> int:
    """Return the number of classes in a query. Other parameters are ignored, and the last of several is used.

    Raises:
        RequestError: 422: it is not a number from 1 to MAX_TOP.

    Example:
        >>> top_of(b""), top_of(b"top=2"), top_of(b"verbose=1&top=%33")
        (5, 2, 3)
    """
    if not query:
        return DEFAULT_TOP
    text = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)).get("top", str(DEFAULT_TOP))
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and 1 <= int(text) <= MAX_TOP):
        why = f"it must be a whole number from 1 to {MAX_TOP:,}"
        raise RequestError("the parameter top is invalid", status=422, why=why)
    return int(text)
