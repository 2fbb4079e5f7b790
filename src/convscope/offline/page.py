"""The page: a model, and the modules that classify with it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from convscope.common.html_page import Scripts, html_page
from convscope.offline.bundle import IMPORT, bundle
from convscope.offline.chain import describe, describe_rejection
from convscope.pictures.reading import BYTE_LIMIT, PIXEL_LIMIT
from convscope.walkthrough import page as walk_page

if TYPE_CHECKING:
    from convscope.model.file import Model

WEB = Path(__file__).parent / "web"
_ALLOWED = {"script-src": "'wasm-unsafe-eval'", "worker-src": "blob:", "img-src": "blob:"}
"""The kernel is WebAssembly, the work is done in a worker made of the page's own text, and pictures that a
person gives are shown."""


def page(model: Model, name: str, licence: str = "") -> str:
    """Write the page of a model.

    Args:
        model: The trained model; the page has its weights rounded as in `convscope.offline.weights`.
        name: What people call it.
        licence: The terms the model may be used under, which only its owner knows.

    Returns:
        A whole HTML document.
    """
    data = {
        "name": name,
        "licence": licence,
        "pixel_limit": PIXEL_LIMIT,
        "byte_limit": BYTE_LIMIT,
        "worker": bundle("worker.js", _source),
        "model": {
            "network": model.notation,
            "classes": model.classes,
            "preparation": asdict(model.preparation),
            "mean": model.mean,
            "std": model.std,
            "temperature": model.temperature,
            "stages": describe(model),
            "rejection": describe_rejection(model),
        },
    }
    style = "\n".join(path.read_text("utf-8") for path in (walk_page.WEB / "walk.css", WEB / "offline.css"))
    scripts = Scripts(_reached("offline.js"), "convscope/offline.js", data, _ALLOWED)
    return html_page(f"{name} · convscope", style, scripts)


def _source(name: str) -> str:
    """Read a module: one of this page's own, or one that it has in common with the walk's."""
    own = WEB / name
    return (own if own.exists() else walk_page.WEB / name).read_text("utf-8")


def _reached(start: str) -> dict[str, str]:
    """Collect a module and all that it imports."""
    found: dict[str, str] = {}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if f"convscope/{name}" not in found:
            found[f"convscope/{name}"] = _source(name)
            waiting += [imported for _, imported in IMPORT.findall(found[f"convscope/{name}"])]
    return found
