"""That something has changed, told as it happens: server-sent events.

Each tells where everything stands that may change. What has changed is asked for at its own address, from
where one was: whoever was cut off misses nothing and is told nothing twice, and one connection is enough for
all pages of a browser, which opens about six to a host.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from pydantic import BaseModel

_LOOK_SECONDS = 0.25
_SILENCE_SECONDS = 15.0


async def changes(look: Callable[[], BaseModel], is_closing: Callable[[], bool]) -> AsyncGenerator[bytes]:
    """Tell where everything stands, at once and whenever that is another.

    Args:
        look: Says where it stands.
        is_closing: Whether the server is about to end.
    """
    told = None
    spoken = time.monotonic()
    while not is_closing():
        now = await asyncio.to_thread(look)
        if now != told:
            told, spoken = now, time.monotonic()
            yield f"data: {now.model_dump_json()}\n\n".encode()
        elif time.monotonic() - spoken > _SILENCE_SECONDS:
            spoken = time.monotonic()
            yield b": still here\n\n"
        await asyncio.sleep(_LOOK_SECONDS)
