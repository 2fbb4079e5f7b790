"""The pages of a walk and of the loss bench, drawn by the ES modules in `convscope/web`.

The modules insert text as text nodes, so names are never interpreted as HTML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convscope.web.html_page import Scripts, html_page
from convscope.web.modules import styles

if TYPE_CHECKING:
    from collections.abc import Mapping


def page(walk: Mapping[str, object]) -> str:
    """Write the page of a walk.

    Args:
        walk: The document described in docs/reference/walk.md.

    Returns:
        A complete HTML document.

    Example:
        >>> page({"picture_name": "</script>.png"}).count("</script>")
        3
    """
    title = f"{walk['picture_name']} · convscope"
    return html_page(
        title,
        styles(
            "walk/walk.css",
            "walk/stage.css",
            "walk/overview.css",
            "walk/backward/backward.css",
            "walk/print.css",
        ),
        Scripts("walk/page.js", walk),
    )


def losses_page(bench: Mapping[str, object]) -> str:
    """Write the page of the loss bench.

    Args:
        bench: The document described in docs/reference/losses.md.

    Returns:
        A complete HTML document.
    """
    scripts = Scripts("losses/page.js", bench)
    return html_page("Losses · convscope", styles("losses/losses.css"), scripts)
