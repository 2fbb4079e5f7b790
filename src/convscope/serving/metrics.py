"""The metrics of the service, for Prometheus.

Source: https://prometheus.io/docs/practices/naming/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MEDIA_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_PICTURES = (1, 2, 4, 8, 16, 32, 64, 128, 256)

disable_created_metrics()


class Metrics:
    """All metrics of one service.

    Attributes:
        requests: Requests answered, by route and status.
        request_seconds: Seconds from a request's headers to its answer.
        pictures: Pictures, by model and outcome: predicted or unreadable.
        batch_pictures: Pictures in a batch.
        batch_seconds: Seconds to predict a batch.
        reloads: Model files loaded again, by model and outcome: done or failed.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = self._counter("requests", "Requests answered.", "route", "status")
        self.pictures = self._counter("pictures", "Pictures, by outcome.", "model", "outcome")
        self.reloads = self._counter("reloads", "Model files loaded again.", "model", "outcome")
        self.request_seconds = self._histogram(
            "request_seconds", "Seconds from a request's headers to its answer.", _SECONDS
        )
        self.batch_pictures = self._histogram("batch_pictures", "Pictures in a batch.", _PICTURES)
        self.batch_seconds = self._histogram("batch_seconds", "Seconds to predict a batch.", _SECONDS)

    def watch(self, name: str, about: str, value: Callable[[], float]) -> None:
        """Add a gauge whose value is computed at each scrape."""
        Gauge(f"convscope_{name}", about, registry=self._registry).set_function(value)

    def text(self) -> bytes:
        """Return all metrics in Prometheus's text format."""
        return generate_latest(self._registry)

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(f"convscope_{name}", about, labels, registry=self._registry)

    def _histogram(self, name: str, about: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"convscope_{name}", about, buckets=buckets, registry=self._registry)
