"""Access control: the Host header must name this machine, and a bearer token is required if one is set.

Any web page can make a browser send requests to 127.0.0.1 under its own host name (DNS rebinding). Such a
request has that name in its Host header, and is refused.
"""

from __future__ import annotations

import hmac
import ipaddress
from typing import TYPE_CHECKING

from convscope.errors import RequestError, SettingError
from convscope.serving.problems import MEDIA_TYPE, encode, headers_of

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PUBLIC_PATHS = frozenset({"/", "/healthz", "/readyz", "/openapi.json"})
"""Paths that reveal nothing about pictures or models, and need no token."""
_MIN_TOKEN_LENGTH, _MAX_TOKEN_LENGTH = 16, 4_096
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
]


class HostAndToken:
    """ASGI middleware that refuses requests for another host or without the token.

    Args:
        app: The application.
        hosts: Host names that requests may use; None allows any.
        token: The token that requests must carry as `Authorization: Bearer TOKEN`; None if not required.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str] | None, token: bytes | None) -> None:
        self._app = app
        self._hosts = hosts
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        send_with_headers = with_headers(_HEADERS, send)
        try:
            self._check(scope)
        except RequestError as error:
            await send_problem(error, send_with_headers)
        else:
            await self._app(scope, receive, send_with_headers)

    def _check(self, scope: Scope) -> None:
        hosts = header_values(scope, b"host")
        if self._hosts is not None and (len(hosts) != 1 or _without_port(hosts[0]) not in self._hosts):
            raise RequestError(
                "this request is addressed to another host",
                status=421,
                why="the service answers only requests whose Host header names this machine",
                remedy="use localhost; a proxy in front of the service has to send Host: localhost, too",
            )
        if self._token is not None and scope["path"] not in PUBLIC_PATHS:
            values = header_values(scope, b"authorization")
            # constant-time comparison, so that the token cannot be guessed character by character
            if len(values) != 1 or not hmac.compare_digest(bearer_token(values[0]), self._token):
                raise RequestError(
                    "a token is required",
                    status=401,
                    why="the request has a different one" if values else "the request has none",
                    remedy="send it as the header Authorization: Bearer TOKEN",
                    headers={"www-authenticate": "Bearer"},
                )


def with_headers(headers: list[tuple[bytes, bytes]], send: Send) -> Send:
    """Return a `send` that adds these headers to each answer, unless the answer already has them."""

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = list(message.get("headers", ()))
            names = {name.lower() for name, _ in own}
            message["headers"] = own + [header for header in headers if header[0] not in names]
        await send(message)

    return send_with_headers


def loopback_hosts(host: str) -> frozenset[str] | None:
    """Return the host names for a service that only this machine can reach; None if others can reach it.

    Example:
        >>> sorted(loopback_hosts("127.0.0.1"))
        ['127.0.0.1', '[::1]', 'localhost']
        >>> loopback_hosts("0.0.0.0") is None
        True
    """
    if not is_loopback(host):
        return None
    literal = f"[{host}]" if ":" in host else host
    return frozenset({"localhost", "127.0.0.1", "[::1]", literal.lower()})


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a service that listens at `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def read_token(path: Path) -> bytes:
    """Read a token from a file with one line.

    Raises:
        SettingError: The file cannot be read, or its content cannot be a token.
    """
    try:
        with path.open("rb") as file:
            token = file.read(_MAX_TOKEN_LENGTH + 1).strip()
    except OSError as error:
        raise SettingError(f"cannot read the token file {path}", why=error.strerror or str(error)) from error
    is_long_enough = _MIN_TOKEN_LENGTH <= len(token) <= _MAX_TOKEN_LENGTH
    if not is_long_enough or any(not 33 <= letter <= 126 for letter in token):
        raise SettingError(
            f"{path} does not hold a valid token",
            why=f"a token is one line of at least {_MIN_TOKEN_LENGTH} ASCII characters without spaces",
            remedy=f"make one: python -c 'import secrets; print(secrets.token_urlsafe())' > {path}",
        )
    return token


def header_values(scope: Scope, header: bytes) -> list[bytes]:
    """Return the values of a request's headers of this name."""
    return [value for name, value in scope["headers"] if name == header]


def bearer_token(header: bytes) -> bytes:
    """Return the token of an Authorization header; empty if it is not a bearer token."""
    scheme, _, token = header.partition(b" ")
    return token.strip() if scheme.lower() == b"bearer" else b""


def _without_port(host: bytes) -> str:
    name = host.decode("latin-1").lower()
    bare, colon, port = name.rpartition(":")
    return bare if colon and port.isdecimal() else name


async def send_problem(error: RequestError, send: Send) -> None:
    """Send an answer with problem details."""
    body = encode(error)
    headers = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), **headers_of(error)}
    await send(
        {
            "type": "http.response.start",
            "status": error.status,
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
    )
    await send({"type": "http.response.body", "body": body})
