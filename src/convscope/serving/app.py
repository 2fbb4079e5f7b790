"""The routes of the service, apart from the prediction itself (`predict_endpoint`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI, Response

from convscope.errors import RequestError
from convscope.serving import metrics, page
from convscope.serving.error_handling import add_error_handlers
from convscope.serving.openapi import MODELS_EXAMPLE, complete_openapi, example, problem_responses
from convscope.serving.predict_endpoint import PredictEndpoint
from convscope.serving.responses import ServedModels, describe_model

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from convscope.serving.service import Service


def make_app(service: Service, *, requires_token: bool = False) -> ASGIApp:
    """Assemble the service as one ASGI application.

    It has no interactive documentation, because FastAPI's loads scripts from another host.

    Args:
        service: The prediction service.
        requires_token: Whether the OpenAPI description requires a token. `host_and_token` checks it.
    """
    app = FastAPI(
        title="convscope",
        summary="Predicts which class a picture shows.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would decode the path as UTF-8, which may be invalid
        lifespan=service.running,
    )
    _add_models(app, service)
    _add_monitoring(app, service)
    _add_page(app)
    add_error_handlers(app)
    complete_openapi(app, requires_token=requires_token)
    return PredictEndpoint(app, service)


def _add_models(app: FastAPI, service: Service) -> None:
    @app.get("/models", responses={200: example(MODELS_EXAMPLE), **problem_responses(401)})
    async def models() -> ServedModels:
        """List the models and the classes they know."""
        return ServedModels(
            models=[describe_model(name, service.registry[name]) for name in service.registry]
        )


def _add_monitoring(app: FastAPI, service: Service) -> None:
    @app.get("/healthz", response_class=Response)
    async def healthz() -> Response:
        """Answer 204 while the process is alive."""
        return Response(status_code=204)

    @app.get("/readyz", response_class=Response, responses=problem_responses(503))
    async def readyz() -> Response:
        """Answer 204 while the service takes requests."""
        if not service.is_ready:
            raise RequestError("the service is not ready", status=503, retry_seconds=1)
        return Response(status_code=204)

    @app.get("/metrics", response_class=Response, responses=problem_responses(401))
    async def read_metrics() -> Response:
        """Return the metrics in Prometheus's text format."""
        return Response(service.metrics.text(), media_type=metrics.MEDIA_TYPE)


def _add_page(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False)
    async def read_page() -> Response:
        headers = {"content-security-policy": page.POLICY}
        return Response(page.PAGE, media_type="text/html; charset=utf-8", headers=headers)
