"""The page application: its frame, its modules, and what a browser may load for it."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import Response
from starlette.staticfiles import StaticFiles

from convscope.walkthrough.page import WEB as WALK_WEB

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from fastapi import FastAPI
    from starlette.types import Scope

WEB = Path(__file__).parent / "web"

_FOLDERS = {"studio": ("/studio/", WEB), "convscope": ("/walkthrough/", WALK_WEB)}
"""Where the modules lie that are imported as `studio/NAME.js`: their address, and their folder."""
_IMPORT = re.compile(r'^(?:import|export)\b[^"]*"(studio|convscope)/([\w/]+\.js)"', re.MULTILINE)
_FIRST_PAGE = (("studio", "studio.js"), ("studio", "views/train.js"))


def _modules(begin: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Some modules, and all that they import, and so on."""
    found: dict[tuple[str, str], None] = {}
    waiting = [*begin]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found[module] = None
            kind, name = module
            waiting += _IMPORT.findall((_FOLDERS[kind][1] / name).read_text("utf-8"))
    return [*found]


def _frame() -> str:
    """The frame, with links that let a browser ask for all modules of the first page at once.

    Without them it would ask for each only once it has read another that imports it.
    """
    links = (
        f'<link rel="modulepreload" href="{_FOLDERS[kind][0]}{name}" />'
        for kind, name in _modules(_FIRST_PAGE)
    )
    frame = (WEB / "index.html").read_text("utf-8")
    return frame.replace("</head>", f"{''.join(links)}</head>")


_FRAME = _frame()
_IMPORT_MAP = _FRAME.partition('<script type="importmap">')[2].partition("</script>")[0]
_IMPORT_MAP_HASH = base64.b64encode(hashlib.sha256(_IMPORT_MAP.encode()).digest()).decode()

POLICY = (
    f"default-src 'none'; script-src 'self' 'sha256-{_IMPORT_MAP_HASH}'; style-src 'self'; "
    "img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""No script runs but the files below and the map of their names: https://www.w3.org/TR/CSP3/."""


def add_page(app: FastAPI) -> None:
    """Put the page at /, its modules at /studio/, and the walk's, which it draws with, at /walkthrough/."""

    @app.get("/", include_in_schema=False)
    async def frame() -> Response:
        return Response(_FRAME, media_type="text/html; charset=utf-8")

    app.mount("/studio", _Files(directory=WEB))
    app.mount("/walkthrough", _Files(directory=WALK_WEB))


class _Files(StaticFiles):
    """Files that a browser keeps, and asks each time whether they are still the same."""

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers["cache-control"] = "no-cache"
        return answer
