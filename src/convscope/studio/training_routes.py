"""Training: runs that are started, watched, paused and resumed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

if TYPE_CHECKING:
    from convscope.studio.opened import Studio


def training_routes(studio: Studio) -> APIRouter:
    """Put the addresses together."""
    del studio
    return APIRouter(tags=["training"])
