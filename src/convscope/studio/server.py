"""Run the studio until it is stopped. Running trainings continue without it."""

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
    body_bytes=512 * 2**20,  # for an archive of pictures
    request_seconds=600,
    shutdown_seconds=1,  # open pages listen forever
)


def serve(workspace: Workspace, listening: socket.socket, token: bytes | None) -> None:
    """Answer requests until SIGTERM or Ctrl-C.

    Args:
        workspace: The workspace.
        listening: The result of `convscope.serving.server.listen`.
        token: The token that requests must carry; None if not required.
    """
    threading.Thread(target=workspace.sources.open_first, daemon=True).start()
    app = AccessControl(create_app(workspace), token)
    run(
        HostAndToken(app, loopback_hosts(listening.getsockname()[0]), None),
        listening,
        LIMITS,
        workspace.closing.set,
    )
