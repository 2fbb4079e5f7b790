"""Access control: requests must come from the studio's own page, and carry a token if one is set.

Any page open in the same browser can send requests to this machine (cross-site request forgery). Three checks
prevent this: the `Origin` header, if present, must match the requested host; requests that change something
must carry the header `X-Convscope: 1`, which a cross-site page cannot set without a CORS preflight, and
preflights are refused; and if other machines can connect, a token is required. The first URL contains it, and
then a cookie holds a digest of it.

Source: https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
"""

from __future__ import annotations

import hashlib
import hmac
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from convscope.errors import RequestError
from convscope.serving.host_and_token import bearer_token, header_values, send_problem, with_headers
from convscope.studio.page import POLICY

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

CSRF_HEADER = "x-convscope"
COOKIE = "convscope"
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=()"),
]


class AccessControl:
    """ASGI middleware that lets only the studio's own page through.

    Args:
        app: The application behind it.
        token: The token that requests must carry; None if not required.
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
                if scope["path"] == "/" and _is_among(self._token, _query_tokens(scope)):
                    await _set_cookie(self._cookie, send_with_headers)
                    return
                raise _token_needed()
        except RequestError as error:
            await send_problem(error, send_with_headers)
        else:
            await self._app(scope, receive, send_with_headers)

    def _is_known(self, scope: Scope, token: bytes) -> bool:
        tokens = [bearer_token(value) for value in header_values(scope, b"authorization")]
        return _is_among(token, tokens) or _is_among(self._cookie, _cookies(scope))


def _is_among(secret: bytes, candidates: list[bytes]) -> bool:
    # constant-time comparison, so that the secret cannot be guessed character by character
    return any(hmac.compare_digest(candidate, secret) for candidate in candidates)


def _check_page(scope: Scope) -> None:
    origins, hosts = header_values(scope, b"origin"), header_values(scope, b"host")
    if any(origin.partition(b"://")[2].lower() != host.lower() for origin in origins for host in hosts):
        raise RequestError("this request comes from another page", status=403, why="its origin is not ours")
    if scope["method"] not in _SAFE_METHODS and header_values(scope, CSRF_HEADER.encode()) != [b"1"]:
        raise RequestError(
            "this request may come from another page",
            status=403,
            why=f"a request that changes something must carry the header {CSRF_HEADER}: 1",
        )


def _cookies(scope: Scope) -> list[bytes]:
    values: list[bytes] = []
    for header in header_values(scope, b"cookie"):
        try:
            cookies = SimpleCookie(header.decode("latin-1"))
        except CookieError:
            continue
        values += [morsel.value.encode() for name, morsel in cookies.items() if name == COOKIE]
    return values


def _query_tokens(scope: Scope) -> list[bytes]:
    query = parse_qs(scope["query_string"].decode("latin-1"))
    return [token.encode() for token in query.get("token", [])]


async def _set_cookie(cookie: bytes, send: Send) -> None:
    """Set the cookie and redirect to the URL without the token."""
    cookie = b"%s=%s; HttpOnly; SameSite=Strict; Path=/" % (COOKIE.encode(), cookie)
    headers = [(b"location", b"/"), (b"set-cookie", cookie), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _token_needed() -> RequestError:
    return RequestError(
        "a token is required",
        status=401,
        remedy="open the address that convscope studio printed when it started",
        headers={"www-authenticate": "Bearer"},
    )
