"""Which pages may ask: the studio's own, and no other that the same browser has open.

Any page can make a browser send requests to this machine. Three things keep them out: `Origin`, where a
browser sends it, has to name the host that is asked; whatever changes something has to carry the header
`X-Convscope: 1`, which a page of elsewhere cannot add without asking first, and the answer to that is no; and
where others than this machine can ask, a token is wanted, which the first address brings; a cookie keeps a
digest of it.

Source: https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
"""

from __future__ import annotations

import hashlib
import hmac
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from convscope.errors import RequestError
from convscope.serving.host_and_token import bearer_token, send_problem, with_headers
from convscope.studio.page import POLICY

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

OWN_HEADER = "x-convscope"
COOKIE = "convscope"
_READING = frozenset({"GET", "HEAD"})
_HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=()"),
]


class Gate:
    """An ASGI application that lets requests of the studio's own page through to another.

    Args:
        app: The other one.
        token: What whoever asks must know; None lets all pass.
    """

    def __init__(self, app: ASGIApp, token: bytes | None) -> None:
        self._app = app
        self._token = token
        self._cookie = b"" if token is None else hashlib.blake2b(token).hexdigest().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        send_with_headers = with_headers(_HEADERS, send)
        try:
            _check_page(scope)
            if self._token is not None and not self._is_known(scope, self._token):
                if scope["path"] == "/" and _is_among(self._token, _brought(scope)):
                    await _hand(self._cookie, send_with_headers)
                    return
                raise _token_needed()
        except RequestError as error:
            await send_problem(error, send_with_headers)
        else:
            await self._app(scope, receive, send_with_headers)

    def _is_known(self, scope: Scope, token: bytes) -> bool:
        carried = [bearer_token(value) for value in _values(scope, b"authorization")]
        return _is_among(token, carried) or _is_among(self._cookie, _cookies(scope))


def _is_among(secret: bytes, given: list[bytes]) -> bool:
    # compared in the same time whatever they are, so that no one can find it out letter by letter
    return any(hmac.compare_digest(one, secret) for one in given)


def _check_page(scope: Scope) -> None:
    origins, hosts = _values(scope, b"origin"), _values(scope, b"host")
    if any(origin.partition(b"://")[2].lower() != host.lower() for origin in origins for host in hosts):
        raise RequestError("this request comes from another page", status=403, why="its origin is not ours")
    if scope["method"] not in _READING and _values(scope, OWN_HEADER.encode()) != [b"1"]:
        raise RequestError(
            "this request may come from another page",
            status=403,
            why=f"what changes something has to carry the header {OWN_HEADER}: 1",
        )


def _cookies(scope: Scope) -> list[bytes]:
    given: list[bytes] = []
    for value in _values(scope, b"cookie"):
        try:
            cookies = SimpleCookie(value.decode("latin-1"))
        except CookieError:
            continue
        given += [morsel.value.encode() for name, morsel in cookies.items() if name == COOKIE]
    return given


def _brought(scope: Scope) -> list[bytes]:
    query = parse_qs(scope["query_string"].decode("latin-1"))
    return [one.encode() for one in query.get("token", [])]


async def _hand(cookie: bytes, send: Send) -> None:
    """Let the browser keep a cookie, and lead to the address without the token."""
    cookie = b"%s=%s; HttpOnly; SameSite=Strict; Path=/" % (COOKIE.encode(), cookie)
    headers = [(b"location", b"/"), (b"set-cookie", cookie), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _token_needed() -> RequestError:
    return RequestError(
        "a token is needed",
        status=401,
        remedy="open the address that convscope studio printed when it started",
        headers={"www-authenticate": "Bearer"},
    )


def _values(scope: Scope, name: bytes) -> list[bytes]:
    return [value for one, value in scope["headers"] if one == name]
