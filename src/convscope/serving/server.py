"""Listens, and goes on until told to end; then finishes what it took."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from convscope.errors import SettingError
from convscope.serving.access_log import AccessLog
from convscope.serving.app import make_app
from convscope.serving.connection import connection
from convscope.serving.fast_path import FastPath
from convscope.serving.host_and_token import HostAndToken, loopback_hosts
from convscope.serving.metrics import Metrics
from convscope.serving.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import FrameType

    from starlette.types import ASGIApp

    from convscope.serving.limits import Limits
    from convscope.serving.model_registry import ModelRegistry

_BACKLOG = 1_024
_CUTTING_OFF = "Cancel "
"""What uvicorn says before it cuts requests off begins so."""


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_exit: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_exit = on_exit

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take note of a signal."""
        self._on_exit()
        super().handle_exit(sig, frame)

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Take SIGTERM and Ctrl-C as the wish to end; uvicorn would fall to them once all is finished."""
        wishes = (signal.SIGTERM, signal.SIGINT)
        before = {number: signal.signal(number, self.handle_exit) for number in wishes}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def is_worth_telling(self, record: logging.LogRecord) -> bool:
        """Whether a record tells more than that something is not waited for: whoever ends a service knows."""
        kind = record.exc_info[0] if record.exc_info else None
        told = record.getMessage()  # of what waits for the end itself uvicorn has no more than the text
        cut_off = kind is asyncio.CancelledError or "CancelledError" in told or told.startswith(_CUTTING_OFF)
        return not (self.should_exit and cut_off)


def listen(host: str, port: int) -> socket.socket:
    """Open the socket to listen on; port 0 takes any that is free.

    Raises:
        SettingError: The address is not this machine's, or something else listens there.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        opened = socket.socket(family, kind, protocol)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(_BACKLOG)
    except (OSError, UnicodeError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise SettingError(
            f"cannot listen on {host}, port {port}", why=why, remedy="choose another --host or --port"
        ) from error
    return opened


def serve(registry: ModelRegistry, opened: socket.socket, limits: Limits, token: bytes | None) -> None:
    """Answer requests until SIGTERM or Ctrl-C, then finish what was taken. A second Ctrl-C ends at once.

    Args:
        registry: The models.
        opened: What `listen` returned.
        limits: How much is taken.
        token: What requests must carry; None lets all pass.
    """
    metrics = Metrics()
    service = Service(registry, limits, metrics)
    app = FastPath(make_app(service, asks_for_token=token is not None), service)
    guarded = HostAndToken(app, loopback_hosts(opened.getsockname()[0]), token)
    # what is there by now stays: searching it for garbage again and again would keep requests waiting
    gc.collect()
    gc.freeze()
    run(AccessLog(guarded, metrics), opened, limits)


def run(
    app: ASGIApp, opened: socket.socket, limits: Limits, on_exit: Callable[[], None] = lambda: None
) -> None:
    """Answer requests with an application until SIGTERM or Ctrl-C, within the limits of a connection.

    Args:
        app: The application.
        opened: What `listen` returned.
        limits: How much a connection takes.
        on_exit: Called at the signal, before what was taken is finished.
    """
    config = uvicorn.Config(
        app,
        http=connection(limits),
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
    log.addFilter(server.is_worth_telling)
    try:
        server.run(sockets=[opened])
    finally:
        log.removeFilter(server.is_worth_telling)
