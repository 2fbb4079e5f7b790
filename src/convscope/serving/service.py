"""A request's way: its body is read, taken apart, decoded and predicted, all of it within bounds."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from convscope.errors import PictureError, RequestError
from convscope.serving.answers import encode
from convscope.serving.body import whole_body
from convscope.serving.logs import tell
from convscope.serving.pipeline import Pipeline
from convscope.serving.quota import Quota
from convscope.serving.uploads import Upload, uploads

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from fastapi import FastAPI, Request

    from convscope.classifier import Classifier, Prediction
    from convscope.serving.limits import Limits
    from convscope.serving.metrics import Metrics
    from convscope.serving.model_registry import ModelRegistry

_LOOK_SECONDS = 1.0
"""So often files are looked at, whether they were replaced."""
_SMALL = 2**16
"""Bodies up to so many bytes are taken apart faster than a thread is asked to do it."""


class Service:
    """Predicts what requests bring.

    Args:
        registry: The models.
        limits: How much is taken.
        metrics: What is counted.

    Attributes:
        registry: As given.
        metrics: As given.
        is_ready: Whether requests are answered now.
    """

    def __init__(self, registry: ModelRegistry, limits: Limits, metrics: Metrics) -> None:
        self.registry = registry
        self.metrics = metrics
        self.is_ready = False
        self._limits = limits
        self._bytes = Quota(limits.held_bytes, "bytes")
        self._pictures = Quota(limits.waiting, "pictures")
        metrics.watch("convscope_held_bytes", "Bytes of bodies in memory.", lambda: self._bytes.held)
        metrics.watch("convscope_waiting_pictures", "Pictures under way.", lambda: self._pictures.held)
        metrics.watch("convscope_waiting_limit", "Most pictures under way.", lambda: self._pictures.limit)

    @asynccontextmanager
    async def running(self, _: FastAPI) -> AsyncGenerator[None]:
        """Keep the threads that predict, and look after replaced files, while the service runs."""
        self._pipeline = Pipeline(asyncio.get_running_loop(), self.metrics, self._limits.pixels)
        looking = asyncio.create_task(self._look_after_files())
        self.is_ready = True
        yield
        self.is_ready = False
        looking.cancel()
        self._pipeline.close()

    async def predict(self, request: Request, name: str, top: int) -> bytes:
        """Predict the pictures of a request.

        Args:
            request: Its body is not read yet.
            name: The model's.
            top: How many of the most probable classes to tell.

        Returns:
            An `Answer` in JSON.

        Raises:
            RequestError: It is not one that can be answered, or there is too much to do.
            PictureError: None of its pictures can be read; the first one's.
            ClientDisconnect: Whoever sent it has gone.
        """
        classifier = self.registry[name]  # the same to the end, whatever happens to its file meanwhile
        with self._bytes.share() as take_bytes, self._pictures.share() as take_pictures:
            body = await whole_body(request, self._limits.body_bytes, take_bytes)
            sent = await self._taken_apart(request.headers.get("content-type", ""), body)
            take_pictures(len(sent))
            outcomes = await self._outcomes(classifier, sent, top)
        unreadable = [outcome for outcome in outcomes if isinstance(outcome, PictureError)]
        self.metrics.pictures.add(name, "predicted", by=len(sent) - len(unreadable))
        self.metrics.pictures.add(name, "unreadable", by=len(unreadable))
        request.state.told = {"model": name, "pictures": len(sent), "unreadable": len(unreadable)}
        if len(unreadable) == len(sent):
            raise unreadable[0]
        return encode(name, [one.name for one in sent], outcomes)

    async def _taken_apart(self, content_type: str, body: bytes) -> list[Upload]:
        if len(body) <= _SMALL:
            return uploads(content_type, body, self._limits.pictures)
        return await asyncio.to_thread(uploads, content_type, body, self._limits.pictures)

    async def _outcomes(
        self, classifier: Classifier, sent: Sequence[Upload], top: int
    ) -> list[Prediction | PictureError]:
        under_way = [self._pipeline.submit(classifier, one) for one in sent]
        try:
            async with asyncio.timeout(self._limits.answer_seconds):
                answers = [await one for one in under_way]
        except TimeoutError:
            raise RequestError(
                "the answer took too long",
                status=503,
                why=f"it was not there within {self._limits.answer_seconds:g} seconds",
                remedy="ask again in a moment, or send less at once",
                retry_seconds=1,
            ) from None
        finally:
            for one in under_way:
                one.cancel()
        return [
            answer if isinstance(answer, PictureError) else classifier.prediction(upload.name, answer, top)
            for upload, answer in zip(sent, answers, strict=True)
        ]

    async def _look_after_files(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            for reload in await asyncio.to_thread(self.registry.refresh):
                outcome = "failed" if reload.error else "done"
                self.metrics.reloads.add(reload.name, outcome)
                level = logging.WARNING if reload.error else logging.INFO
                why = str(reload.error or "")
                tell("model replaced", level=level, model=reload.name, outcome=outcome, why=why)
