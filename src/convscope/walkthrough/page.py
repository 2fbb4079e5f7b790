"""The pages of a walk and of the loss bench, drawn by the ES modules in `web/`.

The modules put text in as text: no name ever becomes a tag.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from convscope.common.html_page import Scripts, html_page

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
    sources = {f"convscope/{path.relative_to(WEB).as_posix()}": path for path in sorted(WEB.rglob("*.js"))}
    modules = {name: path.read_text("utf-8") for name, path in sources.items()}
    style = (WEB / "walk.css").read_text("utf-8")
    return html_page(title, style, Scripts(modules, f"convscope/{module}.js", data))
