"""Single-file HTML pages, which contain all they need and load nothing.

The scripts are ES modules, the same files that a server may serve as they are. A page carries them as data
URLs in an import map, so that it works from a disk:

    <script type="importmap">   {"imports": {"convscope/walk/page.js": "data:text/javascript;..."}}
    <script type="application/json">   what is drawn
    <script type="module">   import {open} from "convscope/walk/page.js"; open(...)

Nothing that is drawn can become code: the data stands in a block that is never executed, with every `<`
escaped, and the page's policy names the hashes of the style and the scripts that may apply.

Source: https://html.spec.whatwg.org/multipage/webappapis.html#import-maps; https://www.w3.org/TR/CSP3/.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Scripts:
    """What runs in a page.

    Attributes:
        modules: Sources of ES modules by their name, as `modules.reachable` gives them.
        start: The one whose `open(data, element)` draws the page.
        data: What it draws.
        allowed: What the policy allows in addition to showing pictures from data URLs and running the page's
            modules: further sources by directive.
    """

    modules: Mapping[str, str]
    start: str
    data: Mapping[str, object]
    allowed: Mapping[str, str] = field(default_factory=dict[str, str])


def html_page(title: str, style: str, content: str | Scripts) -> str:
    """Write a page.

    Args:
        title: The page's title, as text.
        style: Its style sheet.
        content: The HTML inside its body, where names are escaped already; or the scripts that draw it.

    Returns:
        A whole HTML document.

    Example:
        >>> page = html_page("a < b", "p {}", "<p>b > a</p>")
        >>> "<title>a &lt; b</title>" in page, "script" in page
        (True, False)
    """
    rules = {"default-src": "'none'", "img-src": "data:", "style-src": _hash_of(style)}
    head, body = "", content
    if isinstance(content, Scripts):
        imports = json.dumps(
            {"imports": {f"convscope/{name}": _data_url(text) for name, text in content.modules.items()}}
        )
        start = (
            f'import {{ open }} from "convscope/{content.start}";'
            'open(JSON.parse(document.getElementById("data").textContent), document.getElementById("page"));'
        )
        rules["script-src"] = f"data: {_hash_of(imports)} {_hash_of(start)}"
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
    """A module's source as the address it can be imported from."""
    return f"data:text/javascript;base64,{base64.b64encode(module.encode()).decode()}"


def _hash_of(text: str) -> str:
    """A style or a script named by its content, as a policy does."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _inert(data: Mapping[str, object]) -> str:
    """JSON in which no tag can begin or end."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
