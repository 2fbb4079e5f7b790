"""Worker threads that decode and predict pictures in batches.

    event loop ── submit ──> queue ── a batch ──> worker: decode, predict ── results ──> event loop

There is one worker per processor, and each computes in a single thread: a picture is handed over twice, and
computations are not divided. A batch is never delayed to make it larger: while all workers are busy, the next
one accumulates. So a single picture is answered at once, and the busier the service, the larger the batches.
A batch is a worker's share of one classifier's queue; classifiers take turns.

The event loop decodes small pictures itself. That is mostly Python, which runs under the interpreter lock
(GIL), and a worker would pass the lock back and forth with the event loop for each picture.
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
"""Pictures up to both limits are decoded in a tenth of a millisecond, a third at most."""
_BATCH_BYTES = 2**20
"""A batch ends with the file that exceeds this: small pictures gain from batching, large ones only wait."""


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """One picture to predict. If `result` was cancelled, nobody waits for it.

    `pixels` is None until the picture is decoded.
    """

    classifier: Classifier
    upload: Upload
    pixels: NDArray[np.uint8] | None
    result: asyncio.Future[Answer | PictureError]


class Pipeline:
    """Predicts pictures for requests that run in one event loop.

    Args:
        loop: The event loop.
        metrics: The metrics of batches.
        pixel_limit: Largest number of pixels of a picture.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, metrics: Metrics, pixel_limit: int) -> None:
        self._loop = loop
        self._metrics = metrics
        self._pixel_limit = pixel_limit
        self._submitted: list[_Job] = []
        workers = processor_count()
        self._queue = _BatchQueue(workers)
        self._workers = [threading.Thread(target=self._work, daemon=True) for _ in range(workers)]
        for worker in self._workers:
            worker.start()

    def submit(self, classifier: Classifier, upload: Upload) -> asyncio.Future[Answer | PictureError]:
        """Queue a picture; the future's result is the answer, or the error of an unreadable picture."""
        job = _Job(classifier, upload, self._decode_if_small(classifier, upload), self._loop.create_future())
        if not self._submitted:
            self._loop.call_soon(self._flush)
        self._submitted.append(job)
        return job.result

    def close(self) -> None:
        """Finish all submitted pictures and end the threads; call it in the event loop's thread."""
        self._flush()
        self._queue.close()
        for worker in self._workers:
            worker.join()

    def _decode_if_small(self, classifier: Classifier, upload: Upload) -> NDArray[np.uint8] | None:
        """Decode a small picture; leave a large or unreadable one to a worker."""
        if len(upload.data) > _SMALL_BYTES:
            return None
        try:
            limit = min(_SMALL_PIXELS, self._pixel_limit)
            return classifier.prepared(upload.data, upload.name, pixel_limit=limit)
        except PictureError:
            return None

    def _flush(self) -> None:
        """Wake the workers, once for all pictures submitted in one iteration of the event loop."""
        self._queue.put(self._submitted)
        self._submitted = []

    def _work(self) -> None:
        while batch := self._queue.next_batch():
            self._predict(batch)

    def _predict(self, batch: Sequence[_Job]) -> None:
        """Predict a batch of one classifier. An unreadable picture does not affect the others."""
        readable: list[_Job] = []
        pixels: list[NDArray[np.uint8]] = []
        for job in batch:
            if job.result.cancelled():  # perhaps while earlier ones were decoded
                continue
            try:
                pixels.append(self._decoded(job))
            except Exception as error:  # noqa: BLE001 - the request gets it, and the thread goes on
                self._deliver([job], [error])
            else:
                readable.append(job)
        if not readable:
            return
        start = time.perf_counter()
        try:
            answers = readable[0].classifier.predictor.answers(np.stack(pixels))
        except Exception as error:  # noqa: BLE001 - as above
            self._deliver(readable, [error] * len(readable))
        else:
            self._deliver(readable, answers, time.perf_counter() - start)

    def _decoded(self, job: _Job) -> NDArray[np.uint8]:
        if job.pixels is not None:
            return job.pixels
        return job.classifier.prepared(job.upload.data, job.upload.name, pixel_limit=self._pixel_limit)

    def _deliver(
        self, jobs: Sequence[_Job], results: Sequence[Answer | Exception], seconds: float | None = None
    ) -> None:
        self._loop.call_soon_threadsafe(self._set_results, jobs, results, seconds)

    def _set_results(
        self, jobs: Sequence[_Job], results: Sequence[Answer | Exception], seconds: float | None
    ) -> None:
        if seconds is not None:
            self._metrics.batch_pictures.observe(len(jobs))
            self._metrics.batch_seconds.observe(seconds)
        for job, result in zip(jobs, results, strict=True):
            if job.result.cancelled():
                continue
            if isinstance(result, PictureError) or not isinstance(result, Exception):
                job.result.set_result(result)
            else:
                job.result.set_exception(result)


class _BatchQueue:
    """Pictures waiting for a worker, one queue per classifier; thread-safe.

    Args:
        workers: Number of threads that take batches.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._changed = threading.Condition()
        self._jobs: dict[Classifier, deque[_Job]] = {}
        self._closed = False

    def put(self, jobs: Sequence[_Job]) -> None:
        """Add pictures."""
        with self._changed:
            for job in jobs:
                self._jobs.setdefault(job.classifier, deque()).append(job)
            self._changed.notify(len(jobs))

    def next_batch(self) -> list[_Job]:
        """Wait for pictures and take a share of one classifier's queue; empty once closed and drained."""
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._closed)
            if not self._jobs:
                return []
            classifier = next(iter(self._jobs))
            waiting = self._jobs.pop(classifier)
            size = min(-(-len(waiting) // self._workers), classifier.predictor.batch_size)
            batch = [waiting.popleft()]
            batch_bytes = len(batch[0].upload.data)
            while len(batch) < size and batch_bytes <= _BATCH_BYTES:
                batch.append(waiting.popleft())
                batch_bytes += len(batch[-1].upload.data)
            if waiting:
                self._jobs[classifier] = waiting  # at the end: the other classifiers come first
            return batch

    def close(self) -> None:
        """Make the workers end once nothing is waiting."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
