"""From a request's body to the bytes of its pictures: a form, base64 in JSON, or the picture itself."""

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
_LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class Upload:
    """One picture that was sent.

    Attributes:
        name: What its sender calls it, fit to be shown; otherwise its place: `picture 1`.
        data: The bytes of its file.
    """

    name: str
    data: bytes


class Base64Picture(BaseModel):
    """One picture in a JSON body."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: str = Field("", description="What the answer shall call it.", examples=["tom.png"])
    data: str = Field(description="The picture's file in base64 (RFC 4648, section 4).")


class Base64Pictures(BaseModel):
    """A JSON body."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    pictures: list[Base64Picture] = Field(min_length=1)


def uploads(content_type: str, body: bytes, most: int) -> list[Upload]:
    r"""Take a body apart into its pictures, at least one.

    Args:
        content_type: The header of that name. A form's every part is a picture, named by its file's name.
        body: All of it.
        most: How many pictures it may hold.

    Raises:
        RequestError: 415: a type not listed in `ACCEPTED`; 400: not what it says it is, or cut short; 413:
            too many pictures.

    Example:
        >>> uploads("application/json", b'{"pictures": [{"name": "tom.png", "data": "iVBO"}]}', most=2)
        [Upload(name='tom.png', data=b'\x89PN')]
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith("image/") or kind == "application/octet-stream":
        return [Upload("picture 1", body)]
    match kind:
        case "multipart/form-data":
            return _of_form(content_type, body, most)
        case "application/json":
            return _of_json(body, most)
        case _:
            raise RequestError(
                f"a body of the type {printable(content_type[:100]) or '(none)'} is not understood",
                status=415,
                remedy=f"send one of: {ACCEPTED}",
                headers={"accept": ACCEPTED},
            )


def _of_json(body: bytes, most: int) -> list[Upload]:
    try:
        sent = Base64Pictures.model_validate_json(body).pictures
    except ValidationError as error:
        raise _unreadable("the JSON body", first_fault(error)) from error
    _check_number(len(sent), most)
    return [
        Upload(_name(one.name, place), _decoded(one.data, place)) for place, one in enumerate(sent, start=1)
    ]


def _decoded(data: str, place: int) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _unreadable(f"the base64 of picture {place}", str(error)) from error


def _of_form(content_type: str, body: bytes, most: int) -> list[Upload]:
    found: list[Upload] = []
    try:
        for place, part in enumerate(form_parts(content_type, body), start=1):
            _check_number(place, most)
            found.append(Upload(_name(part.name, place), part.data))
    except ValueError as error:
        raise _unreadable("the form", str(error)) from error
    if not found:
        raise _unreadable("the form", "it holds no picture")
    return found


def _name(given: str, place: int) -> str:
    return printable(given[:_LONGEST_NAME]) or f"picture {place}"


def _check_number(pictures: int, most: int) -> None:
    if pictures > most:
        raise RequestError(
            "there are too many pictures in one request",
            status=413,
            why=f"{most:,} are taken at most",
            remedy="send them in several requests",
        )


def _unreadable(what: str, why: str) -> RequestError:
    return RequestError(f"{what} cannot be read", status=400, why=printable(why)[:300])
