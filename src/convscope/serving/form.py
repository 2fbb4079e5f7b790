r"""The parts of a form, as browsers and programs upload files (multipart/form-data).

    --boundary CRLF
    Content-Disposition: form-data; name="picture"; filename="tom.jpg" CRLF
    CRLF
    the bytes of the file CRLF
    --boundary--

Sources: RFC 7578, https://www.rfc-editor.org/rfc/rfc7578; RFC 2046, section 5.1.1, for the boundary.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_BOUNDARY = re.compile(r';[ \t]*boundary=(?:"([^"]{1,70})"|([^\s";]{1,70}))[ \t]*(?:;|$)', re.IGNORECASE)
_FILE_NAME = re.compile(
    rb'(?:^|\r\n)content-disposition:[^\r\n]*?;[ \t]*filename=(?:"((?:[^"\\\r\n]|\\[^\r\n])*)"|([^\s";]+))',
    re.IGNORECASE,
)
_ESCAPED = re.compile(rb'\\(["\\])')


class FormPart(NamedTuple):
    """One part of a form: its file name, empty if it has none, and its content."""

    name: str
    data: bytes


def form_parts(content_type: str, body: bytes) -> Iterator[FormPart]:
    r"""Yield the parts of a form.

    Args:
        content_type: `multipart/form-data; boundary=...`.
        body: The whole body.

    Raises:
        ValueError: It is not a form, or is truncated; the parts before the error have been yielded by then.

    Example:
        >>> head = b'Content-Disposition: form-data; name="p"; filename="tom.jpg"'
        >>> body = b"--b\r\n" + head + b"\r\n\r\nJPEG\r\n--b--\r\n"
        >>> list(form_parts("multipart/form-data; boundary=b", body))
        [FormPart(name='tom.jpg', data=b'JPEG')]
    """
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise ValueError("its content type has no boundary")
    delimiter = b"\r\n--" + (boundary[1] or boundary[2]).encode("latin-1")
    start = _end_of_first_boundary(body, delimiter)
    while not body.startswith(b"--", start):
        head_end = body.find(b"\r\n\r\n", start)
        # in a part without data, the line end after the headers is also the start of the delimiter
        end = body.find(delimiter, head_end + 2)
        if head_end < 0 or end < 0 or not body.startswith(b"\r\n", start):
            raise ValueError("it is truncated, or a boundary is in the wrong place")
        yield FormPart(_file_name(body[start + 2 : head_end]), body[head_end + 4 : end])
        start = end + len(delimiter)


def _end_of_first_boundary(body: bytes, delimiter: bytes) -> int:
    """Return the end of the first boundary; everything before it is ignored."""
    if body.startswith(delimiter[2:]):
        return len(delimiter) - 2
    start = body.find(delimiter)
    if start < 0:
        raise ValueError("its boundary does not occur in it")
    return start + len(delimiter)


def _file_name(head: bytes) -> str:
    match = _FILE_NAME.search(head)
    if match is None:
        return ""
    quoted, bare = match.groups()
    return _ESCAPED.sub(rb"\1", bare if quoted is None else quoted).decode(errors="replace")
