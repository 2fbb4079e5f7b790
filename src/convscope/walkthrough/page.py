"""The pages of a walk and of the loss bench, drawn by the ES modules in `convscope/web`.

The modules put text in as text: no name ever becomes a tag.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convscope.web.html_page import Scripts, html_page
from convscope.web.modules import reachable, read

if TYPE_CHECKING:
    from collections.abc import Mapping


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
    return _document(f"{walk['picture_name']} · convscope", "walk/page.js", walk)


def losses_page(bench: Mapping[str, object]) -> str:
    """Write the page of the loss bench.

    Args:
        bench: The document that docs/reference/losses.md describes.

    Returns:
        A whole HTML document.
    """
    return _document("Losses · convscope", "losses/page.js", bench)


def _document(title: str, module: str, data: Mapping[str, object]) -> str:
    return html_page(title, read("walk/walk.css"), Scripts(reachable(module), module, data))
