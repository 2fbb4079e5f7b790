"""The page application: its frame, its modules, and its content security policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Response
from starlette.staticfiles import StaticFiles

from convscope.web.html_page import hash_of
from convscope.web.modules import WEB, reachable, read

if TYPE_CHECKING:
    import os

    from fastapi import FastAPI
    from starlette.types import Scope

_START = ("studio/studio.js", "studio/playground/view.js")
"""The modules of the first page: its frame, and the view it opens with."""


def _frame() -> str:
    """Return the frame, with preload links for all modules of the first page.

    Without them, a browser would request each module only after reading another that imports it.
    """
    links = (f'<link rel="modulepreload" href="/web/{name}" />' for name in reachable(*_START))
    return read("studio/index.html").replace("</head>", f"{''.join(links)}</head>")


_FRAME = _frame()
_IMPORT_MAP = _FRAME.partition('<script type="importmap">')[2].partition("</script>")[0]

POLICY = (
    f"default-src 'none'; script-src 'self' {hash_of(_IMPORT_MAP)}; style-src 'self'; "
    "img-src 'self' blob: data:; media-src 'self' blob:; worker-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Only the files below and their import map may run as scripts: https://www.w3.org/TR/CSP3/."""


def add_page(app: FastAPI) -> None:
    """Serve the page at /, and modules and styles below /web/."""

    @app.get("/", include_in_schema=False)
    async def frame() -> Response:
        return Response(_FRAME, media_type="text/html; charset=utf-8")

    app.mount("/web", _Files(directory=WEB))


class _Files(StaticFiles):
    """Modules and styles that a browser caches, with revalidation on each use."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        return super().lookup_path(path) if path.endswith((".js", ".css")) else ("", None)

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
