"""Options of the commands that serve HTTP: address, port and token."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import socket

Host = Annotated[str, typer.Option(help="Address to listen on; by default, only this machine can connect.")]
Port = Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen on; 0 chooses a free one.")]
TokenFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Require the token in this file.", show_default=False),
]


def url_of(host: str, listener: socket.socket) -> str:
    """Return the URL of a service.

    Args:
        host: The host as given by the user.
        listener: The listening socket.

    Example:
        >>> import socket
        >>> with socket.create_server(("127.0.0.1", 0)) as listener:
        ...     url_of("localhost", listener) == f"http://localhost:{listener.getsockname()[1]}"
        True
    """
    literal = f"[{host}]" if ":" in host else host
    return f"http://{literal}:{listener.getsockname()[1]}"
