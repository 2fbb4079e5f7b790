import errno
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from convscope.model.feature_cache import FeatureCache

ROWS = [(bytes([n]) * 16, np.array([n, n + 0.5, -n], np.float32)) for n in range(200)]
DIGESTS = [digest for digest, _ in ROWS]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "features" / "tiny.sqlite"
    FeatureCache(path, 3).add(ROWS)
    return path


def found(path: Path, width: int = 3) -> dict[bytes, list[float]]:
    return {digest: features.tolist() for digest, features in FeatureCache(path, width).find(DIGESTS)}


def test_what_was_added_is_found_by_another_process(path):
    assert found(path) == {digest: features.tolist() for digest, features in ROWS}
    assert dict(FeatureCache(path, 3).find([b"unknown" * 200])) == {}


def test_more_pictures_than_fit_in_one_query_are_found(path, monkeypatch):
    monkeypatch.setattr("convscope.model.feature_cache._MOST_ASKED", 7)
    assert len(found(path)) == 200


def test_adding_again_replaces(path):
    cache = FeatureCache(path, 3)
    cache.add([(DIGESTS[5], np.zeros(3, np.float32))])
    assert dict(cache.find(DIGESTS[5:6]))[DIGESTS[5]].tolist() == [0, 0, 0]


def test_a_file_forgets_what_was_added_first(tmp_path, monkeypatch):
    monkeypatch.setattr("convscope.model.feature_cache._MOST_BYTES", 50 * 3 * 4)
    path = tmp_path / "tiny.sqlite"
    cache = FeatureCache(path, 3)
    for start in range(0, 200, 20):
        cache.add(ROWS[start : start + 20])
    assert [*found(path)] == DIGESTS[150:]
    size = path.stat().st_size
    for _ in range(5):
        cache.add(ROWS[:50])
        cache.add(ROWS[100:150])
    assert [*found(path)] == DIGESTS[100:150]
    assert path.stat().st_size <= 2 * size


def test_files_of_other_backbones_make_room_the_oldest_first(path, monkeypatch):
    others = [path.with_name(f"other {number}.sqlite") for number in range(3)]
    for age, other in enumerate(others):
        FeatureCache(other, 3).add(ROWS)
        os.utime(other, (10 - age, 10 - age))
    notes = path.with_name("notes.txt")
    notes.write_bytes(bytes(100_000))
    monkeypatch.setattr("convscope.model.feature_cache._MOST_BYTES_IN_FOLDER", int(2.5 * path.stat().st_size))
    FeatureCache(path, 3).add(ROWS[:1])
    assert {one.name for one in path.parent.iterdir()} == {path.name, others[0].name, notes.name}


def test_several_may_add_at_once(tmp_path):
    path = tmp_path / "tiny.sqlite"

    def add(start: int) -> str:
        cache = FeatureCache(path, 3)
        for row in ROWS[start:40:4]:
            cache.add([row])
        return cache.problem

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(add, range(4))) == [""] * 4
    assert len(found(path)) == 40


def test_features_of_another_width_are_not_found(path):
    assert found(path, width=4) == {}


@pytest.mark.parametrize("seed", range(40))
def test_damage_is_never_taken_for_features(path, seed):
    """With any part of the file overwritten or truncated, all results are correct, and the cache works."""
    random = np.random.default_rng(seed)
    data = bytearray(path.read_bytes())
    at = int(random.integers(len(data)))
    if seed % 4:
        for place in random.integers(len(data), size=1 if seed % 2 else 300):
            data[place] ^= int(random.integers(1, 256))
    else:
        del data[at:]
    path.write_bytes(data)
    right = {digest: features.tolist() for digest, features in ROWS}
    cache = FeatureCache(path, 3)
    for digest, features in cache.find(DIGESTS):
        assert features.tolist() == right[digest]
    for _ in range(2):  # the first may detect the damage and remove the file
        cache = FeatureCache(path, 3)
        cache.add(ROWS)
    assert found(path) == right or cache.problem


@pytest.mark.parametrize(
    "content", [b"", b"no database", b"SQLite format 3\0" + bytes(5_000), os.urandom(9_000)]
)
def test_a_foreign_file_is_replaced(tmp_path, content):
    path = tmp_path / "tiny.sqlite"
    path.write_bytes(content)
    assert found(path) == {}
    FeatureCache(path, 3).add(ROWS)
    assert len(found(path)) == 200


def test_a_file_of_the_wrong_columns_is_no_crash(tmp_path):
    path = tmp_path / "tiny.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE features (picture, numbers, checksum)")
        database.executemany(
            "INSERT INTO features VALUES (?, ?, ?)", [(digest, "text", None) for digest in DIGESTS]
        )
    database.close()
    assert found(path) == {}


def test_a_full_disk_is_said_once_and_nothing_is_lost(path, monkeypatch):
    cache = FeatureCache(path, 3)
    with monkeypatch.context() as patched:
        full = sqlite3.connect

        def connect(*args, **kwargs):
            database = full(*args, **kwargs)
            database.execute("PRAGMA max_page_count = 1")
            return database

        patched.setattr(sqlite3, "connect", connect)
        cache.add([(os.urandom(16), np.zeros(3, np.float32)) for _ in range(5_000)])
    assert "full" in cache.problem
    assert [*cache.find(DIGESTS)] == []
    assert len(found(path)) == 200


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "features").write_text("a file")
    cache = FeatureCache(tmp_path / "features" / "tiny.sqlite", 3)
    assert [*cache.find(DIGESTS)] == []
    assert os.strerror(errno.EEXIST) in cache.problem or os.strerror(errno.ENOTDIR) in cache.problem
    cache.add(ROWS)
