"""Numbers about the service, as Prometheus reads them.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4). All is counted in
one thread, the event loop's, so that nothing needs a lock.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MEDIA_TYPE = "text/plain; version=0.0.4"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_PICTURES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metric(Protocol):
    """Something that can be written down for Prometheus."""

    def lines(self) -> Iterator[str]:
        """Yield the lines of the text format, help and type first."""
        ...


class Counter:
    r"""Something that is counted, apart for each value of its labels.

    Example:
        >>> answers = Counter("answers_total", "Answers sent.", "status")
        >>> answers.add("200"), answers.add("200", by=2)
        (None, None)
        >>> print(*answers.lines(), sep="\n")
        # HELP answers_total Answers sent.
        # TYPE answers_total counter
        answers_total{status="200"} 3
    """

    def __init__(self, name: str, about: str, *labels: str) -> None:
        self._name, self._about, self._labels = name, about, labels
        self._counts: dict[tuple[str, ...], float] = {}

    def add(self, *values: str, by: float = 1) -> None:
        """Count one more, or some, where the labels have these values."""
        self._counts[values] = self._counts.get(values, 0) + by

    def lines(self) -> Iterator[str]:
        """See Metric."""
        yield from _head(self._name, self._about, "counter")
        for values, count in self._counts.items():
            yield f"{self._name}{_labelled(self._labels, values)} {count}"


class Gauge:
    """Something that goes up and down, looked at when asked for."""

    def __init__(self, name: str, about: str, look: Callable[[], float]) -> None:
        self._name, self._about, self._look = name, about, look

    def lines(self) -> Iterator[str]:
        """See Metric."""
        yield from _head(self._name, self._about, "gauge")
        yield f"{self._name} {self._look()}"


class Histogram:
    r"""How large something was: how often at most each of some bounds, how often at all, and the sum.

    Example:
        >>> batches = Histogram("batch", "Pictures in a batch.", (1, 2))
        >>> batches.observe(1), batches.observe(5)
        (None, None)
        >>> print(*batches.lines(), sep="\n")
        # HELP batch Pictures in a batch.
        # TYPE batch histogram
        batch_bucket{le="1"} 1
        batch_bucket{le="2"} 1
        batch_bucket{le="+Inf"} 2
        batch_sum 6
        batch_count 2
    """

    def __init__(self, name: str, about: str, bounds: Sequence[float]) -> None:
        self._name, self._about, self._bounds = name, about, bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum: float = 0

    def observe(self, value: float) -> None:
        """Note one."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def lines(self) -> Iterator[str]:
        """See Metric."""
        yield from _head(self._name, self._about, "histogram")
        total = 0
        for bound, count in zip((*self._bounds, "+Inf"), self._counts, strict=True):
            total += count
            yield f'{self._name}_bucket{{le="{bound}"}} {total}'
        yield f"{self._name}_sum {self._sum}"
        yield f"{self._name}_count {total}"


class Metrics:
    """All that is counted.

    Attributes:
        requests: Answered, by what was asked for and status.
        request_seconds: From a request's headers to its answer.
        pictures: By model and by what became of them: predicted, unreadable.
        batch_pictures: How many pictures were predicted at once.
        batch_seconds: How long that took.
        reloads: Of models whose file was replaced, by model and whether it succeeded.
    """

    def __init__(self) -> None:
        self.requests = Counter("convscope_requests_total", "Requests answered.", "route", "status")
        self.request_seconds = Histogram(
            "convscope_request_seconds", "From a request's headers to its answer.", _SECONDS
        )
        self.pictures = Counter(
            "convscope_pictures_total", "Pictures, by what became of them.", "model", "outcome"
        )
        self.batch_pictures = Histogram("convscope_batch_pictures", "Pictures predicted at once.", _PICTURES)
        self.batch_seconds = Histogram("convscope_batch_seconds", "Time to predict a batch.", _SECONDS)
        self.reloads = Counter("convscope_reloads_total", "Model files read anew.", "model", "outcome")
        self._gauges: list[Gauge] = []

    def watch(self, name: str, about: str, look: Callable[[], float]) -> None:
        """Show one more number, looked at when asked for."""
        self._gauges.append(Gauge(name, about, look))

    def text(self) -> str:
        """Write all of it in the text format."""
        metrics: list[Metric] = [
            self.requests,
            self.request_seconds,
            self.pictures,
            self.batch_pictures,
            self.batch_seconds,
            self.reloads,
            *self._gauges,
        ]
        return "".join(f"{line}\n" for metric in metrics for line in metric.lines())


def _head(name: str, about: str, kind: str) -> Iterator[str]:
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} {kind}"


def _labelled(labels: Sequence[str], values: Sequence[str]) -> str:
    if not labels:
        return ""
    return (
        "{" + ",".join(f'{one}="{_escaped(value)}"' for one, value in zip(labels, values, strict=True)) + "}"
    )


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
