"""Every request is counted, and told of in one line of the log, once it is answered."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from convscope.serving.logs import tell

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from convscope.serving.metrics import Metrics

_GONE = (
    499  # who asked has gone before the answer; no standard has a number for it, logs of proxies use this one
)


class AccessLog:
    """An ASGI application that keeps a journal of what another one answers.

    Args:
        app: The other one.
        metrics: Where requests are counted.
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
        status = _GONE

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            self._note(scope, status, time.perf_counter() - start)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")  # not the path: anyone may invent paths
        self._metrics.requests.add(f"{scope['method']} {route}", str(status))
        self._metrics.request_seconds.observe(seconds)
        tell(
            "answered",
            method=scope["method"],
            path=scope["path"][:200],
            status=status,
            seconds=round(seconds, 6),
            **scope["state"].get("told", {}),
        )
