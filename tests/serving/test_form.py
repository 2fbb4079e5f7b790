"""The parts of a form are the same as written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.serving.form import FormPart, form_parts

NAMES = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), min_size=1)
BOUNDARIES = st.text("abcXYZ019'()+_,-./:=?", min_size=1, max_size=70)
TYPE = "multipart/form-data; boundary=b"


def written(files: list[tuple[str, bytes]], boundary: str) -> bytes:
    """Write a form (RFC 7578); quotes and backslashes in names are escaped as in any quoted string."""
    escaped = [(name.replace("\\", "\\\\").replace('"', '\\"'), data) for name, data in files]
    parts = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="a"; filename="{name}"\r\n'
        "Content-Type: image/png\r\n\r\n".encode()
        + data
        + b"\r\n"
        for name, data in escaped
    )
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


@given(st.lists(st.tuples(NAMES, st.binary())), BOUNDARIES)
def test_what_was_put_in_is_taken_out(files: list[tuple[str, bytes]], boundary: str) -> None:
    if any(f"\r\n--{boundary}".encode() in b"\r\n" + data for _, data in files):
        return  # senders choose a boundary that does not occur
    found = form_parts(f'multipart/form-data; boundary="{boundary}"', written(files, boundary))
    assert list(found) == [FormPart(name, data) for name, data in files]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"--b--", []),
        (b"\r\n--b--and more", []),
        (b"whatever\r\n--b\r\n\r\nx\r\n--b--", [("", b"x")]),
        (b"--b\r\n\r\n\r\n--b--", [("", b"")]),
        (b"--b\r\nX: y\r\n\r\n--b--", [("", b"")]),  # headers without data
        (b"--b\r\n\r\n\r\n--c\r\n\r\n--b--", [("", b"\r\n--c\r\n")]),
        (b"--b\r\nX: y\r\ncontent-DISPOSITION:a;FileName=tom.jpg\r\n\r\nx\r\n--b--", [("tom.jpg", b"x")]),
        (b'--b\r\nContent-Disposition: form-data; filename="a;b"; name=c\r\n\r\nx\r\n--b--', [("a;b", b"x")]),
        (b'--b\r\nX: ;filename="no"\r\n\r\n;filename="no"\r\n--b--', [("", b';filename="no"')]),
        (b'--b\r\nContent-Disposition: a; filename="\xff"\r\n\r\nx\r\n--b--', [("\ufffd", b"x")]),
    ],
)  # fmt: skip
def test_forms_that_few_programs_send(body: bytes, expected: list[tuple[str, bytes]]) -> None:
    assert list(form_parts(TYPE, body)) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"", b"x", b"--b", b"--b\r\n", b"--b\r\n\r\nx", b"--b\r\n\r\nx\r\n--b",
        b"--b\r\nX: y\r\n--b--", b"--bb\r\n\r\nx\r\n--bb--",
    ],
)  # fmt: skip
def test_what_is_no_form_or_cut_short_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"boundary|truncated"):
        list(form_parts(TYPE, body))


@pytest.mark.parametrize("options", ["", "; boundary=", f"; boundary={'b' * 71}", '; boundary="b'])
def test_a_form_has_a_boundary(options: str) -> None:
    with pytest.raises(ValueError, match="no boundary"):
        list(form_parts(f"multipart/form-data{options}", b"--b--"))
