"""Extract pictures from a request's body: the parts of a form, base64 in JSON, or the body itself."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from convscope.common.printable import printable
from convscope.errors import RequestError
from convscope.model.metadata import first_fault
from convscope.serving.form import form_parts

ACCEPTED = "image/*, application/octet-stream, multipart/form-data, application/json"
_MAX_NAME_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Upload:
    """One picture of a request.

    Attributes:
        name: The name given by the client, made safe to print; without one, its position: `picture 1`.
        data: The content of its file.
    """

    name: str
    data: bytes


class Base64Picture(BaseModel):
    """One picture in a JSON body."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: str = Field("", description="Its name in the answer.", examples=["tom.png"])
    data: str = Field(description="The picture's file in base64 (RFC 4648, section 4).")


class Base64Pictures(BaseModel):
    """A JSON body."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    pictures: list[Base64Picture] = Field(min_length=1)


def parse_uploads(content_type: str, body: bytes, limit: int) -> list[Upload]:
    r"""Split a body into its pictures, at least one.

    Args:
        content_type: The header of that name. Every part of a form is a picture, named by its file name.
        body: The whole body.
        limit: Largest number of pictures.

    Raises:
        RequestError: 415: a type that is not in `ACCEPTED`; 400: malformed or truncated; 413: too many
            pictures.

    Example:
        >>> parse_uploads("application/json", b'{"pictures": [{"name": "tom.png", "data": "iVBO"}]}', limit=2)
        [Upload(name='tom.png', data=b'\x89PN')]
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith("image/") or kind == "application/octet-stream":
        return [Upload("picture 1", body)]
    match kind:
        case "multipart/form-data":
            return _from_form(content_type, body, limit)
        case "application/json":
            return _from_json(body, limit)
        case _:
            raise RequestError(
                f"the content type {printable(content_type[:100]) or '(none)'} is not supported",
                status=415,
                remedy=f"send one of: {ACCEPTED}",
                headers={"accept": ACCEPTED},
            )


def _from_json(body: bytes, limit: int) -> list[Upload]:
    try:
        pictures = Base64Pictures.model_validate_json(body).pictures
    except ValidationError as error:
        raise _malformed("the JSON body", first_fault(error)) from error
    _check_count(len(pictures), limit)
    return [
        Upload(_name(picture.name, number), _decoded(picture.data, number))
        for number, picture in enumerate(pictures, start=1)
    ]


def _decoded(data: str, number: int) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _malformed(f"the base64 of picture {number}", str(error)) from error


def _from_form(content_type: str, body: bytes, limit: int) -> list[Upload]:
    uploads: list[Upload] = []
    try:
        for number, part in enumerate(form_parts(content_type, body), start=1):
            _check_count(number, limit)
            uploads.append(Upload(_name(part.name, number), part.data))
    except ValueError as error:
        raise _malformed("the form", str(error)) from error
    if not uploads:
        raise _malformed("the form", "it holds no picture")
    return uploads


def _name(given: str, number: int) -> str:
    return printable(given[:_MAX_NAME_LENGTH]) or f"picture {number}"


def _check_count(pictures: int, limit: int) -> None:
    if pictures > limit:
        raise RequestError(
            "there are too many pictures in one request",
            status=413,
            why=f"the limit is {limit:,}",
            remedy="divide them among several requests",
        )


def _malformed(what: str, why: str) -> RequestError:
    return RequestError(f"{what} cannot be read", status=400, why=printable(why)[:300])
