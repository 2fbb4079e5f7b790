"""A file gets its size and disk space, whether or not the system can reserve it at once."""

import os

import pytest

from convscope.common import disk_space
from convscope.common.disk_space import reserve


@pytest.mark.parametrize("size", [0, 1, 1_000, 2_500])
@pytest.mark.parametrize("can_allocate", [True, False])
def test_a_file_has_its_size_and_is_zero(tmp_path, monkeypatch, size, can_allocate):
    if not can_allocate:  # as on macOS and Windows
        monkeypatch.delattr(os, "posix_fallocate", raising=False)
        monkeypatch.setattr(disk_space, "_CHUNK", 1_000)
    with (tmp_path / "file").open("wb+") as file:
        reserve(file, size)
    assert (tmp_path / "file").read_bytes() == bytes(size)
    if size:
        assert (tmp_path / "file").stat().st_blocks > 0
