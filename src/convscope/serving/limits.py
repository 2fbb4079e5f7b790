"""All bounds of the service in one place: whoever asks for more is refused, and told so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request, and all requests together, may take.

    Attributes:
        body_bytes: In the body of one request.
        pixels: In one picture, told before it is decoded.
        pictures: In one request.
        waiting: Pictures taken and not yet answered, of all requests.
        head_bytes: In the request line and headers of one request.
        connections: At once.
        request_seconds: For a request to arrive, from its first byte to its last.
        idle_seconds: For the next request on a connection to begin; longer than proxies keep one, so that
            they send none just as the connection is closed.
        answer_seconds: From its last byte to the answer.
        shutdown_seconds: For what was taken to be finished once the service shall end.
    """

    body_bytes: int = 32 * 2**20
    pixels: int = 50_000_000
    pictures: int = 64
    waiting: int = 256
    head_bytes: int = 32 * 2**10
    connections: int = 1_000
    request_seconds: float = 15
    idle_seconds: float = 75
    answer_seconds: float = 10
    shutdown_seconds: float = 30

    @property
    def held_bytes(self) -> int:
        """Bodies in memory, of all requests: as many bytes as eight of the largest."""
        return 8 * self.body_bytes
