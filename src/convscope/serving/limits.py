"""All limits of the service. Requests that exceed a limit are refused, and the answer states the reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The resources that one request, and all requests together, may use.

    Attributes:
        body_bytes: Bytes in the body of one request.
        pixels: Pixels in one picture; checked before the picture is decoded.
        pictures: Pictures in one request.
        queued_pictures: Pictures of all requests that are waiting or being predicted.
        head_bytes: Bytes in the request line and headers of one request.
        connections: Connections open at the same time.
        request_seconds: Seconds for a request to arrive, from its first byte to its last.
        idle_seconds: Seconds for which a connection waits for its next request. It is longer than the timeout
            of proxies, so that a proxy never sends a request just as the connection is closed.
        answer_seconds: Seconds from the last byte of a request to its answer.
        shutdown_seconds: Seconds that pending requests get to finish at shutdown.
    """

    body_bytes: int = 32 * 2**20
    pixels: int = 50_000_000
    pictures: int = 64
    queued_pictures: int = 256
    head_bytes: int = 32 * 2**10
    connections: int = 1_000
    request_seconds: float = 15
    idle_seconds: float = 75
    answer_seconds: float = 10
    shutdown_seconds: float = 30

    @property
    def buffered_bytes(self) -> int:
        """Bytes of bodies in memory, of all requests: eight times the largest body."""
        return 8 * self.body_bytes
