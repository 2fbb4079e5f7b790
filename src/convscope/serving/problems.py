"""Errors as JSON problem details: what went wrong, why, and what to do.

Source: RFC 9457, https://www.rfc-editor.org/rfc/rfc9457. No `type` is sent, which means `about:blank`:
    `title` is the phrase of the HTTP status, and `detail`, `why` and `remedy` contain the rest.
"""

from __future__ import annotations

import json
from http import HTTPStatus

from convscope.errors import (
    ConvscopeError,
    DataError,
    ModelFileError,
    NetworkError,
    NotationError,
    PictureError,
    RequestError,
    RunError,
    SettingError,
)

MEDIA_TYPE = "application/problem+json"
_CAUSED_BY_INPUT = (
    DataError, ModelFileError, NetworkError, NotationError, PictureError, RunError, SettingError
)  # fmt: skip


def problem(error: ConvscopeError) -> dict[str, str | int]:
    """Return the problem details of an error.

    Example:
        >>> problem(RequestError("there is no model pots", status=404, remedy="ask for pets"))
        {'title': 'Not Found', 'status': 404, 'detail': 'there is no model pots', 'remedy': 'ask for pets'}
    """
    status = status_of(error)
    details = {"detail": error.what, "why": error.why, "remedy": error.remedy}
    return {
        "title": HTTPStatus(status).phrase,
        "status": status,
        **{name: text for name, text in details.items() if text},
    }


def status_of(error: ConvscopeError) -> int:
    """Return the HTTP status of an error: its own, 422 if the input is at fault, otherwise 500."""
    if isinstance(error, RequestError):
        return error.status
    return 422 if isinstance(error, _CAUSED_BY_INPUT) else 500


def headers_of(error: ConvscopeError) -> dict[str, str]:
    """Return the headers of an answer with this error, except media type and length.

    Example:
        >>> headers_of(RequestError("the service is busy", status=429, retry_seconds=1))
        {'retry-after': '1'}
    """
    return dict(error.headers) if isinstance(error, RequestError) else {}


def encode(error: ConvscopeError) -> bytes:
    """Return the body of an answer with this error."""
    return json.dumps(problem(error)).encode()
