import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from convscope.common.cache_folder import cache_folder
from convscope.errors import DataError, PictureError, StoreError
from convscope.pictures.preparation import Preparation, prepare
from convscope.pictures.reading import read_picture
from convscope.pictures.sources import open_source
from convscope.pictures.store_building import build_store

FORM = Preparation(3, 8, 8)

ARRAYS = ("labels", "digests", "letters", "ends", "parts")
STORE_FILES = ["pictures.bin", "store.json", *(f"{name}.npy" for name in ARRAYS)]
BUILD = """
import sys
from pathlib import Path
from convscope.pictures.preparation import Preparation
from convscope.pictures.sources import open_source
from convscope.pictures.store_building import build_store

def progress(done, total):
    print(done, flush=True)

source, folder = open_source(sys.argv[1]), Path(sys.argv[2])
store = build_store(source, Preparation(3, 8, 8), folder=folder, progress=progress)
print("digest", store.digest, store.pictures.sum(), flush=True)
"""


def start(data, folder, code=BUILD):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-c", code, str(data), str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


@pytest.fixture
def pets(tmp_path, class_folders):
    return class_folders(tmp_path / "pets", cats=5, dogs=4)


@pytest.fixture
def stores(tmp_path):
    return tmp_path / "stores"


@pytest.fixture
def many(tmp_path):
    """Pictures that take some seconds to decode."""
    large = np.random.default_rng(0).integers(0, 256, (1000, 1000, 3), np.uint8)
    for number in range(50):
        path = tmp_path / "many" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        if number == 0:
            Image.fromarray(large).save(path, compress_level=1)
        else:
            path.hardlink_to(tmp_path / "many" / "a" / "0.png")
    return tmp_path / "many"


def test_the_store_holds_what_reading_and_preparing_give(pets, stores):
    source = open_source(pets)
    store = build_store(source, FORM, folder=stores)
    assert store.pictures.shape == (9, 8, 8, 3)
    assert store.classes == ("cats", "dogs")
    for place, name in enumerate(store.names):
        index = next(index for index, item in enumerate(source.items) if item.name == name)
        assert np.array_equal(store.pictures[place], prepare(read_picture(source.read(index), "x"), FORM))
        assert store.classes[store.labels[place]] == source.items[index].label
    assert not store.broken


def test_classes_are_in_natural_order(tmp_path, class_folders, stores):
    class_folders(tmp_path / "numbers", **{"10": 1, "9": 1, "100": 1})
    assert build_store(open_source(tmp_path / "numbers"), FORM, folder=stores).classes == ("9", "10", "100")


def test_a_store_is_used_again_while_nothing_changes(pets, stores):
    calls = []
    first = build_store(open_source(pets), FORM, folder=stores, progress=lambda *done: calls.append(done))
    assert calls[-1] == (9, 9)
    calls.clear()
    again = build_store(open_source(pets), FORM, folder=stores, progress=lambda *done: calls.append(done))
    assert not calls
    assert again.digest == first.digest
    assert np.array_equal(again.pictures, first.pictures)


def test_a_changed_picture_makes_another_store(pets, stores, encode):
    first = build_store(open_source(pets), FORM, folder=stores)
    (pets / "cats" / "0.png").write_bytes(encode(77))
    assert build_store(open_source(pets), FORM, folder=stores).digest != first.digest


def test_a_picture_moved_to_another_class_makes_another_store(pets, stores):
    first = build_store(open_source(pets), FORM, folder=stores)
    (pets / "cats" / "0.png").rename(pets / "dogs" / "9.png")
    assert build_store(open_source(pets), FORM, folder=stores).digest != first.digest


def test_another_preparation_makes_another_store(pets, stores):
    first = build_store(open_source(pets), FORM, folder=stores)
    assert build_store(open_source(pets), Preparation(3, 8, 8, "pad"), folder=stores).digest != first.digest


