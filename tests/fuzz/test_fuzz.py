"""Damaged and hostile input gives a result or a ConvscopeError, nothing else.

The readers and the damage are those of benchmarks/fuzz.py. Inputs that were once a finding are kept in
seeds/READER and read here for ever.
"""

import importlib.util
import random
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

SCRIPT = Path(__file__).parent.parent.parent / "benchmarks" / "fuzz.py"
SEEDS = Path(__file__).parent / "seeds"
NAMES = [
    *("picture", "zip", "tar", "tar.gz", "tar shard", "parquet shard", "idx", "csv", "parquet"),
    *("notation", "model", "checkpoint", "record", "list"),
]


@pytest.fixture(scope="module")
def fuzz():
    spec = importlib.util.spec_from_file_location("fuzz", SCRIPT)
    module = sys.modules["fuzz"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def readers(fuzz, tmp_path_factory):
    found = fuzz.readers(tmp_path_factory.mktemp("fuzz"))
    assert sorted(found) == sorted(NAMES)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_whole_files_are_read(readers, name):
    for seed in readers[name].seeds:
        readers[name].read(seed)


@pytest.mark.parametrize("name", NAMES)
def test_damaged_files_are_read_or_refused(fuzz, readers, name):
    reader = readers[name]
    others = [seed for one in readers.values() for seed in one.seeds]

    @given(st.sampled_from(reader.seeds), st.randoms(use_true_random=False))
    def check(seed, random_):
        assert fuzz.judge(reader.read, fuzz.damaged(seed, random_, others)) in {"read", "refused"}

    check()


@pytest.mark.parametrize("name", NAMES)
@given(data=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(fuzz, readers, name, data):
    assert fuzz.judge(readers[name].read, data) in {"read", "refused"}


@pytest.mark.parametrize(
    "path", sorted(SEEDS.rglob("*")) if SEEDS.exists() else [], ids=lambda path: path.name
)
def test_what_was_a_finding_is_none_any_more(fuzz, readers, path):
    if path.is_file():
        assert fuzz.judge(readers[path.parent.name].read, path.read_bytes()) in {"read", "refused"}


def test_damage_is_repeatable(fuzz):
    first, second = (fuzz.damaged(b"abc" * 99, random.Random(7), [b"x"]) for _ in range(2))
    assert first == second != b"abc" * 99
