"""Workers decode and predict pictures together with whatever else waits by then.

    event loop ── submit ──> waiting ── a batch ──> worker: decoded, predicted ── its outcomes ──> event loop

There is a worker for each processor, and each computes in one thread: a picture is handed over twice, and no
computation is divided. A batch does not wait for company: while all workers work, the next one gathers. So a
picture alone is answered at once, and the more come, the larger the batches get. Each is a worker's share of
what waits for one classifier, no more than is predicted at once; classifiers take turns.

A small picture is decoded by the event loop. Most of that is Python, which runs under one lock, and a worker
would hand the lock back and forth with the event loop for each picture; predicting needs it once a batch.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.common.processors import processor_count
from convscope.errors import PictureError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from convscope.classifier import Classifier
    from convscope.model.predictor import Answer
    from convscope.serving.metrics import Metrics
    from convscope.serving.uploads import Upload

_SMALL_BYTES, _SMALL_PIXELS = 2**12, 2**12
"""Up to so many of both, decoding takes a tenth of a millisecond, a third at worst."""
_BATCH_BYTES = 2**20
"""A batch ends with the file that exceeds it: many small pictures gain from company, large ones only wait."""


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """One picture on its way. Nobody waits for it any more once its outcome was cancelled.

    `pixels` are there if it is decoded already.
    """

    classifier: Classifier
    upload: Upload
    pixels: NDArray[np.uint8] | None
    outcome: asyncio.Future[Answer | PictureError]


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
        self._gathered: list[_Job] = []
        workers = processor_count()
        self._waiting = _Waiting(workers)
        self._workers = [threading.Thread(target=self._work, daemon=True) for _ in range(workers)]
        for worker in self._workers:
            worker.start()

    def submit(self, classifier: Classifier, upload: Upload) -> asyncio.Future[Answer | PictureError]:
        """Take a picture; its outcome will be the predictor's answer, or why it cannot be read."""
        job = _Job(classifier, upload, self._at_once(classifier, upload), self._loop.create_future())
        if not self._gathered:
            self._loop.call_soon(self._hand_over)
        self._gathered.append(job)
        return job.outcome

    def close(self) -> None:
        """Finish what was taken and end the threads; called in the event loop's thread."""
        self._hand_over()
        self._waiting.close()
        for worker in self._workers:
            worker.join()

    def _at_once(self, classifier: Classifier, upload: Upload) -> NDArray[np.uint8] | None:
        """Decode a small picture; leave one that is not, or that cannot be read, to a worker."""
        if len(upload.data) > _SMALL_BYTES:
            return None
        try:
            limit = min(_SMALL_PIXELS, self._pixel_limit)
            return classifier.prepared(upload.data, upload.name, pixel_limit=limit)
        except PictureError:
            return None

    def _hand_over(self) -> None:
        """Wake workers once for all that one turn of the event loop has brought."""
        self._waiting.put(self._gathered)
        self._gathered = []

    def _work(self) -> None:
        while batch := self._waiting.next_batch():
            self._predict(batch)

    def _predict(self, batch: Sequence[_Job]) -> None:
        """Settle a batch of one classifier; a picture that cannot be read stops no other."""
        readable: list[_Job] = []
        pixels: list[NDArray[np.uint8]] = []
        for job in batch:
            if job.outcome.cancelled():  # perhaps only while those before it were decoded
                continue
            try:
                pixels.append(self._prepared(job))
            except Exception as error:  # noqa: BLE001 - whoever asked is told, and the thread goes on
                self._settle([job], [error])
            else:
                readable.append(job)
        if not readable:
            return
        start = time.perf_counter()
        try:
            answers = readable[0].classifier.predictor.answers(np.stack(pixels))
        except Exception as error:  # noqa: BLE001 - as above
            self._settle(readable, [error] * len(readable))
        else:
            self._settle(readable, answers, time.perf_counter() - start)

    def _prepared(self, job: _Job) -> NDArray[np.uint8]:
        if job.pixels is not None:
            return job.pixels
        return job.classifier.prepared(job.upload.data, job.upload.name, pixel_limit=self._pixel_limit)

    def _settle(
        self, jobs: Sequence[_Job], results: Sequence[Answer | Exception], seconds: float | None = None
    ) -> None:
        self._loop.call_soon_threadsafe(self._settle_in_loop, jobs, results, seconds)

    def _settle_in_loop(
        self, jobs: Sequence[_Job], results: Sequence[Answer | Exception], seconds: float | None
    ) -> None:
        if seconds is not None:
            self._metrics.batch_pictures.observe(len(jobs))
            self._metrics.batch_seconds.observe(seconds)
        for job, result in zip(jobs, results, strict=True):
            if job.outcome.cancelled():
                continue
            if isinstance(result, PictureError) or not isinstance(result, Exception):
                job.outcome.set_result(result)
            else:
                job.outcome.set_exception(result)


class _Waiting:
    """Pictures that wait for a worker, apart for each classifier; safe from any thread.

    Args:
        workers: How many threads ask for batches.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._changed = threading.Condition()
        self._jobs: dict[Classifier, deque[_Job]] = {}
        self._closed = False

    def put(self, jobs: Sequence[_Job]) -> None:
        """Let pictures wait."""
        with self._changed:
            for job in jobs:
                self._jobs.setdefault(job.classifier, deque()).append(job)
            self._changed.notify(len(jobs))

    def next_batch(self) -> list[_Job]:
        """Wait for pictures and take a share of those of one classifier; none once closed and all taken."""
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._closed)
            if not self._jobs:
                return []
            classifier = next(iter(self._jobs))
            waiting = self._jobs.pop(classifier)
            most = min(-(-len(waiting) // self._workers), classifier.predictor.batch_size)
            batch = [waiting.popleft()]
            held = len(batch[0].upload.data)
            while len(batch) < most and held <= _BATCH_BYTES:
                batch.append(waiting.popleft())
                held += len(batch[-1].upload.data)
            if waiting:
                self._jobs[classifier] = waiting  # at the end: the others come first
            return batch

    def close(self) -> None:
        """Let the workers end when nothing waits any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
