"""For every kind of picture and every form of input, the same pixels are read, or it is refused."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image, ImageOps

from convscope.errors import PictureError
from convscope.model.inputs import as_many, is_single, pixels_of, read_input
from convscope.pictures.decoding import decode
from convscope.pictures.pillow_warnings import pillow_warnings_ignored
from convscope.pictures.reading import read_picture
from convscope.pictures.sources import open_source
from picture_kinds import COLOUR, GREY, exif_of, saved
from picture_kinds import KINDS as COMMON_KINDS
from rare_picture_kinds import RARE_KINDS
from tars import tar_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KINDS = {**COMMON_KINDS, **RARE_KINDS}
NAMES = {name: f"{number:03}{kind.suffix}" for number, (name, kind) in enumerate(KINDS.items())}
LABELS = {name: "even" if number % 2 else "odd" for number, name in enumerate(NAMES)}

Pixels = np.ndarray | PictureError


def loaded(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
    return image


def turned_by_hand(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return ImageOps.exif_transpose(image)


INPUTS: dict[str, Callable[[Path], Any]] = {
    "path": lambda path: path,
    "text": str,
    "bytes": lambda path: path.read_bytes(),
    "bytearray": lambda path: bytearray(path.read_bytes()),
    "memoryview": lambda path: memoryview(path.read_bytes()),
    "bytes in memory": lambda path: io.BytesIO(path.read_bytes()),
    "open file": lambda path: path.open("rb"),
    "PIL image": Image.open,
    "PIL image of bytes": lambda path: Image.open(io.BytesIO(path.read_bytes())),
    "PIL image, loaded": loaded,
    "PIL image, turned": turned_by_hand,
}


def as_class_folders(folder: Path) -> Path:
    for name, kind in KINDS.items():
        (folder / "classes" / LABELS[name]).mkdir(parents=True, exist_ok=True)
        (folder / "classes" / LABELS[name] / NAMES[name]).write_bytes(kind.data)
    return folder / "classes"


def as_zip(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "pack.zip", "w") as archive:
        for name, kind in KINDS.items():
            archive.writestr(f"{LABELS[name]}/{NAMES[name]}", kind.data)
    return folder / "pack.zip"


def as_tar(folder: Path, mode: str = "w", suffix: str = ".tar") -> Path:
    path = folder / f"pack{suffix}"
    path.write_bytes(
        tar_of({f"{LABELS[name]}/{NAMES[name]}": kind.data for name, kind in KINDS.items()}, mode)
    )
    return path


def as_webdataset(folder: Path) -> Path:
    members: dict[str, bytes] = {}
    for name, kind in KINDS.items():
        members[NAMES[name]] = kind.data
        members[f"{NAMES[name][:3]}.cls"] = LABELS[name].encode()
    (folder / "samples.tar").write_bytes(tar_of(members))
    return folder / "samples.tar"


def as_csv(folder: Path) -> Path:
    as_class_folders(folder)
    with (folder / "list.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("path", "label"))
        table.writerows((f"classes/{LABELS[name]}/{NAMES[name]}", LABELS[name]) for name in NAMES)
    return folder / "list.csv"


def as_parquet_list(folder: Path) -> Path:
    as_class_folders(folder)
    paths = [f"classes/{LABELS[name]}/{NAMES[name]}" for name in NAMES]
    pq.write_table(pa.table({"path": paths, "label": list(LABELS.values())}), folder / "list.parquet")
    return folder / "list.parquet"


def as_parquet_shard(folder: Path) -> Path:
    pictures = [{"bytes": kind.data, "path": NAMES[name]} for name, kind in KINDS.items()]
    pq.write_table(pa.table({"image": pictures, "label": list(LABELS.values())}), folder / "shard.parquet")
    return folder / "shard.parquet"


SOURCES: dict[str, Callable[[Path], Path]] = {
    "folder": as_class_folders,
    "zip": as_zip,
    "tar": as_tar,
    "tar.gz": lambda folder: as_tar(folder, "w:gz"),
    "WebDataset": as_webdataset,
    "CSV": as_csv,
    "Parquet list": as_parquet_list,
    "Parquet shard": as_parquet_shard,
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return as_class_folders(tmp_path_factory.mktemp("kinds"))


@pytest.fixture(scope="module")
def in_sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Pixels]]:
    """The pixels or error from each source, by the name of the kind."""
    given: dict[str, dict[str, Pixels]] = {}
    for way, make in SOURCES.items():
        source = open_source(make(tmp_path_factory.mktemp("source")))
        found: dict[int, Pixels] = {}
        decode(
            source,
            range(len(source.items)),
            lambda decoded, found=found: found.__setitem__(decoded.index, decoded.pixels),
            found.__setitem__,
        )
        if way == "Parquet shard":
            given[way] = dict(zip(KINDS, (found[index] for index in range(len(KINDS))), strict=True))
            continue
        by_file = {item.name.rsplit("/", 1)[1]: found[index] for index, item in enumerate(source.items)}
        given[way] = {name: by_file[file] for name, file in NAMES.items()}
    return given


def read_or_error(picture: Any) -> Pixels:
    try:
        return pixels_of(picture, "it")
    except PictureError as error:
        return error


@pytest.mark.parametrize("name", KINDS)
def test_every_way_in_gives_the_same_pixels_or_a_true_refusal(
    name: str, files: Path, in_sources: dict[str, dict[str, Pixels]]
) -> None:
    kind, path = KINDS[name], files / LABELS[name] / NAMES[name]
    given = {
        **{way: found[name] for way, found in in_sources.items()},
        **ways_in(path, turned="turned" in name),
    }
    reference = given["path"]
    if kind.pixels is None:
        assert isinstance(reference, PictureError)
        assert kind.cause in reference.why
        # the bits that Pillow drops are lost once it has loaded a picture
        assert all(isinstance(pixels, PictureError) or "PIL image," in way for way, pixels in given.items())
        return
    assert isinstance(reference, np.ndarray), reference
    expected = kind.pixels if kind.pixels.ndim == 3 else kind.pixels[:, :, np.newaxis]
    assert reference.shape == expected.shape
    assert np.abs(reference.astype(int) - expected).max() <= kind.tolerance
    for way, pixels in given.items():
        assert isinstance(pixels, np.ndarray), f"{way}: {pixels}"
        np.testing.assert_array_equal(pixels, reference, err_msg=way)


def ways_in(path: Path, *, turned: bool) -> dict[str, Pixels]:
    """Read a file in every form that can be passed to `predict`."""
    given: dict[str, Pixels] = {}
    for way, make in INPUTS.items():
        if make is turned_by_hand and not turned:
            continue  # Pillow's copy of an image lacks the storage format of the file
        try:
            with pillow_warnings_ignored:
                picture = make(path)
        except (OSError, ValueError, SyntaxError):
            continue  # Pillow itself cannot open it
        given[way] = read_or_error(picture)
        if hasattr(picture, "close"):
            picture.close()
    return given


VALUES = {
    "bytes": GREY,
    "colour": COLOUR,
    "16 bits": GREY.astype(np.uint16) * 257,
    "12 bits in 16": np.rint(GREY * (4095 / 255)).astype(np.uint16),
    "the other byte order": (GREY.astype(np.uint16) * 257).astype(">u2"),
    "64-bit integers": GREY.astype(np.int64),
    "floats to 1": GREY / 255,
    "16-bit floats to 255": GREY.astype(np.float16),
    "colour floats to 1": COLOUR / 255,
}


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("as_tensor", [False, True])
def test_an_array_or_tensor_of_any_type_is_read_by_the_same_rule(name: str, *, as_tensor: bool) -> None:
    values = VALUES[name]
    expected = COLOUR if "colour" in name else GREY
    if as_tensor:
        native = values.astype(values.dtype.newbyteorder("="))
        picture: Any = torch.from_numpy(np.ascontiguousarray(native))
        picture = picture.permute(2, 0, 1) if values.ndim == 3 else picture
    else:
        picture = values
    assert is_single(picture)
    read = pixels_of(picture, "it")
    assert np.abs(read.reshape(expected.shape).astype(int) - expected).max() <= 1


def test_a_batch_of_tensors_is_as_many_pictures() -> None:
    batch = torch.from_numpy(np.stack([COLOUR, 255 - COLOUR])).permute(0, 3, 1, 2)
    assert not is_single(batch)
    np.testing.assert_array_equal([pixels_of(one, "it") for one in as_many(batch)], [COLOUR, 255 - COLOUR])


@pytest.mark.parametrize(
    ("picture", "cause"),
    [
        (None, "NoneType"),
        ([[1, 2], [3, 4]], "list"),
        (io.StringIO("text"), "opened as text"),
        (np.zeros((4, 4, 2), np.uint8), "(4, 4, 2)"),
        (np.zeros((4, 4, 4), np.uint8), "(4, 4, 4)"),
        (np.array([["a"]]), "<U1"),
        (np.full((2, 2), -1), "negative"),
        (np.full((2, 2), np.nan), "finite"),
    ],
)
def test_what_is_no_picture_is_refused_in_a_sentence(picture: Any, cause: str) -> None:
    with pytest.raises(PictureError) as caught:
        read_input(picture, "picture 3")
    assert "picture 3" in caught.value.what
    assert cause in str(caught.value)
    assert caught.value.remedy


MODES = [
    "1",
    "L",
    "P",
    "RGB",
    "RGBA",
    "RGBX",
    "RGBa",
    "LA",
    "La",
    "CMYK",
    "YCbCr",
    "LAB",
    "HSV",
    "I",
    "F",
    "PA",
]


@pytest.mark.parametrize("mode", MODES)
def test_a_pil_image_of_any_mode_looks_as_its_colours_do(mode: str) -> None:
    colour = Image.fromarray(COLOUR)
    by_way_of = {"RGBa": "RGBA", "PA": "RGBA", "La": "LA", "I": "L", "F": "L"}.get(mode, "RGB")
    image = colour.convert(by_way_of)
    image = image.quantize().convert("PA") if mode == "PA" else image.convert(mode)
    if mode in {"1", "P", "PA"}:
        shown = image.convert("RGB").convert("L" if mode == "1" else "RGB")
    else:
        shown = colour.convert("L" if mode in {"L", "LA", "La", "I", "F"} else "RGB")
    limit = 20 if mode in {"HSV", "LAB", "YCbCr"} else 0
    read = pixels_of(image, "it")
    assert np.abs(read.squeeze().astype(int) - np.asarray(shown)).max() <= limit


@pytest.mark.parametrize("change", ["rotated", "converted", "copied"])
def test_a_pil_image_that_may_have_been_turned_by_hand_is_refused_with_the_way_out(change: str) -> None:
    image = Image.open(io.BytesIO(saved(Image.fromarray(COLOUR), "JPEG", exif=exif_of(6))))
    changed = {
        "rotated": lambda: image.transpose(Image.Transpose.ROTATE_270),
        "converted": lambda: image.convert("L"),
        "copied": image.copy,
    }[change]()
    with pytest.raises(PictureError, match="which way up") as caught:
        read_input(changed, "it")
    assert "exif_transpose" in caught.value.remedy


def test_a_pil_image_is_left_as_it_was() -> None:
    data = saved(Image.fromarray(COLOUR), "JPEG")
    image = Image.open(io.BytesIO(data))
    np.testing.assert_array_equal(pixels_of(image, "it"), read_picture(data, "it"))
    assert image.size == (18, 24)
    np.testing.assert_array_equal(np.asarray(image), read_picture(data, "it"))


def test_a_large_jpeg_is_scaled_by_its_codec_however_it_comes() -> None:
    rows, columns = np.mgrid[:600, :800]
    pixels = np.stack([rows * 255 // 600, columns * 255 // 800, (rows + columns) % 256], axis=2).astype(
        np.uint8
    )
    data = saved(Image.fromarray(pixels), "JPEG", quality=95)
    expected = read_picture(data, "it", 64)
    assert expected.shape == (75, 100, 3)
    for picture in (data, io.BytesIO(data), Image.open(io.BytesIO(data))):
        np.testing.assert_array_equal(pixels_of(picture, "it", 64), expected)
