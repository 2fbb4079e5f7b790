"""Pictures are decoded in threads, and predicted together with whatever else waits by then.

    event loop ── submit ──> decoders ── prepared pictures ──> predictor ── a batch's answers ──> event loop

A batch does not wait for company: while one is predicted, the next gathers. So a picture alone is answered
at once, and the more come, the larger the batches get. Each takes all that wait for one classifier, up to as
many as fit into the processor's cache; classifiers take turns.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.processors import processor_count

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from convscope.classifier import Classifier
    from convscope.model.predictor import Answer
    from convscope.serving.metrics import Metrics
    from convscope.serving.uploads import Upload


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """One picture on its way. Nobody waits for it any more once its outcome was cancelled."""

    classifier: Classifier
    upload: Upload
    outcome: asyncio.Future[Answer]


class Pipeline:
    """Predicts pictures for requests that run in one event loop.

    Args:
        loop: That event loop.
        metrics: What batches are told to.
        pixel_limit: How many pixels one picture may have.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, metrics: Metrics, pixel_limit: int) -> None:
        self._loop = loop
        self._metrics = metrics
        self._pixel_limit = pixel_limit
        self._decoders = ThreadPoolExecutor(processor_count(), "decoder")
        self._waiting = _Waiting()
        self._predictor = threading.Thread(target=self._predict_all, name="predictor", daemon=True)
        self._predictor.start()

    def submit(self, classifier: Classifier, upload: Upload) -> asyncio.Future[Answer]:
        """Take a picture; its outcome will be the predictor's answer, or a PictureError."""
        job = _Job(classifier, upload, self._loop.create_future())
        self._decoders.submit(self._decode, job)
        return job.outcome

    def close(self) -> None:
        """Finish what was taken and end the threads."""
        self._decoders.shutdown()
        self._waiting.close()
        self._predictor.join()

    def _decode(self, job: _Job) -> None:
        if job.outcome.cancelled():
            return
        try:
            pixels = job.classifier.prepared(job.upload.data, job.upload.name, pixel_limit=self._pixel_limit)
        except Exception as error:  # noqa: BLE001 - whoever asked is told, and the thread goes on
            self._settle([job], error)
        else:
            self._waiting.put(job, pixels)

    def _predict_all(self) -> None:
        while batch := self._waiting.next_batch():
            jobs, pixels = zip(*batch, strict=True)
            start = time.perf_counter()
            try:
                answers = jobs[0].classifier.predictor.answers(np.stack(pixels))
            except Exception as error:  # noqa: BLE001 - as above
                self._settle(jobs, error)
            else:
                self._settle(jobs, answers, time.perf_counter() - start)

    def _settle(
        self, jobs: Sequence[_Job], result: list[Answer] | Exception, seconds: float | None = None
    ) -> None:
        self._loop.call_soon_threadsafe(self._settle_in_loop, jobs, result, seconds)

    def _settle_in_loop(
        self, jobs: Sequence[_Job], result: list[Answer] | Exception, seconds: float | None
    ) -> None:
        if seconds is not None:
            self._metrics.batch_pictures.observe(len(jobs))
            self._metrics.batch_seconds.observe(seconds)
        for place, job in enumerate(jobs):
            if job.outcome.cancelled():
                continue
            if isinstance(result, Exception):
                job.outcome.set_exception(result)
            else:
                job.outcome.set_result(result[place])


class _Waiting:
    """Prepared pictures that wait for the predictor, apart for each classifier; safe from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._jobs: dict[Classifier, deque[tuple[_Job, NDArray[np.uint8]]]] = {}
        self._closed = False

    def put(self, job: _Job, pixels: NDArray[np.uint8]) -> None:
        """Let a picture wait."""
        with self._changed:
            self._jobs.setdefault(job.classifier, deque()).append((job, pixels))
            self._changed.notify()

    def next_batch(self) -> list[tuple[_Job, NDArray[np.uint8]]]:
        """Wait for pictures and take those of one classifier; none once closed and all taken."""
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._closed)
            if not self._jobs:
                return []
            classifier = next(iter(self._jobs))
            waiting = self._jobs.pop(classifier)
            batch = [waiting.popleft() for _ in range(min(len(waiting), classifier.predictor.batch_size))]
            if waiting:
                self._jobs[classifier] = waiting  # at the end: the others come first
            return batch

    def close(self) -> None:
        """Let the predictor end when nothing waits any more."""
        with self._changed:
            self._closed = True
            self._changed.notify()
