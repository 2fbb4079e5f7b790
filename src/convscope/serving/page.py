"""What a browser finds at /: a page that classifies dropped pictures, and asks nobody but this service."""

from __future__ import annotations

from convscope.web.modules import WEB

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src blob: data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What the page may load, as browsers hold it to: https://www.w3.org/TR/CSP3/."""

FILES = {
    "/": ("text/html; charset=utf-8", (WEB / "serve/index.html").read_bytes()),
    "/drop.css": ("text/css; charset=utf-8", (WEB / "serve/drop.css").read_bytes()),
    "/drop.js": ("text/javascript; charset=utf-8", (WEB / "serve/page.js").read_bytes()),
}
"""By address, each file's media type and content."""
