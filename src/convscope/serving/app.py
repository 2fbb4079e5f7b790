"""The addresses of the service and what each answers."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import FastAPI, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from convscope.common.printable import printable
from convscope.errors import ConvscopeError, RequestError
from convscope.serving import metrics, page, problems
from convscope.serving.answers import Answer, Problem, ServedModels, served
from convscope.serving.host_and_token import OPEN_PATHS
from convscope.serving.logs import tell
from convscope.serving.uploads import Base64Pictures

if TYPE_CHECKING:
    from convscope.serving.service import Service

PREDICT = "/models/{name}/predict"
DEFAULT_TOP = 5

Name = Annotated[str, Path(description="The model's name.", max_length=64)]
Top = Annotated[int, Query(ge=1, le=1_000, description="How many of the most probable classes to tell.")]

_PROBLEM: dict[str, Any] = {"content": {problems.MEDIA_TYPE: {"schema": Problem.model_json_schema()}}}
_PICTURE: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"description": "The body is not what it says it is.", **_PROBLEM},
    401: {"description": "A token is needed.", **_PROBLEM},
    404: {"description": "There is no such model.", **_PROBLEM},
    408: {"description": "The request did not arrive in time.", **_PROBLEM},
    413: {"description": "There are too many bytes or pictures.", **_PROBLEM},
    415: {"description": "The body's type is not understood.", **_PROBLEM},
    421: {"description": "The request is meant for another host.", **_PROBLEM},
    422: {"description": "No picture can be read, or a parameter is wrong.", **_PROBLEM},
    429: {"description": "There is too much to do: ask again as Retry-After says.", **_PROBLEM},
    431: {"description": "The headers are too long.", **_PROBLEM},
    503: {"description": "It took too long: ask again as Retry-After says.", **_PROBLEM},
}
_ANSWER = {
    "model": "pets",
    "predictions": [
        {
            "picture": "tom.jpg",
            "unknown": False,
            "score": 7.31,
            "classes": [{"class": "cat", "probability": 0.971}, {"class": "dog", "probability": 0.029}],
        },
        {
            "picture": "a-flower.jpg",
            "unknown": True,
            "score": -2.6,
            "classes": [{"class": "dog", "probability": 0.613}, {"class": "cat", "probability": 0.387}],
        },
        {
            "picture": "text.txt",
            "problem": {
                "title": "Unprocessable Content",
                "status": 422,
                "detail": "cannot read the picture text.txt",
                "why": "its content is not a JPEG, PNG, GIF, BMP, TIFF or WebP picture",
            },
        },
    ],
}
_MODELS = {"models": [{"name": "pets", "network": "32C3-MP2-64C3-MP2-128N", "classes": ["cat", "dog"]}]}
_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "image/*": _PICTURE,
        "application/octet-stream": _PICTURE,
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {"picture": {"type": "array", "items": _PICTURE["schema"]}},
                "description": "Every part is a picture, named by its file's name.",
            }
        },
        "application/json": {
            "schema": Base64Pictures.model_json_schema(ref_template="#/components/schemas/{model}"),
            "example": {
                "pictures": [{"name": "dot.gif", "data": "R0lGODdhAQABAIAAAP///////ywAAAAAAQABAAACAkQBADs="}]
            },
        },
    },
}


def make_app(service: Service, *, asks_for_token: bool = False) -> FastAPI:
    """Put the addresses together.

    No page of documentation is among them: those that FastAPI brings load scripts from elsewhere.

    Args:
        service: What predicts.
        asks_for_token: Whether the description of the service says that it wants a token. The guard asks.
    """
    app = FastAPI(
        title="convscope",
        summary="Which class a picture is of.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # it reads addresses as UTF-8, which they need not be
        lifespan=service.running,
    )
    _add_prediction(app, service)
    _add_observation(app, service)
    _add_page(app)
    add_problems(app)
    if asks_for_token:
        _describe_token(app)
    return app


def _describe_token(app: FastAPI) -> None:
    description = app.openapi()  # made once: FastAPI keeps it, and gives it out as it is then
    description["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for address, operations in description["paths"].items():
        if address not in OPEN_PATHS:
            for operation in operations.values():
                operation["security"] = [{"token": []}]


def _add_prediction(app: FastAPI, service: Service) -> None:
    @app.post(
        PREDICT,
        response_model=Answer,
        responses={200: _example(_ANSWER), **_PROBLEMS},
        openapi_extra={"requestBody": _BODY},
    )
    async def predict(request: Request, name: Name, top: Top = DEFAULT_TOP) -> Response:
        """Say which class pictures are of.

        A picture that cannot be read carries a problem instead of classes; if none can be, the whole answer
        is a problem.
        """
        return Response(await service.predict(request, name, top), media_type="application/json")

    @app.get("/models", responses={200: _example(_MODELS), 401: _PROBLEMS[401]})
    async def models() -> ServedModels:
        """Which models are served, and which classes they know."""
        return ServedModels(models=[served(name, service.registry[name]) for name in service.registry])


def _example(answer: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"example": answer}}}


def _add_observation(app: FastAPI, service: Service) -> None:
    @app.get("/healthz", response_class=Response)
    async def healthz() -> Response:
        """Whether the process is alive."""
        return Response(status_code=204)

    @app.get("/readyz", response_class=Response, responses={503: _PROBLEMS[503]})
    async def readyz() -> Response:
        """Whether requests are answered."""
        if not service.is_ready:
            raise RequestError("the service is not ready", status=503, retry_seconds=1)
        return Response(status_code=204)

    @app.get("/metrics", response_class=Response, responses={401: _PROBLEMS[401]})
    async def read_metrics() -> Response:
        """What was counted, as Prometheus reads it."""
        return Response(service.metrics.text(), media_type=metrics.MEDIA_TYPE)


def _add_page(app: FastAPI) -> None:
    for address, (media_type, content) in page.FILES.items():
        headers = {"content-security-policy": page.POLICY}
        answer = Response(content, media_type=media_type, headers=headers)
        app.get(address, include_in_schema=False)(_giving(answer))


def _giving(answer: Response) -> Any:  # noqa: ANN401 - an endpoint, in FastAPI's own type
    async def give() -> Response:
        return answer

    return give


def add_problems(app: FastAPI) -> None:
    """Let whatever goes wrong in an application become a problem in JSON."""
    for kind in (ConvscopeError, ClientDisconnect, Exception):
        app.add_exception_handler(kind, told)

    @app.exception_handler(HTTPException)
    async def no_address(request: Request, error: HTTPException) -> Response:
        path = printable(request.scope["path"][:100])  # its URL would decode a query of any bytes, too
        what = f"{request.method} {path} is not an address of this service"
        remedy = "see /openapi.json for those that are"
        return _answer(RequestError(what, status=error.status_code, remedy=remedy, headers=error.headers))

    @app.exception_handler(RequestValidationError)
    async def wrong_parameter(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        what = f"the parameter {printable(str(first['loc'][-1]))} is wrong"
        return _answer(RequestError(what, status=422, why=printable(first["msg"])))


def told(_: Request, error: Exception) -> Response:
    """Answer with what went wrong."""
    match error:
        case ConvscopeError():
            return _answer(error)
        case ClientDisconnect():
            return Response(status_code=400)  # nobody is there to read it
        case _:
            tell("a bug in convscope", level=logging.ERROR, error=error)
            remedy = "report it, with the log"
            return _answer(RequestError("this is a bug in convscope", status=500, remedy=remedy))


def _answer(error: ConvscopeError) -> Response:
    status, headers = problems.status_of(error), problems.headers_of(error)
    return Response(problems.encode(error), status, headers, problems.MEDIA_TYPE)
