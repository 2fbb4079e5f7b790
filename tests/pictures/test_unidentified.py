import io

import pytest
from PIL import Image

from convscope.pictures.unidentified import why_unidentified


def saved(kind):
    file = io.BytesIO()
    Image.new("RGB", (16, 16)).save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\n", "it is a Git LFS pointer"),
        (b"\n<!DOCTYPE html>", "it is a web page"),
        (b'<?xml version="1.0"?>\n<!-- x --><svg/>', "it is an SVG drawing"),
        (saved("JPEG2000"), "it is a JPEG 2000 picture"),
        (saved("PDF"), "it is a PDF document"),
        (saved("ICO"), "it is an icon file"),
        (saved("PPM"), "it is a PNM picture"),
        (b"Please find attached", "its content is not a JPEG or PNG picture"),
    ],
)
def test_what_is_no_picture_is_called_what_it_is(content, cause):
    why, remedy = why_unidentified(content, ["JPEG", "PNG"])
    assert why == cause
    assert bool(remedy) == cause.startswith("it is")
