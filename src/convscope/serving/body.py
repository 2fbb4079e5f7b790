"""The body of a request, read within a bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convscope.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from fastapi import Request


async def parts_of_body(request: Request, limit: int) -> AsyncGenerator[bytes]:
    """Read the body of a request part by part.

    Args:
        request: Its body is not read yet.
        limit: How many bytes it may have.

    Raises:
        RequestError: 415: it is compressed; 413: it has more bytes, whether or not it says so beforehand.
        ClientDisconnect: Whoever sent it has gone.
    """
    if request.headers.get("content-encoding", "identity") != "identity":
        raise RequestError("a compressed body is not taken", status=415, remedy="send it as it is")
    if int(request.headers.get("content-length", 0)) > limit:
        raise _too_long(limit)
    length = 0
    async for part in request.stream():
        length += len(part)
        if length > limit:
            raise _too_long(limit)
        yield part


async def whole_body(request: Request, limit: int, take: Callable[[int], None] = lambda _: None) -> bytes:
    """Read the body of a request into memory.

    Args:
        request: As for `parts_of_body`.
        limit: As for `parts_of_body`.
        take: Told of so many bytes more that are held.
    """
    parts: list[bytes] = []
    async for part in parts_of_body(request, limit):
        take(len(part))
        parts.append(part)
    return b"".join(parts)


def _too_long(limit: int) -> RequestError:
    why = f"{limit:,} bytes are taken at most"
    return RequestError("the body is too long", status=413, why=why, remedy="send less")
