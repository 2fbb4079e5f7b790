"""A connection with limits that uvicorn lacks: time and size of a request, number of connections."""

from __future__ import annotations

from collections import deque
from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from convscope.errors import RequestError
from convscope.serving.limits import Limits
from convscope.serving.problems import MEDIA_TYPE, encode, headers_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


_LINGER_SECONDS = 2.0
"""Seconds to drain a refused request: closing at once could reset the connection before it is answered."""


class Connection(HttpToolsProtocol):
    """One connection.

    uvicorn waits forever for the rest of a request, does not limit the size of headers, and keeps reading a
    body of any length after it has answered. Here, a request must arrive in time and within the size limits,
    up to one read of the socket.
    """

    limits: ClassVar[Limits] = Limits()

    _received = 0
    _in_head = True
    _is_refused = False
    _cycles: Sequence[RequestResponseCycle] = ()
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Start the first request's timer, or refuse if there are too many connections."""
        super().connection_made(transport)
        self._start_timer()
        if len(self.connections) > self.limits.connections:
            why = f"it already has {self.limits.connections:,} connections"
            self._refuse(RequestError("the service is busy", status=503, why=why, retry_seconds=1))

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Process received data, within the limits."""
        if self._is_refused or self.transport.is_closing():
            return
        self._received += len(data)
        if self._timer is None:
            self._start_timer()
        super().data_received(data)
        if self._in_head and self._received > self.limits.head_bytes:
            why = f"they are longer than {self.limits.head_bytes:,} bytes"
            self._refuse(RequestError("the headers are too long", status=431, why=why))
        elif self._received > 2 * self.limits.body_bytes + self.limits.head_bytes:
            self.transport.close()  # a refused request that never ends

    def on_headers_complete(self) -> None:
        """Continue with the body."""
        self._in_head = False
        super().on_headers_complete()
        self._cycles = [*self._unanswered(), self.cycle]

    def on_message_complete(self) -> None:
        """Stop the timer, because the request is complete."""
        self._in_head = True
        self._received = 0
        self._stop_timer()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer that this is not HTTP."""
        self._refuse(RequestError("this is not an HTTP/1.1 request", status=400, why=msg))

    def _start_timer(self) -> None:
        self._timer = self.loop.call_later(self.limits.request_seconds, self._time_out)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _time_out(self) -> None:
        why = f"it did not arrive within {self.limits.request_seconds:g} seconds"
        self._refuse(RequestError("the request is too slow", status=408, why=why))

    def _refuse(self, error: RequestError) -> None:
        """Close the connection once; send the reason, unless an earlier request is being answered."""
        if self._is_refused:
            return
        cycle = cast("RequestResponseCycle | None", self.cycle)  # None before the first request
        unanswered = self._unanswered()
        arrived = [request for request in unanswered if not request.more_body]
        self._drop([request for request in unanswered if request.more_body])
        if arrived:
            arrived[-1].keep_alive = False  # the connection closes after the answer
            self.transport.pause_reading()
        elif cycle is None or not cycle.response_started or (cycle.response_complete and not cycle.more_body):
            self._is_refused = True
            self._stop_timer()
            self.transport.write(_http_response(error))
            self.transport.write_eof()
            self.loop.call_later(_LINGER_SECONDS, self.transport.close)
        else:
            self.transport.close()

    def _unanswered(self) -> list[RequestResponseCycle]:
        return [request for request in self._cycles if not request.response_complete]

    def _drop(self, cycles: list[RequestResponseCycle]) -> None:
        """Stop waiting for the rest of these requests, and do not answer them."""
        for cycle in cycles:
            cycle.disconnected = True
            cycle.waiting_for_100_continue = False
            cycle.message_event.set()
        self.pipeline = deque(entry for entry in self.pipeline if entry[0] not in cycles)


def limited_connection(limits: Limits) -> type[Connection]:
    """Return a connection class with these limits, because uvicorn creates the connections itself."""
    return type("LimitedConnection", (Connection,), {"limits": limits})


def _http_response(error: RequestError) -> bytes:
    body = encode(error)
    headers = {
        "content-type": MEDIA_TYPE,
        "content-length": str(len(body)),
        "connection": "close",
        **headers_of(error),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}\r\n{lines}\r\n".encode() + body
