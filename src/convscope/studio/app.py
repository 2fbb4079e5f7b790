"""The addresses of the studio, a router for each thing to do in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI

from convscope.serving.error_handling import add_error_handlers
from convscope.studio.change_routes import change_routes
from convscope.studio.collection_routes import collection_routes
from convscope.studio.comparison_routes import comparison_routes
from convscope.studio.data_routes import data_routes
from convscope.studio.drawing_routes import drawing_routes
from convscope.studio.lesson_routes import lesson_routes
from convscope.studio.losses_routes import losses_routes
from convscope.studio.mistake_routes import mistake_routes
from convscope.studio.model_routes import model_routes
from convscope.studio.neuron_routes import neuron_routes
from convscope.studio.page import add_page
from convscope.studio.snapshot_routes import snapshot_routes
from convscope.studio.training_routes import training_routes
from convscope.studio.walk_routes import walk_routes

if TYPE_CHECKING:
    from convscope.studio.opened import Studio

_ROUTERS = (
    model_routes,
    data_routes,
    collection_routes,
    training_routes,
    snapshot_routes,
    walk_routes,
    drawing_routes,
    neuron_routes,
    mistake_routes,
    comparison_routes,
    losses_routes,
    lesson_routes,
    change_routes,
)


def create_app(studio: Studio) -> FastAPI:
    """Put the addresses together.

    No page of documentation is among them: those that FastAPI brings load scripts from elsewhere. The
    description itself is at /openapi.json.
    """
    app = FastAPI(
        title="convscope studio",
        summary="Train, look, change and understand.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # it reads addresses as UTF-8, which they need not be
    )
    for routes in _ROUTERS:
        app.include_router(routes(studio))
    add_page(app)
    add_error_handlers(app)
    return app
