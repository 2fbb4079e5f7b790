"""Self-contained single-file HTML pages, which load nothing.

The scripts are ES modules, the same files that a server can serve directly. A page contains them as data URLs
in an import map, so that it works from a disk:

    <script type="importmap">   {"imports": {"convscope/walk/page.js": "data:text/javascript;..."}}
    <script type="application/json">   what is drawn
    <script type="module">   import {open} from "convscope/walk/page.js"; open(...)

Data can never be executed: it is in a block that is not executed, with every `<` escaped, and the page's
policy lists the hashes of the allowed style and scripts.

Source: https://html.spec.whatwg.org/multipage/webappapis.html#import-maps; https://www.w3.org/TR/CSP3/.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from convscope.web.modules import reachable

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Scripts:
    """The scripts of a page.

    Attributes:
        start: The ES module whose `open(data, element)` draws the page.
        data: The data to draw.
        allowed: Further sources by directive that the policy allows, in addition to pictures from data URLs
            and the page's modules.
    """

    start: str
    data: Mapping[str, object]
    allowed: Mapping[str, str] = field(default_factory=dict[str, str])


def html_page(title: str, style: str, content: str | Scripts) -> str:
    """Write a page.

    Args:
        title: The page's title, as text.
        style: Its style sheet.
        content: The HTML of its body, with names already escaped; or the scripts that draw it.

    Returns:
        A complete HTML document.

    Example:
        >>> page = html_page("a < b", "p {}", "<p>b > a</p>")
        >>> "<title>a &lt; b</title>" in page, "script" in page
        (True, False)
    """
    rules = {"default-src": "'none'", "img-src": "data:", "style-src": hash_of(style)}
    head, body = "", content
    if isinstance(content, Scripts):
        modules = reachable(content.start)
        imports = json.dumps(
            {"imports": {f"convscope/{name}": _data_url(text) for name, text in modules.items()}}
        )
        start = (
            f'import {{ open }} from "convscope/{content.start}";'
            'open(JSON.parse(document.getElementById("data").textContent), document.getElementById("page"));'
        )
        rules["script-src"] = f"data: {hash_of(imports)} {hash_of(start)}"
        for directive, sources in content.allowed.items():
            rules[directive] = f"{rules.get(directive, '')} {sources}".strip()
        head = f'<script type="importmap">{imports}</script>\n'
        body = (
            '<div id="page"></div>\n'
            f'<script type="application/json" id="data">{_inert(content.data)}</script>\n'
            f'<script type="module">{start}</script>'
        )
    rules |= {"base-uri": "'none'", "form-action": "'none'"}
    policy = "; ".join(f"{directive} {sources}" for directive, sources in rules.items())
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{html.escape(title)}</title>
<style>{style}</style>
{head}</head>
<body>
{body}
</body>
</html>
"""


def _data_url(module: str) -> str:
    """Return a module's source as a URL to import it from."""
    return f"data:text/javascript;base64,{base64.b64encode(module.encode()).decode()}"


def hash_of(text: str) -> str:
    """Return the hash of a style or script for a policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _inert(data: Mapping[str, object]) -> str:
    """Return JSON in which no tag can begin or end."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
