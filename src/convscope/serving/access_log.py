"""Count every answered request, and write a log line for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from convscope.serving.logs import log_event

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from convscope.serving.metrics import Metrics

_CLIENT_CLOSED_REQUEST = 499
"""The client disconnected before the answer: nginx's status code, because no standard defines one."""


class AccessLog:
    """ASGI middleware that counts and logs the application's responses.

    Args:
        app: The application.
        metrics: The metrics that count requests.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        status = _CLIENT_CLOSED_REQUEST

        async def send_and_note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note_status)
        finally:
            self._record(scope, status, time.perf_counter() - start)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        # the route's pattern, not the path, because clients can invent any number of paths
        route = getattr(scope.get("route"), "path", "none")
        self._metrics.requests.labels(f"{scope['method']} {route}", str(status)).inc()
        self._metrics.request_seconds.observe(seconds)
        log_event(
            "answered",
            method=scope["method"],
            path=scope["path"][:200],
            status=status,
            seconds=round(seconds, 6),
            **scope["state"].get("log_fields", {}),
        )
