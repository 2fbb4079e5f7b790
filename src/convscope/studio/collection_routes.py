"""Collecting pictures in the browser, and sending archives of them."""

from __future__ import annotations

import asyncio
import tempfile
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field

from convscope.errors import PictureError, RequestError
from convscope.serving.body import body_chunks, read_body
from convscope.serving.limits import Limits
from convscope.serving.problems import problem
from convscope.serving.responses import Problem
from convscope.serving.uploads import parse_uploads
from convscope.studio import collecting
from convscope.studio.opened import OpenData  # noqa: TC001  # pydantic looks it up

if TYPE_CHECKING:
    from pathlib import Path as FilePath

    from convscope.studio.opened import Studio

MOST_ARCHIVE_BYTES = 512 * 2**20
_LIMITS = Limits()
_RAW: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}


class NewCollection(BaseModel):
    """A collection that shall be made."""

    name: str = Field(max_length=60, examples=["hands"])


class Collection(BaseModel):
    """What was collected so far."""

    classes: dict[str, int] = Field(
        description="How many pictures each class has.", examples=[{"open": 12, "shut": 9}]
    )


class Collected(BaseModel):
    """What became of pictures that were sent."""

    added: int
    problems: list[Problem] = Field(description="Why the others were not taken.")


def collection_routes(studio: Studio) -> APIRouter:
    """Put the addresses together."""
    router = APIRouter(tags=["collecting"])

    @router.post("/api/collections")
    def make(wanted: NewCollection) -> OpenData:
        """Make an empty collection, to put pictures into."""
        return _opened(studio, collecting.new_collection(studio.home.data, wanted.name))

    @router.get("/api/collections/{data}")
    def look(data: Annotated[str, Path(max_length=16)]) -> Collection:
        """What was collected so far, also where that is too little to train on."""
        return Collection(classes=collecting.classes_of(studio.collection(data)))

    @router.post(
        "/api/collections/{data}/classes/{label}",
        openapi_extra={"requestBody": {"content": {"image/*": _RAW, "multipart/form-data": {}}}},
    )
    async def add(
        request: Request,
        data: Annotated[str, Path(max_length=16)],
        label: Annotated[str, Path(max_length=60, description="The class; made if need be.")],
    ) -> Collected:
        """Put pictures into a class of a collection."""
        collection = studio.collection(data)
        body = await read_body(request, _LIMITS.body_bytes)
        content_type = request.headers.get("content-type", "")
        return await asyncio.to_thread(_add, collection, label, content_type, body)

    @router.post("/api/archives", openapi_extra={"requestBody": {"content": {"application/zip": _RAW}}})
    async def archive(
        request: Request, name: Annotated[str, Query(max_length=64, examples=["pets.zip"])]
    ) -> OpenData:
        """Keep a .zip archive of class folders, as it is: it is never unpacked to the disk."""
        with tempfile.TemporaryFile(dir=studio.home.data) as file:
            async for part in body_chunks(request, MOST_ARCHIVE_BYTES):
                file.write(part)
            file.seek(0)
            path = await asyncio.to_thread(collecting.keep_archive, studio.home.data, name, file)
        return _opened(studio, path)

    return router


def _add(collection: FilePath, label: str, content_type: str, body: bytes) -> Collected:
    problems: list[Problem] = []
    sent = parse_uploads(content_type, body, _LIMITS.pictures)
    for picture in sent:
        try:
            collecting.add_picture(collection, label, picture)
        except PictureError as error:
            problems.append(Problem.model_validate(problem(error)))
    return Collected(added=len(sent) - len(problems), problems=problems)


def _opened(studio: Studio, path: FilePath) -> OpenData:
    found = next((one for one in studio.sources() if one.where == str(path)), None)
    if found is None:
        raise RequestError(f"{path.name} is gone", status=404, remedy="send it again")
    return found
