"""Listens for requests until it is stopped, then finishes those that are pending."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from convscope.common.processes import STOP_SIGNALS
from convscope.errors import SettingError
from convscope.serving.access_log import AccessLog
from convscope.serving.app import make_app
from convscope.serving.connection import limited_connection
from convscope.serving.cors import with_cors
from convscope.serving.host_and_token import HostAndToken, loopback_hosts
from convscope.serving.metrics import Metrics
from convscope.serving.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from types import FrameType

    from starlette.types import ASGIApp

    from convscope.serving.limits import Limits
    from convscope.serving.model_registry import ModelRegistry

_BACKLOG = 1_024
_CANCELLING = "Cancel "
"""Prefix of uvicorn's message when it cancels requests at shutdown; it cannot be recognised otherwise."""


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_exit: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_exit = on_exit

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        self._on_exit()
        super().handle_exit(sig, frame)

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Shut down on SIGTERM and Ctrl-C. uvicorn would raise the signal again after shutting down."""
        previous = {number: signal.signal(number, self.handle_exit) for number in STOP_SIGNALS}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def is_worth_logging(self, record: logging.LogRecord) -> bool:
        """Whether a record is more than the cancellation of a request by the shutdown."""
        kind = record.exc_info[0] if record.exc_info else None
        message = record.getMessage()
        was_cancelled = (
            kind is asyncio.CancelledError or "CancelledError" in message or message.startswith(_CANCELLING)
        )
        return not (self.should_exit and was_cancelled)


def listen(host: str, port: int) -> socket.socket:
    """Open the socket to listen on; port 0 takes a free one.

    Raises:
        SettingError: The address does not belong to this machine, or the port is in use.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except (OSError, UnicodeError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise SettingError(
            f"cannot listen on {host}, port {port}", why=why, remedy="choose another --host or --port"
        ) from error
    return listener


def serve(
    registry: ModelRegistry,
    listener: socket.socket,
    limits: Limits,
    *,
    token: bytes | None = None,
    origins: Sequence[str] = (),
) -> None:
    """Answer requests until SIGTERM or Ctrl-C, then finish the pending ones. A second Ctrl-C stops at once.

    Args:
        registry: The models.
        listener: The result of `listen`.
        limits: The limits of requests.
        token: The token that requests must carry; None if not required.
        origins: Origins of other web pages that may use the service.
    """
    metrics = Metrics()
    app = make_app(Service(registry, limits, metrics), requires_token=token is not None)
    # preflights carry no token, so they are answered before the token is checked
    app = with_cors(HostAndToken(app, loopback_hosts(listener.getsockname()[0]), token), origins)
    # all objects so far are permanent: garbage collection would scan them repeatedly and delay requests
    gc.collect()
    gc.freeze()
    run(AccessLog(app, metrics), listener, limits)


def run(
    app: ASGIApp, listener: socket.socket, limits: Limits, on_exit: Callable[[], None] = lambda: None
) -> None:
    """Run an application until SIGTERM or Ctrl-C, with the limits of a connection.

    Args:
        app: The application.
        listener: The result of `listen`.
        limits: The limits of a connection.
        on_exit: Called at the signal, before the pending requests are finished.
    """
    config = uvicorn.Config(
        app,
        http=limited_connection(limits),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=round(limits.idle_seconds),
        timeout_graceful_shutdown=round(limits.shutdown_seconds),
    )
    server, log = _Server(config, on_exit), logging.getLogger("uvicorn.error")
    log.addFilter(server.is_worth_logging)
    try:
        server.run(sockets=[listener])
    finally:
        log.removeFilter(server.is_worth_logging)
