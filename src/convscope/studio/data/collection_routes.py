"""Collect pictures in the browser, and upload archives of them."""

from __future__ import annotations

import asyncio
import tempfile
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from convscope.errors import PictureError
from convscope.serving.body import body_chunks, read_body
from convscope.serving.limits import Limits
from convscope.serving.problems import problem
from convscope.serving.responses import Problem
from convscope.serving.uploads import parse_uploads
from convscope.studio.data import collecting
from convscope.studio.data.class_routes import class_routes
from convscope.studio.ids import DataId  # noqa: TC001 - FastAPI looks it up
from convscope.studio.sources import OpenData  # noqa: TC001 - FastAPI looks it up

if TYPE_CHECKING:
    from pathlib import Path as FilePath

    from convscope.studio.workspace import Workspace

MOST_ARCHIVE_BYTES = 512 * 2**20
_LIMITS = Limits()
_RAW: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}


class NewCollection(BaseModel):
    """A collection to create."""

    name: str = Field(max_length=60, examples=["hands"])


class Collection(BaseModel):
    """The pictures collected so far."""

    classes: dict[str, int] = Field(
        description="The number of pictures of each class.", examples=[{"open": 12, "shut": 9}]
    )


class AddedPictures(BaseModel):
    """The result of adding pictures."""

    added: int
    names: list[str] = Field(description="The names under which they are kept, in the order they were sent.")
    problems: list[Problem] = Field(description="Why the others were not added.")


def collection_routes(workspace: Workspace) -> APIRouter:
    """Create the routes."""
    router = APIRouter()
    folder, sources = workspace.folder.data, workspace.sources

    @router.post("/api/collections")
    def create(new: NewCollection) -> OpenData:
        """Create an empty collection."""
        return sources.at(str(collecting.new_collection(folder, new.name)))

    @router.get("/api/collections/{data}")
    def read(data: DataId) -> Collection:
        """The pictures collected so far, even if they are too few for training."""
        return Collection(classes=collecting.classes_of(sources.collection(data)))

    @router.post(
        "/api/collections/{data}/classes/{label}",
        openapi_extra={"requestBody": {"content": {"image/*": _RAW, "multipart/form-data": {}}}},
    )
    async def add(
        request: Request,
        data: DataId,
        label: Annotated[str, Path(max_length=60, description="The class; it is created if need be.")],
    ) -> AddedPictures:
        """Add pictures to a class of a collection."""
        collection = sources.collection(data)
        body = await read_body(request, _LIMITS.body_bytes)
        content_type = request.headers.get("content-type", "")
        return await asyncio.to_thread(_add, collection, label, content_type, body)

    @router.post("/api/archives", openapi_extra={"requestBody": {"content": {"application/zip": _RAW}}})
    async def archive(
        request: Request, name: Annotated[str, Query(max_length=64, examples=["pets.zip"])]
    ) -> OpenData:
        """Store a .zip archive of class folders unchanged; it is never unpacked to the disk."""
        with tempfile.TemporaryFile(dir=folder) as file:
            async for part in body_chunks(request, MOST_ARCHIVE_BYTES):
                file.write(part)
            file.seek(0)
            path = await asyncio.to_thread(collecting.keep_archive, folder, name, file)
        return sources.at(str(path))

    router.include_router(class_routes(sources))
    return router


def _add(collection: FilePath, label: str, content_type: str, body: bytes) -> AddedPictures:
    names: list[str] = []
    problems: list[Problem] = []
    for picture in parse_uploads(content_type, body, _LIMITS.pictures):
        try:
            names.append(collecting.add_picture(collection, label, picture).name)
        except PictureError as error:
            problems.append(Problem.model_validate(problem(error)))
    return AddedPictures(added=len(names), names=names, problems=problems)
