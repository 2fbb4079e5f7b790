import gzip
import io
import random
import stat
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.errors import DataError, PictureError
from convscope.pictures.preparation import Preparation
from convscope.pictures.reading import BYTE_LIMIT
from convscope.pictures.sources import open_source
from convscope.pictures.store_building import build_store
from tars import tar_of

SUFFIXES = [".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz"]


def pack(path, members):
    """Writes an archive with any names and contents."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        return path
    mode = {".tar": "w", ".gz": "w:gz", ".tgz": "w:gz", ".bz2": "w:bz2", ".xz": "w:xz"}[path.suffix]
    path.write_bytes(tar_of(members, mode))
    return path


@pytest.fixture
def pets(encode):
    names = [
        f"pets/{part}/{label}/{n}.png" for part in ("train", "test") for label in ("b", "a") for n in range(8)
    ]
    return {name: encode(number) for number, name in enumerate(names)}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_members_are_read_in_place_in_any_order(tmp_path, pets, suffix):
    source = open_source(
        pack(tmp_path / f"pets{suffix}", pets | {"pets/readme.txt": b"", "pets/.DS_Store": b""})
    )
    assert source.name == "pets"
    assert len(source.items) == len(pets)
    order = list(range(len(pets)))
    random.Random(0).shuffle(order)
    for index in order:
        item = source.items[index]
        name = item.name.removeprefix(str(tmp_path / f"pets{suffix}") + "/")
        assert source.read(index) == pets[name]
        assert (item.part, item.label) == tuple(name.split("/")[1:3])
    assert [path.name for path in tmp_path.iterdir()] == [f"pets{suffix}"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_store_is_built_from_an_archive(tmp_path, pets, suffix):
    pets["pets/train/a/3.png"] = b"broken"
    source = open_source(pack(tmp_path / f"pets{suffix}", pets))
    store = build_store(source, Preparation(3, 5, 6), folder=tmp_path / "stores")
    assert len(store.labels) == len(pets) - 1
    assert [one.name.endswith("train/a/3.png") for one in store.broken] == [True]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_loads_outlive_the_iteration(tmp_path, pets, suffix):
    source = open_source(pack(tmp_path / f"pets{suffix}", pets))
    loads = list(source.iterate(range(0, 20, 3)))
    assert [(index, load()) for index, load in loads] == [
        (index, source.read(index)) for index in range(0, 20, 3)
    ]


@pytest.mark.parametrize("suffix", [".zip", ".tar.gz"])
@pytest.mark.parametrize(
    "name", ["../evil.png", "a/../../evil.png", "/etc/evil.png", "C:\\evil.png", "a\\..\\..\\e.png"]
)
def test_a_member_that_points_outside_is_refused(tmp_path, pets, suffix, name):
    with pytest.raises(DataError, match="is refused") as caught:
        open_source(pack(tmp_path / f"pets{suffix}", pets | {name: b"x"}))
    assert "evil" in caught.value.why or "e.png" in caught.value.why


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kept", [0, 3, 700, 2500])
def test_an_archive_cut_short_is_one_clear_error(tmp_path, pets, suffix, kept):
    path = pack(tmp_path / f"pets{suffix}", pets)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DataError, match="cannot read the archive"):
        open_source(path)


@pytest.mark.slow
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_flipped_byte_in_a_zip_is_found(tmp_path_factory, place, flip):
    members = {f"{label}/{n}.png": bytes([n]) * 50 for label in "ab" for n in range(3)}
    path = pack(tmp_path_factory.getbasetemp() / "flipped.zip", members)
    data = bytearray(path.read_bytes())
    data[place % len(data)] ^= flip
    path.write_bytes(data)
    try:
        source = open_source(path)
        contents = [load() for _, load in source.iterate(range(len(source.items)))]
    except (DataError, PictureError):
        return
    assert set(contents) <= set(members.values())


@given(st.binary(max_size=2000), st.sampled_from([".zip", ".tar", ".tar.gz", ".tar.xz"]), st.booleans())
def test_whatever_the_bytes_only_a_data_error_comes(tmp_path_factory, data, suffix, compressed):
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    if compressed and suffix == ".tar.gz":
        data = gzip.compress(data)
    path.write_bytes(data)
    with pytest.raises(DataError):
        open_source(path)


def test_an_encrypted_zip_is_refused(tmp_path, pets):
    path = pack(tmp_path / "pets.zip", pets)
    data = bytearray(path.read_bytes())
    start = 0
    while (start := data.find(b"PK\x01\x02", start)) >= 0:  # the flags are at byte 8 of each directory entry
        data[start + 8] |= 1
        start += 4
    path.write_bytes(data)
    with pytest.raises(DataError, match="encrypted"):
        open_source(path)


def test_names_with_backslashes_are_folders_in_a_zip(tmp_path, encode):
    path = pack(tmp_path / "windows.zip", {"x": b""})
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("cats\\1.png", "dogs\\2.png"):
            info = zipfile.ZipInfo("placeholder")
            info.filename = name
            archive.writestr(info, encode())
    assert [item.label for item in open_source(path).items] == ["cats", "dogs"]


def test_links_and_devices_in_a_tar_are_left_out_and_noted(tmp_path, pets):
    path = pack(tmp_path / "pets.tar", pets)
    with tarfile.open(path, "a") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
            info = tarfile.TarInfo("pets/train/a/link.png")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    source = open_source(path)
    assert len(source.items) == len(pets)
    assert "left out: 4 special members, as a link could lead anywhere" in source.notes


def test_a_link_in_a_zip_is_never_followed(tmp_path, pets):
    path = pack(tmp_path / "pets.zip", pets)
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo("pets/train/a/link.png")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    source = open_source(path)
    index = next(index for index, item in enumerate(source.items) if item.name.endswith("link.png"))
    assert source.read(index) == b"/etc/passwd"


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".zip", ".tar.xz"])
def test_a_member_that_unpacks_to_too_much_is_broken(tmp_path, suffix):
    path = tmp_path / f"bomb{suffix}"
    size = BYTE_LIMIT + 1
    if suffix == ".zip":
        with (
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open("a/1.png", "w") as member,
        ):
            for _ in range(size // 2**20 + 1):
                member.write(bytes(2**20))
    else:
        with tarfile.open(path, "w:xz", preset=0) as archive:
            info = tarfile.TarInfo("a/1.png")
            info.size = size
            archive.addfile(info, Zeros())
    with pytest.raises(PictureError, match="the limit is"):
        open_source(path).read(0)


class Zeros:
    def read(self, size):
        return bytes(size)


def test_a_zip_that_lies_about_a_size_is_broken(tmp_path):
    path = pack(tmp_path / "lie.zip", {"a/1.png": bytes(100_000)})
    data = bytearray(path.read_bytes())
    entry = data.find(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (10).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(PictureError, match="damaged"):
        open_source(path).read(0)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_without_a_bound_are_refused(tmp_path, encode, method):
    path = tmp_path / "pets.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a/1.png", encode())
    with pytest.raises(PictureError, match="deflate"):
        open_source(path).read(0)


def test_a_tar_header_that_asks_for_much_memory_is_refused(tmp_path):
    path = tmp_path / "long.tar"
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 2**40
    path.write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    with pytest.raises(DataError, match=r"long\.tar"):
        open_source(path)


@pytest.mark.parametrize("suffix", [".zip", ".tar.gz"])
def test_the_fingerprint_changes_with_the_archive(tmp_path, pets, suffix):
    path = pack(tmp_path / f"pets{suffix}", pets)
    before = open_source(path).fingerprint()
    assert open_source(path).fingerprint() == before
    pack(path, dict(list(pets.items())[1:]))
    assert open_source(path).fingerprint() != before


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("suffix", [".zip", ".tar"])
def test_of_members_with_one_name_the_last_counts_as_in_unpacking(tmp_path, encode, suffix):
    files = [("a/0.png", encode(0)), ("b/0.png", encode(1)), ("a/0.png", encode(2))]
    path = tmp_path / f"pets{suffix}"
    if suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in files:
                archive.writestr(name, data)
    else:
        with tarfile.open(path, "w") as archive:
            for name, data in files:
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
    source = open_source(path)
    by_label = {item.label: source.read(index) for index, item in enumerate(source.items)}
    assert by_label == {"a": encode(2), "b": encode(1)}
    assert "left out: 1 member, as later ones have the same names" in source.notes
