"""The page: a model and the JavaScript modules that classify with it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from convscope.offline.layers import describe, describe_open_set
from convscope.pictures.reading import BYTE_LIMIT, PIXEL_LIMIT
from convscope.web.html_page import Scripts, html_page
from convscope.web.modules import bundle, styles

if TYPE_CHECKING:
    from convscope.model.file import Model

_ALLOWED = {"script-src": "'wasm-unsafe-eval'", "worker-src": "blob:", "img-src": "blob:"}
"""Allowed: WebAssembly for the kernel, a worker from the page's own text, and the user's pictures."""


def page(model: Model, name: str, licence: str = "") -> str:
    """Write the page of a model.

    Args:
        model: The trained model; the page has its weights rounded as in `convscope.offline.weights`.
        name: Display name of the model.
        licence: The terms under which the model may be used.

    Returns:
        A complete HTML document.
    """
    data = {
        "name": name,
        "licence": licence,
        "pixel_limit": PIXEL_LIMIT,
        "byte_limit": BYTE_LIMIT,
        "worker": bundle("offline/worker.js"),
        "model": {
            "network": model.notation,
            "classes": model.classes,
            "preparation": asdict(model.preparation),
            "mean": model.mean,
            "std": model.std,
            "temperature": model.temperature,
            "last_step": model.chain.last_step,
            "thresholds": model.thresholds,
            "layers": describe(model),
            "open_set": describe_open_set(model),
        },
    }
    scripts = Scripts("offline/page.js", data, _ALLOWED)
    return html_page(f"{name} · convscope", styles("classify/classify.css"), scripts)
