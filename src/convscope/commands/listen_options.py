"""Where a command listens, and whom it lets in: options that those which answer over HTTP share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import socket

Host = Annotated[str, typer.Option(help="Where to listen; by default only this machine can ask.")]
Port = Annotated[int, typer.Option(min=0, max=65_535, help="The port; 0 takes one that is free.")]
TokenFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Let in only who knows the token in it.", show_default=False),
]


def address_of(host: str, opened: socket.socket) -> str:
    """Write where a socket listens as an address for browsers.

    Args:
        host: What the person called it.
        opened: The socket.

    Example:
        >>> import socket
        >>> with socket.create_server(("127.0.0.1", 0)) as opened:
        ...     address_of("localhost", opened) == f"http://localhost:{opened.getsockname()[1]}"
        True
    """
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{opened.getsockname()[1]}"
