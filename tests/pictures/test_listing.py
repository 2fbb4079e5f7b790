import os
import random
import tracemalloc
from collections import deque
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.errors import DataError
from convscope.pictures import listing
from convscope.pictures.listing import in_order, pictures_below
from convscope.pictures.naming import natural_order

NAMES = st.binary(min_size=1).map(lambda raw: os.fsdecode(raw.replace(b"\0", b"\n")))
"""File names of any bytes, including invalid text."""


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "_NAMES_AT_ONCE", 3)
    monkeypatch.setattr(listing, "_BYTES_AT_ONCE", 5)


@pytest.mark.usefixtures("few_at_once")
@given(st.lists(NAMES, max_size=30))
def test_names_that_wait_in_a_file_come_back_in_the_order_of_a_list(names: list[str]) -> None:
    assert list(in_order(names)) == sorted(names, key=natural_order)


@pytest.mark.slow
def test_ten_times_the_names_take_no_more_memory() -> None:
    def peak(count: int) -> int:
        numbers = random.Random(0).sample(range(10 * count), count)
        tracemalloc.start()
        deque(in_order(f"picture {number}.png" for number in numbers), maxlen=0)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(50_000) < 1.5 * peak(5_000)


def test_no_room_for_a_temporary_file_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "TemporaryFile", partial(open, "/dev/full", "r+b", buffering=0))
    with pytest.raises(DataError, match=r"so many files\n.*No space left"):
        list(in_order(str(number) for number in range(5_000)))


@pytest.mark.usefixtures("few_at_once")
def test_folders_follow_their_parent_s_pictures_and_closed_ones_come_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a10/1.png", "a2/b/1.png", "a2/2.png", "9.png", "10.png", "11.png", "12.png", "no.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "itself").symlink_to("itself")
    (tmp_path / "a2" / "up").symlink_to(tmp_path)
    (tmp_path / "closed").mkdir()
    scandir = os.scandir  # root may list any folder, so access is denied here

    def refusing(path: str) -> os.PathLike[str]:
        if path.endswith("closed"):
            raise PermissionError(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    found = [Path(one).relative_to(tmp_path).as_posix() for one in pictures_below(str(tmp_path))]
    assert found == ["9.png", "10.png", "11.png", "12.png", "a2/2.png", "a2/b/1.png", "a10/1.png", "closed"]
