"""The classes of a collection: create, rename, remove, and list their pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from convscope.pictures.reading import read_picture
from convscope.pictures.thumbnails import SIDE, small
from convscope.studio.data import collecting
from convscope.studio.data.thumbnails import png_of
from convscope.studio.ids import DataId  # noqa: TC001 - FastAPI looks it up

if TYPE_CHECKING:
    from convscope.studio.sources import Sources

Label = Annotated[str, Path(max_length=60, description="The class.")]
PictureName = Annotated[str, Path(max_length=32, description="The picture's name.")]
_CLASS = "/api/collections/{data}/classes/{label}"
_PICTURE = _CLASS + "/pictures/{name}"


class NewName(BaseModel):
    """The new name of a class."""

    name: str = Field(max_length=60, examples=["mug"])


class ClassPictures(BaseModel):
    """The pictures of a class."""

    pictures: list[str] = Field(description="Names, the newest first.")
    count: int = Field(description="How many there are in all.")


def class_routes(sources: Sources) -> APIRouter:
    """Create the routes."""
    router = APIRouter()

    @router.put(_CLASS, status_code=204, response_class=Response)
    def create(data: DataId, label: Label) -> None:
        """Add a class without pictures to a collection."""
        collecting.add_class(sources.collection(data), label)

    @router.post(_CLASS + "/name", status_code=204, response_class=Response)
    def rename(data: DataId, label: Label, new: NewName) -> None:
        """Rename a class of a collection."""
        collecting.rename_class(sources.collection(data), label, new.name)

    @router.delete(_CLASS, status_code=204, response_class=Response)
    def remove(data: DataId, label: Label) -> None:
        """Remove a class of a collection with its pictures."""
        collecting.remove_class(sources.collection(data), label)

    @router.get(_CLASS)
    def pictures(
        data: DataId, label: Label, most: Annotated[int, Query(ge=0, le=1_000, description="How many.")] = 24
    ) -> ClassPictures:
        """The newest pictures of a class."""
        names = collecting.pictures_of(sources.collection(data), label)
        return ClassPictures(pictures=names[:most], count=len(names))

    @router.get(_PICTURE, response_class=Response)
    def thumbnail(data: DataId, label: Label, name: PictureName) -> Response:
        """The thumbnail of a picture of a class as a PNG; its name identifies its content."""
        path = collecting.picture_path(sources.collection(data), label, name)
        pixels = read_picture(path, name, shortest_side=SIDE, pixel_limit=collecting.MOST_PIXELS)
        headers = {"cache-control": "private, max-age=3600"}
        return Response(png_of(small(pixels)), media_type="image/png", headers=headers)

    @router.delete(_PICTURE, status_code=204, response_class=Response)
    def remove_picture(data: DataId, label: Label, name: PictureName) -> None:
        """Remove a picture from a class."""
        collecting.picture_path(sources.collection(data), label, name).unlink(missing_ok=True)

    return router
