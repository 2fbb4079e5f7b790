"""Readers of user input: pictures, archives, shards, idx files, manifests and notations."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
import zlib
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from convscope.errors import ConvscopeError
from convscope.network.chain_builder import parse_chain
from convscope.network.presets import PRESETS
from convscope.pictures.reading import read_picture
from convscope.pictures.sources import open_source
from fuzzing.reader import Reader
from tars import tar_of

if TYPE_CHECKING:
    from pathlib import Path

_PNG = b"\x89PNG\r\n\x1a\n"
_BLOCK = 512


def picture(_: Path) -> Reader:
    """All formats, in colour, grey, with transparency and with a palette, rotated by EXIF."""
    whole = pictures()
    png = [data for data in whole if data.startswith(_PNG)]
    return Reader(whole, lambda data: read_picture(data, "picture"), png, _with_png_checksums)


def zip_(folder: Path) -> Reader:
    """Class folders in a .zip."""
    return Reader([zipped(pictures())], partial(_read_source, folder / "pets.zip"))


def tar(folder: Path) -> Reader:
    """Class folders in a .tar."""
    whole = [tar_of(_members(pictures()))]
    return Reader(whole, partial(_read_source, folder / "pets.tar"), whole, _with_tar_checksums)


def packed_tar(folder: Path) -> Reader:
    """Class folders in a .tar.gz."""
    inside = tar_of(_members(pictures()))
    read = partial(_read_source, folder / "pets.tar.gz")
    return Reader([_gzipped(inside)], read, [inside], lambda data: _gzipped(_with_tar_checksums(data)))


def tar_shard(folder: Path) -> Reader:
    """Pictures with their classes, in WebDataset format."""
    whole = [tar_of(_labelled(pictures()))]
    return Reader(whole, partial(_read_source, folder / "shard.tar"), whole, _with_tar_checksums)


def parquet_shard(folder: Path) -> Reader:
    """A column of pictures and one of labels."""
    rows = [{"bytes": data, "path": None} for data in pictures()[:8]]
    names = {"info": {"features": {"label": {"names": ["cat", "dog"]}}}}
    table = pa.table({"image": rows, "label": [number % 2 for number in range(8)]})

    def written(text: bytes) -> bytes:
        buffer = io.BytesIO()
        pq.write_table(table.replace_schema_metadata({"huggingface": text}), buffer, row_group_size=3)
        return buffer.getvalue()

    text = json.dumps(names).encode()
    return Reader([written(text)], partial(_read_source, folder / "shard.parquet"), [text], written)


def idx(folder: Path) -> Reader:
    """A file of pictures; its labels are undamaged."""
    whole = _idx(folder / "train-labels-idx1-ubyte")
    return Reader([whole], partial(_read_source, folder / "train-images-idx3-ubyte"))


def packed_idx(folder: Path) -> Reader:
    """The same, gzipped."""
    inside = _idx(folder / "t10k-labels-idx1-ubyte")
    read = partial(_read_source, folder / "t10k-images-idx3-ubyte.gz")
    return Reader([_gzipped(inside)], read, [inside], _gzipped)


def csv(folder: Path) -> Reader:
    """A list of paths and labels."""
    whole = [b"path,label,split\na.png,cat,train\nb.png,dog,test\n", b'file;class\n"a;b";cat\nc;dog\n']
    _put_pictures(folder)
    return Reader(whole, partial(_read_source, folder / "pets.csv"))


def parquet(folder: Path) -> Reader:
    """The same in Parquet."""
    buffer = io.BytesIO()
    pq.write_table(pa.table({"path": ["a.png", "b.png"], "label": ["cat", "dog"]}), buffer)
    _put_pictures(folder)
    return Reader([buffer.getvalue()], partial(_read_source, folder / "pets.parquet"))


def _put_pictures(folder: Path) -> None:
    """Write the pictures of the tables, because a table without any existing picture is refused."""
    for name in ("a.png", "b.png", "a;b", "c"):
        (folder / name).write_bytes(pictures()[0])


def notation(_: Path) -> Reader:
    """A network's notation, up to the chain of steps."""
    return Reader([text.encode() for text in (*PRESETS.values(), "32C5x3s2p1-AP2o-8N")], _read_notation)


@cache
def pictures() -> list[bytes]:
    """Small pictures of every format and kind."""
    pixels = np.random.default_rng(0).integers(0, 256, (12, 10, 3), np.uint8)
    colour, grey = Image.fromarray(pixels), Image.fromarray(pixels[:, :, 0])
    found: list[bytes] = []
    for image in (colour, grey, colour.convert("RGBA"), colour.convert("P")):
        for form in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"):
            buffer = io.BytesIO()
            exif = Image.Exif()
            exif[0x0112] = 6
            more = {"exif": exif} if form in {"PNG", "JPEG", "WEBP", "TIFF"} else {}
            try:
                image.save(buffer, form, **more)
            except OSError:  # a JPEG has no transparency
                continue
            found.append(buffer.getvalue())
    return found


def zipped(pictures: list[bytes]) -> bytes:
    """Class folders in a .zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in _members(pictures).items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _read_source(path: Path, data: bytes) -> None:
    """Open the source and read all its pictures, like the store."""
    path.write_bytes(data)
    source = open_source(path)
    for index, load in source.iterate(range(len(source.items))):
        try:
            picture = load()
            if isinstance(picture, bytes):
                read_picture(picture, source.items[index].name)
        except ConvscopeError:
            continue


def _read_notation(data: bytes) -> None:
    parse_chain(data.decode(errors="replace"), (3, 32, 32), 10)


def _members(pictures: list[bytes]) -> dict[str, bytes]:
    return {f"{('cat', 'dog')[n % 2]}/{n}.png": data for n, data in enumerate(pictures[:6])}


def _labelled(pictures: list[bytes]) -> dict[str, bytes]:
    """A shard's members: every picture with its class."""
    found: dict[str, bytes] = {}
    for number, data in enumerate(pictures[:8]):
        found |= {f"{number}.cls": b"cat" if number % 2 else b"dog", f"{number}.png": data}
    return found


def _idx(labels: Path) -> bytes:
    """Pictures as an idx file; their labels are written to disk."""
    pictures = np.random.default_rng(0).integers(0, 256, (4, 8, 8), np.uint8)
    labels.write_bytes(struct.pack(">HBBI", 0, 8, 1, 4) + bytes([0, 1, 0, 1]))
    return struct.pack(">HBBIII", 0, 8, 3, *pictures.shape) + pictures.tobytes()


def _gzipped(data: bytes) -> bytes:
    return gzip.compress(data, 1, mtime=0)


def _with_png_checksums(data: bytes) -> bytes:
    """Write the correct checksum of each chunk, as far as there are chunks."""
    found = bytearray(data)
    place = len(_PNG)
    while place + 12 <= len(found):
        (length,) = struct.unpack_from(">I", found, place)
        end = place + 8 + length
        if end + 4 > len(found):
            break
        struct.pack_into(">I", found, end, zlib.crc32(found[place + 4 : end]))
        place = end + 4
    return bytes(found)


def _with_tar_checksums(data: bytes) -> bytes:
    """Write the correct checksum of each block that looks like a header."""
    found = bytearray(data)
    for place in range(0, len(found) - _BLOCK + 1, _BLOCK):
        head = found[place : place + _BLOCK]
        if head[257:262] == b"ustar":
            head[148:156] = b" " * 8
            found[place + 148 : place + 156] = b"%06o\0 " % sum(head)
    return bytes(found)