@pytest.mark.parametrize("places", [(0,), (4, 5), (8,), (0, 3, 8)])
def test_broken_pictures_are_left_out_and_named(pets, stores, places):
    paths = [pets / item.name[len(str(pets)) + 1 :] for item in open_source(pets).items]
    whole = build_store(open_source(pets), FORM, folder=stores)
    for place in places:
        paths[place].write_bytes(paths[place].read_bytes()[:40])
    before = {path: path.read_bytes() for path in paths}
    store = build_store(open_source(pets), FORM, folder=stores)
    kept = [place for place in range(9) if place not in places]
    assert [one.name for one in store.broken] == [str(paths[place]) for place in places]
    assert all(one.cause for one in store.broken)
    assert np.array_equal(store.pictures, whole.pictures[kept])
    assert np.array_equal(store.labels, whole.labels[kept])
    assert tuple(store.names) == tuple(whole.names[place] for place in kept)
    assert {path: path.read_bytes() for path in paths} == before


def test_a_class_of_which_no_picture_can_be_read_is_named(pets, stores):
    for path in (pets / "dogs").iterdir():
        path.write_bytes(path.read_bytes()[:40])
    count = len(list((pets / "dogs").iterdir()))
    store = build_store(open_source(pets), FORM, folder=stores)
    assert f"no class, as none of its pictures can be read: dogs ({count} pictures)" in store.notes


def test_text_empty_and_truncated_files_and_dead_links_are_broken(pets, stores):
    (pets / "cats" / "0.png").write_text("renamed")
    (pets / "cats" / "1.png").write_bytes(b"")
    (pets / "dogs" / "2.png").unlink()
    (pets / "dogs" / "2.png").symlink_to("nowhere.png")
    causes = {one.name[-10:]: one.cause for one in build_store(open_source(pets), FORM, folder=stores).broken}
    assert set(causes) == {"cats/0.png", "cats/1.png", "dogs/2.png"}
    assert "empty" in causes["cats/1.png"]
    assert "No such file" in causes["dogs/2.png"]


@pytest.mark.parametrize("before", [False, True])
def test_strict_stops_at_a_broken_picture(pets, stores, before):
    (pets / "cats" / "3.png").write_bytes(b"")
    if before:
        build_store(open_source(pets), FORM, folder=stores)
    with pytest.raises(PictureError, match=r"cats/3\.png"):
        build_store(open_source(pets), FORM, folder=stores, strict=True)


def test_more_broken_than_whole_pictures_are_an_error(pets, stores):
    for path in list(pets.rglob("*.png"))[:5]:
        path.write_bytes(b"")
    with pytest.raises(DataError, match="5 of the 9"):
        build_store(open_source(pets), FORM, folder=stores)
    assert not list(stores.iterdir())


@pytest.mark.parametrize("name", STORE_FILES)
@pytest.mark.parametrize("kept", [0, 60, None])
def test_a_damaged_store_is_built_again(pets, stores, name, kept):
    first = build_store(open_source(pets), FORM, folder=stores)
    pictures = np.array(first.pictures)
    path = next(stores.iterdir()) / name
    if kept is None:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:kept])
    again = build_store(open_source(pets), FORM, folder=stores)
    assert again.digest == first.digest
    assert np.array_equal(again.pictures, pictures)
    assert len(list(stores.iterdir())) == 1


def test_a_store_that_is_cut_short_while_it_is_open_says_so(pets, stores):
    store = build_store(open_source(pets), Preparation(3, 8, 8), folder=stores)
    store.check_whole()
    (pictures,) = stores.glob("*/pictures.bin")
    os.truncate(pictures, pictures.stat().st_size - 1)
    with pytest.raises(StoreError, match="can no longer be read"):
        store.check_whole()


