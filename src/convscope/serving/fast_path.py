"""The short way to a prediction, for requests whose address has the usual form.

FastAPI finds an address among all, takes its parameters apart and stacks up contexts for what may depend on
them. That takes longer than the prediction of a small picture, and nearly all requests ask for the same. All
others, and those that it might find something wrong with, are still its.
"""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import TYPE_CHECKING

from fastapi import Request

from convscope.serving.app import DEFAULT_TOP, PREDICT, told

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from convscope.serving.service import Service

_PATH = re.compile(r"/models/([A-Za-z0-9._-]{1,64})/predict")
_QUERY = re.compile(rb"(?:top=([1-9][0-9]{0,2}))?")
_JSON = [(b"content-type", b"application/json")]
_ROUTE = SimpleNamespace(path=PREDICT)  # what the journal calls it


class FastPath:
    """An ASGI application that predicts, and leads everything else to another.

    Args:
        app: The other one.
        service: What predicts.
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        wanted = _wanted(scope)
        if wanted is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = _ROUTE
        request = Request(scope, receive)
        try:
            body = await self._service.predict(request, *wanted)
        except Exception as error:  # noqa: BLE001 - whatever it is becomes an answer, as in the other application
            await told(request, error)(scope, receive, send)
        else:
            headers = [*_JSON, (b"content-length", b"%d" % len(body))]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})


def _wanted(scope: Scope) -> tuple[str, int] | None:
    """Which model is asked, and for how many classes; None if it is not asked for in the usual form.

    Example:
        >>> asked = {"type": "http", "method": "POST", "path": "/models/pets/predict"}
        >>> _wanted({**asked, "query_string": b"top=2"})
        ('pets', 2)
        >>> _wanted({**asked, "query_string": b"top=many"})
    """
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    path, query = _PATH.fullmatch(scope["path"]), _QUERY.fullmatch(scope["query_string"])
    if path is None or query is None:
        return None
    return path[1], int(query[1] or DEFAULT_TOP)
