"""The page at /: a single file that sends dropped pictures to this service only."""

from __future__ import annotations

from convscope.web.html_page import Scripts, html_page
from convscope.web.modules import styles

POLICY = "frame-ancestors 'none'"
"""The directives that only work in a header; the page contains the rest: https://www.w3.org/TR/CSP3/."""
_ALLOWED = {"connect-src": "'self'", "img-src": "blob:"}

PAGE = html_page(
    "convscope", styles("classify/classify.css"), Scripts("serve/page.js", {}, _ALLOWED)
).encode()
"""The page; it reveals nothing about pictures or models."""
