"""Cross-origin requests (CORS): which other web pages may use the service; by default none.

Source: https://fetch.spec.whatwg.org/#http-cors-protocol.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.middleware.cors import CORSMiddleware

from convscope.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp

_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


def check_origin(origin: str) -> str:
    """Return an origin in the form that browsers send.

    Raises:
        SettingError: The text is not an origin.

    Example:
        >>> check_origin("https://Example.org/")
        'https://example.org'
    """
    normal = origin.lower().removesuffix("/")
    if not _ORIGIN.fullmatch(normal):
        raise SettingError(
            f"{origin} is not an origin",
            why="an origin is a scheme, a host and, if it is not the usual one, a port",
            remedy="write it as in https://example.org or http://localhost:3000",
        )
    return normal


def with_cors(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """Return an application that allows pages from these origins; without any, the application itself."""
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=["GET", "POST"],
        allow_headers=["authorization", "content-type"],
        allow_private_network=True,  # allows a page on the internet to use a service in the local network
    )
