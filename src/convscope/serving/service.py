"""Process a request for predictions: read the body, split it into pictures, predict, encode."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from convscope.errors import PictureError, RequestError
from convscope.serving.body import read_body
from convscope.serving.logs import log_event
from convscope.serving.pipeline import Pipeline
from convscope.serving.quota import Quota
from convscope.serving.responses import encode_predictions
from convscope.serving.uploads import Upload, parse_uploads

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from fastapi import FastAPI
    from starlette.requests import Request

    from convscope.classifier import Classifier
    from convscope.predictions import Prediction
    from convscope.serving.limits import Limits
    from convscope.serving.metrics import Metrics
    from convscope.serving.model_registry import ModelRegistry

_REFRESH_SECONDS = 1.0
_SMALL_BODY = 2**16
"""Bodies up to this many bytes are parsed faster than they could be passed to a thread."""


class Service:
    """Predicts the pictures of requests.

    Args:
        registry: The models.
        limits: The limits of requests.
        metrics: The metrics of the service.

    Attributes:
        registry: The models.
        metrics: The metrics.
        is_ready: Whether requests are answered now.
    """

    def __init__(self, registry: ModelRegistry, limits: Limits, metrics: Metrics) -> None:
        self.registry = registry
        self.metrics = metrics
        self.is_ready = False
        self._limits = limits
        self._bytes = Quota(limits.buffered_bytes, "bytes")
        self._pictures = Quota(limits.queued_pictures, "pictures")
        metrics.watch("buffered_bytes", "Bytes of request bodies in memory.", lambda: self._bytes.used)
        metrics.watch("queued_pictures", "Pictures waiting or being predicted.", lambda: self._pictures.used)
        metrics.watch("queued_pictures_limit", "Limit of queued pictures.", lambda: self._pictures.limit)

    @asynccontextmanager
    async def running(self, _: FastAPI) -> AsyncGenerator[None]:
        """Run the worker threads, and reload replaced model files, for the lifetime of the application."""
        self._pipeline = Pipeline(asyncio.get_running_loop(), self.metrics, self._limits.pixels)
        refreshing = asyncio.create_task(self._refresh_models())
        self.is_ready = True
        yield
        self.is_ready = False
        refreshing.cancel()
        self._pipeline.close()

    async def predict(self, request: Request, name: str, top: int) -> bytes:
        """Predict the pictures of a request.

        Args:
            request: A request whose body has not been read yet.
            name: The name of the model.
            top: Number of most probable classes to list.

        Returns:
            A `PredictResponse` as JSON.

        Raises:
            RequestError: The request is invalid, or the service is busy.
            PictureError: None of the pictures can be read; this is the error of the first one.
            ClientDisconnect: The client has disconnected.
        """
        classifier = self.registry[name]  # kept to the end, even if its file is replaced in the meantime
        with self._bytes.reservation() as reserve_bytes, self._pictures.reservation() as reserve_pictures:
            body = await read_body(request, self._limits.body_bytes, reserve_bytes)
            uploads = await self._parse(request.headers.get("content-type", ""), body)
            reserve_pictures(len(uploads))
            outcomes = await self._predict(classifier, uploads, top)
        unreadable = [outcome for outcome in outcomes if isinstance(outcome, PictureError)]
        self._count(name, "predicted", len(uploads) - len(unreadable))
        self._count(name, "unreadable", len(unreadable))
        request.state.log_fields = {"model": name, "pictures": len(uploads), "unreadable": len(unreadable)}
        if len(unreadable) == len(uploads):
            raise unreadable[0]
        return encode_predictions(name, [upload.name for upload in uploads], outcomes)

    def _count(self, name: str, outcome: str, pictures: int) -> None:
        if pictures:
            self.metrics.pictures.labels(name, outcome).inc(pictures)

    async def _parse(self, content_type: str, body: bytes) -> list[Upload]:
        if len(body) <= _SMALL_BODY:
            return parse_uploads(content_type, body, self._limits.pictures)
        return await asyncio.to_thread(parse_uploads, content_type, body, self._limits.pictures)

    async def _predict(
        self, classifier: Classifier, uploads: Sequence[Upload], top: int
    ) -> list[Prediction | PictureError]:
        pending = [self._pipeline.submit(classifier, upload) for upload in uploads]
        try:
            async with asyncio.timeout(self._limits.answer_seconds):
                answers = [await future for future in pending]
        except TimeoutError:
            raise RequestError(
                "the prediction took too long",
                status=503,
                why=f"it was not ready within {self._limits.answer_seconds:g} seconds",
                remedy="try again in a moment, or send fewer pictures at once",
                retry_seconds=1,
            ) from None
        finally:
            for future in pending:
                future.cancel()
        return [
            answer if isinstance(answer, PictureError) else classifier.prediction(upload.name, answer, top)
            for upload, answer in zip(uploads, answers, strict=True)
        ]

    async def _refresh_models(self) -> None:
        while True:
            await asyncio.sleep(_REFRESH_SECONDS)
            for reload in await asyncio.to_thread(self.registry.refresh):
                outcome = "failed" if reload.error else "done"
                self.metrics.reloads.labels(reload.name, outcome).inc()
                level = logging.WARNING if reload.error else logging.INFO
                why = str(reload.error or "")
                log_event("model reloaded", level=level, model=reload.name, outcome=outcome, why=why)
