"""A connection whose requests arrive in time and stay small: what uvicorn leaves open is closed here."""

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
"""So long a refused request is read on, unseen: closing at once takes the reason from who still sends."""


class Connection(HttpToolsProtocol):
    """One connection.

    uvicorn waits for ever for the rest of a request, lets headers grow without bound, and reads on however
    long a body is once it has answered. Here each request has a time to arrive in and a number of bytes,
    counted to within one read of the socket.
    """

    limits: ClassVar[Limits] = Limits()

    _received = 0
    _in_head = True
    _is_refused = False
    _cycles: Sequence[RequestResponseCycle] = ()
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Start the first request's time, or refuse where there are too many connections."""
        super().connection_made(transport)
        self._start_timer()
        if len(self.connections) > self.limits.connections:
            why = f"it has {self.limits.connections:,} connections already"
            self._refuse(RequestError("the service is busy", status=503, why=why, retry_seconds=1))

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the time."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, within the bounds."""
        if self._is_refused or self.transport.is_closing():
            return
        self._received += len(data)
        if self._timer is None:
            self._start_timer()
        super().data_received(data)
        if self._in_head and self._received > self.limits.head_bytes:
            why = f"they have more than {self.limits.head_bytes:,} bytes"
            self._refuse(RequestError("the headers are too long", status=431, why=why))
        elif self._received > 2 * self.limits.body_bytes + self.limits.head_bytes:
            self.transport.close()  # it was refused at once, and never ends

    def on_headers_complete(self) -> None:
        """Go on to the body."""
        self._in_head = False
        super().on_headers_complete()
        self._cycles = [*(one for one in self._cycles if not one.response_complete), self.cycle]

    def on_message_complete(self) -> None:
        """A request has arrived, in time."""
        self._in_head = True
        self._received = 0
        self._stop_timer()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Say that this is no HTTP."""
        self._refuse(RequestError("this is not a request of HTTP/1.1", status=400, why=msg))

    def _start_timer(self) -> None:
        self._timer = self.loop.call_later(self.limits.request_seconds, self._run_late)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _run_late(self) -> None:
        why = f"it did not arrive within {self.limits.request_seconds:g} seconds"
        self._refuse(RequestError("the request is too slow", status=408, why=why))

    def _refuse(self, error: RequestError) -> None:
        """End the connection, once; say why, if no answer to an earlier request is under way."""
        if self._is_refused:
            return
        cycle = cast("RequestResponseCycle | None", self.cycle)  # none before the first request
        under_way = [one for one in self._cycles if not one.response_complete]
        arrived = [one for one in under_way if not one.more_body]
        self._drop([one for one in under_way if one.more_body])
        if arrived:
            arrived[-1].keep_alive = False  # the connection ends once it is answered
            self.transport.pause_reading()
        elif cycle is None or not cycle.response_started or (cycle.response_complete and not cycle.more_body):
            self._is_refused = True
            self._stop_timer()
            self.transport.write(_written(error))
            self.transport.write_eof()
            self.loop.call_later(_LINGER_SECONDS, self.transport.close)
        else:
            self.transport.close()

    def _drop(self, cycles: list[RequestResponseCycle]) -> None:
        """Let nobody wait for the rest of these requests, nor answer them."""
        for cycle in cycles:
            cycle.disconnected = True
            cycle.waiting_for_100_continue = False
            cycle.message_event.set()
        self.pipeline = deque(one for one in self.pipeline if one[0] not in cycles)


def connection(limits: Limits) -> type[Connection]:
    """Make the kind of connection that keeps these limits."""
    return type("LimitedConnection", (Connection,), {"limits": limits})


def _written(error: RequestError) -> bytes:
    body = encode(error)
    headers = {
        "content-type": MEDIA_TYPE,
        "content-length": str(len(body)),
        "connection": "close",
        **headers_of(error),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}\r\n{lines}\r\n".encode() + body
