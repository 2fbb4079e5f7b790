"""Answer every error of an application with problem details."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from convscope.common.printable import printable
from convscope.errors import ConvscopeError, RequestError
from convscope.serving import problems
from convscope.serving.logs import log_event

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request


def add_error_handlers(app: FastAPI) -> None:
    """Make an application answer every error with problem details."""
    for kind in (ConvscopeError, ClientDisconnect, Exception):
        app.add_exception_handler(kind, problem_response)

    @app.exception_handler(HTTPException)
    async def no_such_route(request: Request, error: HTTPException) -> Response:
        path = printable(
            request.scope["path"][:100]
        )  # request.url would decode the query, which may contain any bytes
        what = f"{request.method} {path} is not supported"
        remedy = "see /openapi.json for what is"
        return _response(RequestError(what, status=error.status_code, remedy=remedy, headers=error.headers))

    @app.exception_handler(RequestValidationError)
    async def invalid_parameter(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        what = f"the parameter {printable(str(first['loc'][-1]))} is invalid"
        return _response(RequestError(what, status=422, why=printable(first["msg"])))


def problem_response(_: Request, error: Exception) -> Response:
    """Return the answer to a request that ended in an error; a bug is logged with its traceback."""
    match error:
        case ConvscopeError():
            return _response(error)
        case ClientDisconnect():
            return Response(status_code=400)  # the client is gone
        case _:
            log_event("a bug in convscope", level=logging.ERROR, error=error)
            remedy = "report it, with the log"
            return _response(RequestError("this is a bug in convscope", status=500, remedy=remedy))


def _response(error: ConvscopeError) -> Response:
    status, headers = problems.status_of(error), problems.headers_of(error)
    return Response(problems.encode(error), status, headers, problems.MEDIA_TYPE)
