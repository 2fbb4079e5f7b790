"""The page at /, which classifies pictures dropped on it and connects to nothing but this service."""

from __future__ import annotations

from convscope.web.modules import WEB

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src blob: data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The page's Content Security Policy: https://www.w3.org/TR/CSP3/."""

FILES = {
    "/": ("text/html; charset=utf-8", (WEB / "serve/index.html").read_bytes()),
    "/drop.css": ("text/css; charset=utf-8", (WEB / "serve/drop.css").read_bytes()),
    "/drop.js": ("text/javascript; charset=utf-8", (WEB / "serve/page.js").read_bytes()),
}
"""Media type and content of each file, by path."""