def test_the_folder_is_the_users_cache_or_another(monkeypatch, tmp_path, pets):
    monkeypatch.setenv("CONVSCOPE_CACHE", str(tmp_path / "elsewhere"))
    build_store(open_source(pets), FORM)
    assert len(list((tmp_path / "elsewhere" / "stores").iterdir())) == 1
    monkeypatch.delenv("CONVSCOPE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "convscope"


def test_a_folder_that_cannot_be_made_is_a_store_error(tmp_path, pets):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="CONVSCOPE_CACHE"):
        build_store(open_source(pets), FORM, folder=tmp_path / "file" / "stores")


def test_a_full_disk_is_a_store_error_and_leaves_nothing(pets, stores):
    fill_first = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))"
    process = start(pets, stores, fill_first + BUILD)
    _, errors = process.communicate(timeout=60)
    assert "StoreError" in errors
    assert "free some space" in errors
    assert not list(stores.iterdir())


@pytest.mark.slow
def test_two_processes_may_build_the_same_store_at_once(many, stores):
    processes = [start(many, stores) for _ in range(2)]
    ends = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], ends
    last_lines = {out.strip().splitlines()[-1] for out, _ in ends}
    assert len(last_lines) == 1
    assert len(list(stores.iterdir())) == 1


def test_an_interrupted_build_leaves_nothing_and_ends_soon(many, stores):
    process = start(many, stores)
    process.stdout.readline()  # progress: it is half-way
    assert list(stores.iterdir())
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=30)
    assert "digest" not in out
    assert "KeyboardInterrupt" in errors
    assert process.returncode == -signal.SIGINT
    assert not list(stores.iterdir())


def test_what_a_killed_build_leaves_is_removed_by_the_next(many, stores, pets):
    with start(many, stores) as build:
        build.stdout.readline()
        build.kill()
    assert len(list(stores.iterdir())) == 1
    store = build_store(open_source(pets), FORM, folder=stores)
    assert [store.pictures.filename.parent] == list(stores.iterdir())


@pytest.mark.slow
def test_a_build_that_goes_on_is_left_alone(many, stores, pets):
    with start(many, stores) as build:
        build.stdout.readline()
        build_store(open_source(pets), FORM, folder=stores)
        rest, errors = build.communicate()
    assert "digest" in rest, errors
    assert len(list(stores.iterdir())) == 2


def test_the_store_outlives_its_source(pets, stores):
    store = build_store(open_source(pets), FORM, folder=stores)
    expected = np.array(store.pictures)
    shutil.rmtree(pets)
    assert np.array_equal(store.pictures, expected)


MEASURE = """
import sys
import numpy as np
from pathlib import Path
from convscope.pictures.preparation import Preparation
from convscope.pictures.sources import open_source
from convscope.pictures.store_building import build_store
from convscope.pictures.split import split

def own_bytes():
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))

most = 0
def progress(done, total):
    global most
    most = max(most, own_bytes())

source, folder = open_source(sys.argv[1]), Path(sys.argv[2])
store = build_store(source, Preparation(3, 64, 64), folder=folder, progress=progress)
parts = split(store)
print(len(store.labels), max(most, own_bytes()))
"""


@pytest.mark.slow
def test_of_many_pictures_little_is_kept_in_memory(tmp_path, stores, encode):
    """Another picture takes less than 2 KB, its pixels are 12 KB: 100,000 take less than 200 MB."""

    def most_bytes(count):
        data = tmp_path / str(count)
        paths = [data / "ab"[number % 2] / f"{number}.jpg" for number in range(count)]
        for folder in {path.parent for path in paths}:
            folder.mkdir(parents=True)
        for number, path in enumerate(paths):
            if number < 50:
                path.write_bytes(encode(number, "JPEG", 64, 64))
            else:
                path.hardlink_to(paths[number % 50])
        out, errors = start(data, stores, MEASURE).communicate(timeout=600)
        found, most = map(int, out.split())
        assert found == count, errors
        return most

    few, many = 2_000, 20_000
    assert most_bytes(many) - most_bytes(few) < 2_000 * (many - few)
