"""Runs the studio until told to end. Training that is under way goes on without it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from convscope.serving.host_and_token import HostAndToken, loopback_hosts
from convscope.serving.limits import Limits
from convscope.serving.server import run
from convscope.studio.app import create_app
from convscope.studio.gate import Gate

if TYPE_CHECKING:
    import socket

    from convscope.studio.opened import Studio

LIMITS = Limits(
    body_bytes=512 * 2**20,  # an archive of pictures
    request_seconds=600,
    shutdown_seconds=1,  # open pages listen for ever
)


def serve(studio: Studio, opened: socket.socket, token: bytes | None) -> None:
    """Answer requests until SIGTERM or Ctrl-C.

    Args:
        studio: What is open.
        opened: What `convscope.serving.server.listen` returned.
        token: What whoever asks must know; None lets all pass.
    """
    threading.Thread(target=studio.open_first, daemon=True).start()  # the digits take a large import
    gated = Gate(create_app(studio), token)
    run(
        HostAndToken(gated, loopback_hosts(opened.getsockname()[0]), None), opened, LIMITS, studio.closing.set
    )
