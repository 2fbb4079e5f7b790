"""The pages: one HTML file each, with all it needs inside, which asks for nothing from anywhere.

The drawing is done by ES modules in `web/`, the same files that a server may serve as they are. A page
carries them as data URLs in an import map, so that it works from a disk:

    <script type="importmap">   {"imports": {"convscope/walk.js": "data:text/javascript;base64,...", ...}}
    <script type="application/json">   what is drawn
    <script type="module">   import {open} from "convscope/walk.js"; open(...)

Nothing that is drawn can become code: the data stands in a block that is never executed, with every `<`
escaped, the modules put text in as text, and the page's policy names the hashes of the scripts that may run.

Source: https://html.spec.whatwg.org/multipage/webappapis.html#import-maps; https://www.w3.org/TR/CSP3/.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

WEB = Path(__file__).parent / "web"


def page(walk: Mapping[str, object]) -> str:
    """Write the page of a walk.

    Args:
        walk: The document that docs/reference/walk.md describes.

    Returns:
        A whole HTML document.

    Example:
        >>> page({"picture_name": "</script>.png"}).count("</script>")
        3
    """
    return _document(f"{walk['picture_name']} · convscope", "walk", walk)


def losses_page(bench: Mapping[str, object]) -> str:
    """Write the page of the loss bench.

    Args:
        bench: The document that docs/reference/losses.md describes.

    Returns:
        A whole HTML document.
    """
    return _document("Losses · convscope", "losses", bench)


def _document(title: str, module: str, data: Mapping[str, object]) -> str:
    style = (WEB / "walk.css").read_text("utf-8")
    imports = _import_map()
    start = (
        f'import {{ open }} from "convscope/{module}.js";'
        'open(JSON.parse(document.getElementById("data").textContent), document.getElementById("page"));'
    )
    policy = (
        f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src data: {_hash(imports)} "
        f"{_hash(start)}; base-uri 'none'; form-action 'none'"
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
<style>{style}</style>
<script type="importmap">{imports}</script>
</head>
<body>
<div id="page"></div>
<script type="application/json" id="data">{_inert(data)}</script>
<script type="module">{start}</script>
</body>
</html>
"""


def _import_map() -> str:
    sources = {path.relative_to(WEB).as_posix(): path.read_bytes() for path in sorted(WEB.rglob("*.js"))}
    imports = {
        f"convscope/{name}": f"data:text/javascript;base64,{base64.b64encode(source).decode()}"
        for name, source in sources.items()
    }
    return json.dumps({"imports": imports})


def _inert(data: Mapping[str, object]) -> str:
    """JSON in which no tag can begin or end."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
