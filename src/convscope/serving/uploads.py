"""From a request's body to the bytes of its pictures: a form, base64 in JSON, or the picture itself."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from convscope.errors import RequestError
from convscope.model.metadata import first_fault
from convscope.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    kind, options = parse_options_header(content_type)
    if kind.startswith(b"image/") or kind == b"application/octet-stream":
        return [Upload("picture 1", body)]
    match kind:
        case b"multipart/form-data":
            return _of_form(options, body, most)
        case b"application/json":
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


def _of_form(options: Mapping[bytes, bytes], body: bytes, most: int) -> list[Upload]:
    form = _Form(most)
    try:
        parser = MultipartParser(
            options[b"boundary"],
            {
                "on_header_field": form.take_field,
                "on_header_value": form.take_value,
                "on_header_end": form.end_header,
                "on_part_begin": form.begin,
                "on_part_data": form.take_data,
                "on_part_end": form.end,
                "on_end": form.close,
            },
        )
        parser.write(body)
    except KeyError:
        raise _unreadable("the form", "its content type names no boundary") from None
    except FormParserError as error:
        raise _unreadable("the form", str(error)) from error
    if not form.is_whole:
        raise _unreadable("the form", "it is cut short")
    if not form.found:
        raise _unreadable("the form", "it holds no picture")
    return form.found


class _Form:
    """What a multipart parser finds, gathered."""

    def __init__(self, most: int) -> None:
        self.found: list[Upload] = []
        self.is_whole = False
        self._most = most
        self._field = self._value = b""
        self._name = ""
        self._data: list[bytes] = []

    def begin(self) -> None:
        _check_number(len(self.found) + 1, self._most)
        self._name, self._data = "", []

    def take_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def take_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def end_header(self) -> None:
        if self._field.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            self._name = options.get(b"filename", b"").decode(errors="replace")
        self._field = self._value = b""

    def take_data(self, data: bytes, start: int, end: int) -> None:
        self._data.append(data[start:end])

    def end(self) -> None:
        self.found.append(Upload(_name(self._name, len(self.found) + 1), b"".join(self._data)))

    def close(self) -> None:
        self.is_whole = True


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
