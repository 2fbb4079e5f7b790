"""What went wrong, as JSON: what, why and what to do.

Source: RFC 9457, https://www.rfc-editor.org/rfc/rfc9457. No `type` is given, so each is an `about:blank`: its
title is the phrase of HTTP's status, and `detail`, `why` and `remedy` say the rest.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from collections.abc import Mapping

MEDIA_TYPE = "application/problem+json"
_GIVEN = (DataError, ModelFileError, NetworkError, NotationError, PictureError, RunError, SettingError)


def problem(error: ConvscopeError) -> dict[str, str | int]:
    """Describe an error.

    Example:
        >>> problem(RequestError("there is no model pots", status=404, remedy="ask for pets"))
        {'title': 'Not Found', 'status': 404, 'detail': 'there is no model pots', 'remedy': 'ask for pets'}
    """
    status = status_of(error)
    told = {"detail": error.what, "why": error.why, "remedy": error.remedy}
    return {
        "title": HTTPStatus(status).phrase,
        "status": status,
        **{name: text for name, text in told.items() if text},
    }


def status_of(error: ConvscopeError) -> int:
    """Which of HTTP's statuses an error has: its own, 422 where what a person gave is at fault, else 500."""
    if isinstance(error, RequestError):
        return error.status
    return 422 if isinstance(error, _GIVEN) else 500


def headers_of(error: ConvscopeError) -> dict[str, str]:
    """The headers that an answer with this error carries besides its media type.

    Example:
        >>> headers_of(RequestError("the service is busy", status=429, retry_seconds=1))
        {'retry-after': '1'}
    """
    found: Mapping[str, str] = error.headers if isinstance(error, RequestError) else {}
    return dict(found)


def encode(error: ConvscopeError) -> bytes:
    """The body of an answer with this error."""
    return json.dumps(problem(error)).encode()
