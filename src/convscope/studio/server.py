"""Run the studio until it is stopped. Training in progress continues without it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from convscope.serving.host_and_token import HostAndToken, loopback_hosts
from convscope.serving.limits import Limits
from convscope.serving.server import run
from convscope.studio.access import AccessControl
from convscope.studio.app import create_app

if TYPE_CHECKING:
    import socket

    from convscope.studio.workspace import Workspace

LIMITS = Limits(
    body_bytes=512 * 2**20,  # an archive of pictures
    request_seconds=600,
    shutdown_seconds=1,  # open pages listen for ever
)


def serve(workspace: Workspace, listening: socket.socket, token: bytes | None) -> None:
    """Answer requests until SIGTERM or Ctrl-C.

    Args:
        workspace: What is open.
        listening: What `convscope.serving.server.listen` returned.
        token: The token that requests must carry; None requires none.
    """
    threading.Thread(target=workspace.sources.open_first, daemon=True).start()
    app = AccessControl(create_app(workspace), token)
    run(
        HostAndToken(app, loopback_hosts(listening.getsockname()[0]), None),
        listening,
        LIMITS,
        workspace.closing.set,
    )
