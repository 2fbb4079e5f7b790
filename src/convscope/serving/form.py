r"""A form's parts, as browsers and programs send files.

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
_NAME = re.compile(
    rb'(?:^|\r\n)content-disposition:[^\r\n]*?;[ \t]*filename=(?:"((?:[^"\\\r\n]|\\[^\r\n])*)"|([^\s";]+))',
    re.IGNORECASE,
)
_ESCAPED = re.compile(rb'\\(["\\])')


class FormPart(NamedTuple):
    """One part of a form: the name of its file, empty if it has none, and its content."""

    name: str
    data: bytes


def form_parts(content_type: str, body: bytes) -> Iterator[FormPart]:
    r"""Take a form apart.

    Args:
        content_type: `multipart/form-data; boundary=...`.
        body: All of it.

    Raises:
        ValueError: It is no form, or is cut short; some of its parts may have been given before.

    Example:
        >>> head = b'Content-Disposition: form-data; name="p"; filename="tom.jpg"'
        >>> body = b"--b\r\n" + head + b"\r\n\r\nJPEG\r\n--b--\r\n"
        >>> list(form_parts("multipart/form-data; boundary=b", body))
        [FormPart(name='tom.jpg', data=b'JPEG')]
    """
    named = _BOUNDARY.search(content_type)
    if named is None:
        raise ValueError("its content type names no boundary")
    delimiter = b"\r\n--" + (named[1] or named[2]).encode("latin-1")
    place = _first(body, delimiter)
    while not body.startswith(b"--", place):
        head_end = body.find(b"\r\n\r\n", place)
        # the last line end of the head of a part without any data is the first of its delimiter, too
        end = body.find(delimiter, head_end + 2)
        if head_end < 0 or end < 0 or not body.startswith(b"\r\n", place):
            raise ValueError("it is cut short, or a boundary is not where it should be")
        yield FormPart(_name(body[place + 2 : head_end]), body[head_end + 4 : end])
        place = end + len(delimiter)


def _first(body: bytes, delimiter: bytes) -> int:
    """Find where the first boundary ends; what stands before it counts for nothing."""
    if body.startswith(delimiter[2:]):
        return len(delimiter) - 2
    start = body.find(delimiter)
    if start < 0:
        raise ValueError("its boundary is not in it")
    return start + len(delimiter)


def _name(head: bytes) -> str:
    found = _NAME.search(head)
    if found is None:
        return ""
    quoted, bare = found.groups()
    return _ESCAPED.sub(rb"\1", bare if quoted is None else quoted).decode(errors="replace")
