"""Who may ask: whoever names this machine, and, where a token is wanted, carries it.

A page of anywhere can make a browser ask 127.0.0.1 in the name of a host of its own (DNS rebinding); that
request names the other host, and is refused.
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

OPEN_PATHS = frozenset({"/", "/drop.css", "/drop.js", "/healthz", "/readyz", "/openapi.json"})
"""They tell nothing of pictures or models, and need no token."""
_SHORTEST_TOKEN = 16
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
]


class HostAndToken:
    """An ASGI application that lets requests through to another, or refuses them.

    Args:
        app: The other one.
        hosts: Names that a request may call this machine; None lets any pass.
        token: What requests must carry as `Authorization: Bearer ...`; None lets all pass.
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

        send_with_headers = adding(_HEADERS, send)
        try:
            self._check(scope)
        except RequestError as error:
            await refuse(error, send_with_headers)
        else:
            await self._app(scope, receive, send_with_headers)

    def _check(self, scope: Scope) -> None:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if self._hosts is not None and (len(hosts) != 1 or _without_port(hosts[0]) not in self._hosts):
            raise RequestError(
                "this request is meant for another host",
                status=421,
                why="the service answers only those that call it by a name of this machine",
                remedy="ask localhost; a proxy in front of it has to say so, too",
            )
        if self._token is not None and scope["path"] not in OPEN_PATHS:
            given = [value for name, value in scope["headers"] if name == b"authorization"]
            # compared in the same time whatever it is, so that no one can find it out letter by letter
            if len(given) != 1 or not hmac.compare_digest(bearer(given[0]), self._token):
                raise RequestError(
                    "a token is needed",
                    status=401,
                    why="there was another in the request" if given else "there was none in the request",
                    remedy="send it as the header Authorization: Bearer TOKEN",
                    headers={"www-authenticate": "Bearer"},
                )


def adding(headers: list[tuple[bytes, bytes]], send: Send) -> Send:
    """Send as `send` does, each answer with the headers besides that it does not bring itself."""

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = list(message.get("headers", ()))
            names = {name.lower() for name, _ in own}
            message["headers"] = own + [header for header in headers if header[0] not in names]
        await send(message)

    return send_with_headers


def loopback_hosts(host: str) -> frozenset[str] | None:
    """Names for a machine that listens at `host`, if only it can reach itself there; None otherwise.

    Example:
        >>> sorted(loopback_hosts("127.0.0.1"))
        ['127.0.0.1', '[::1]', 'localhost']
        >>> loopback_hosts("0.0.0.0") is None
        True
    """
    if not is_loopback(host):
        return None
    shown = f"[{host}]" if ":" in host else host
    return frozenset({"localhost", "127.0.0.1", "[::1]", shown.lower()})


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches what listens there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def read_token(path: Path) -> bytes:
    """Read the token from the one line of a file.

    Raises:
        SettingError: The file cannot be read, or holds no token that a header could carry.
    """
    try:
        with path.open("rb") as file:
            token = file.read(4_097).strip()
    except OSError as error:
        raise SettingError(f"cannot read the token file {path}", why=error.strerror or str(error)) from error
    if not _SHORTEST_TOKEN <= len(token) <= 4_096 or any(not 33 <= letter <= 126 for letter in token):
        raise SettingError(
            f"there is no token in {path} that can be used",
            why=f"it is one line of at least {_SHORTEST_TOKEN} letters, digits and marks, without spaces",
            remedy=f"make one: python -c 'import secrets; print(secrets.token_urlsafe())' > {path}",
        )
    return token


def bearer(header: bytes) -> bytes:
    """The token in a header `Authorization: Bearer TOKEN`; empty if it is of another kind."""
    scheme, _, token = header.partition(b" ")
    return token.strip() if scheme.lower() == b"bearer" else b""


def _without_port(host: bytes) -> str:
    name = host.decode("latin-1").lower()
    bare, colon, port = name.rpartition(":")
    return bare if colon and port.isdecimal() else name


async def refuse(error: RequestError, send: Send) -> None:
    """Answer with what is wrong."""
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
