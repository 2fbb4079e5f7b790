"""The studio's application: a router for each slice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI

from convscope.serving.error_handling import add_error_handlers
from convscope.studio.compare.routes import comparison_routes
from convscope.studio.data.routes import data_routes
from convscope.studio.lesson.losses_routes import losses_routes
from convscope.studio.lesson.routes import lesson_routes
from convscope.studio.mistakes.routes import mistake_routes
from convscope.studio.model_routes import model_routes
from convscope.studio.neurons.routes import neuron_routes
from convscope.studio.notifications import notification_routes
from convscope.studio.page import add_page
from convscope.studio.playground.routes import playground_routes
from convscope.studio.record.routes import record_routes
from convscope.studio.train.routes import train_routes
from convscope.studio.train.runs import Runs
from convscope.studio.walk.edit_lists import EditLists
from convscope.studio.walk.routes import walk_routes

if TYPE_CHECKING:
    from convscope.studio.workspace import Workspace


def create_app(workspace: Workspace) -> FastAPI:
    """Create the application.

    It has no interactive documentation, because FastAPI's loads scripts from another host. The OpenAPI
    description is at /openapi.json.
    """
    app = FastAPI(
        title="convscope studio",
        summary="Train, inspect, edit and understand networks.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # it decodes URLs as UTF-8, which may be invalid
        lifespan=workspace.jobs.lifespan,
    )
    runs = Runs(workspace.folder, workspace.jobs)
    edits = EditLists(workspace.models, workspace.folder.edits)
    for router in (
        playground_routes(),
        model_routes(workspace),
        data_routes(workspace),
        record_routes(workspace),
        train_routes(workspace, runs),
        walk_routes(workspace, edits),
        neuron_routes(workspace),
        mistake_routes(workspace),
        comparison_routes(workspace),
        losses_routes(workspace),
        lesson_routes(workspace),
        notification_routes(workspace, runs, edits),
    ):
        app.include_router(router)
    add_page(app)
    add_error_handlers(app)
    return app
