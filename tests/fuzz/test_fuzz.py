"""Damaged and malicious input gives a result or a ConvscopeError, nothing else.

The readers and the damage are from benchmarks/fuzz.py. Earlier findings are stored in seeds/READER and
replayed here.
"""

import mmap
import os
import random
import signal
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fuzz
from convscope.errors import ConvscopeError
from fuzzing import judgement
from fuzzing.damage import damaged
from fuzzing.judgement import Watch, judge
from fuzzing.reader import Reader

SEEDS = Path(__file__).parent / "seeds"
FOUND = sorted(path for path in SEEDS.rglob("*") if path.is_file())
NAMES = [
    pytest.param(name, marks=[pytest.mark.slow] if name.endswith("socket") else []) for name in fuzz.READERS
]

slowly = settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(scope="module")
def watch(folder):
    return Watch(folder)


@pytest.fixture(scope="module")
def reader_of(folder):
    made = {}

    def make(name):
        return made.get(name) or made.setdefault(name, fuzz.made(folder, [name])[name])

    return make


@pytest.mark.parametrize("name", NAMES)
def test_whole_inputs_are_read(reader_of, name):
    reader = reader_of(name)
    refused = set()
    for data in [*reader.seeds, *map(reader.finish, reader.insides or [])]:
        try:
            reader.read(data)
        except ConvscopeError:
            refused.add(data.partition(b"\n")[0])
        reader.tidy()
    assert refused <= {b"POST /api/runs"}  # with missing pictures, so that nothing starts


@pytest.mark.parametrize("name", NAMES)
def test_damaged_inputs_are_read_or_refused(reader_of, watch, name):
    reader = reader_of(name)

    @slowly
    @given(st.integers(0, 2**63))
    def check(seed):
        found = judge(reader, reader.input(random.Random(seed), reader.seeds), watch)
        assert not found.is_finding, found

    check()


@pytest.mark.parametrize("name", NAMES)
@slowly
@given(data=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(reader_of, watch, name, data):
    found = judge(reader_of(name), data, watch)
    assert not found.is_finding, found


@pytest.mark.slow
@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_what_was_a_finding_is_none_any_more(reader_of, watch, path):
    found = judge(reader_of(path.parent.name), path.read_bytes(), watch)
    assert not found.is_finding, found


def test_damage_is_repeatable():
    first, second = (damaged(b"abc" * 99, random.Random(7), [b"x"]) for _ in range(2))
    assert first == second != b"abc" * 99


def fail(_):
    raise IndexError


def compute_for_long(_):
    end = time.process_time() + 0.5
    while time.process_time() < end:
        pass


@pytest.mark.parametrize(
    ("read", "told"),
    [
        (fail, "IndexError"),
        (lambda data: Path("/nowhere/new").write_bytes(data), "outside"),
        (lambda _: os.system("true"), "os.system"),
        (lambda _: mmap.mmap(-1, 2**24).write(bytes(2**24)), "MiB"),
        (compute_for_long, " s"),
    ],
    ids=["another exception", "another place", "another process", "much memory", "much time"],
)
def test_what_a_reader_may_not_do_is_found(watch, monkeypatch, read, told):
    monkeypatch.setattr(judgement, "BYTES", 2**23)
    monkeypatch.setattr(judgement, "SECONDS", 0.3)
    monkeypatch.setattr(signal, "setitimer", lambda *_: None)  # like a reader that catches it
    found = judge(Reader([b""], read), b"", watch)
    assert found.is_finding
    assert told in found.verdict
