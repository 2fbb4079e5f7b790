"""Read the body of a request, up to a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convscope.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from starlette.requests import Request


async def body_chunks(request: Request, limit: int) -> AsyncGenerator[bytes]:
    """Yield the body of a request in chunks.

    Args:
        request: A request whose body has not been read yet.
        limit: Largest number of bytes.

    Raises:
        RequestError: 415: the body is compressed; 413: it has more bytes than `limit`, whatever its headers
            claim.
        ClientDisconnect: The client has disconnected.
    """
    if request.headers.get("content-encoding", "identity") != "identity":
        raise RequestError("compressed bodies are not supported", status=415, remedy="send it uncompressed")
    if int(request.headers.get("content-length", 0)) > limit:
        raise _too_large(limit)
    length = 0
    async for chunk in request.stream():
        length += len(chunk)
        if length > limit:
            raise _too_large(limit)
        yield chunk


async def read_body(request: Request, limit: int, reserve: Callable[[int], None] = lambda _: None) -> bytes:
    """Read the body of a request into memory.

    Args:
        request: See `body_chunks`.
        limit: See `body_chunks`.
        reserve: Called with the size of each chunk before it is stored.
    """
    chunks: list[bytes] = []
    async for chunk in body_chunks(request, limit):
        reserve(len(chunk))
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large(limit: int) -> RequestError:
    why = f"the limit is {limit:,} bytes"
    return RequestError("the body is too large", status=413, why=why, remedy="send less at once")
