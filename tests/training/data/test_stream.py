"""Shards that do not fit on the disk are trained on in blocks, as if all were stored."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
import safetensors
import torch
from PIL import Image

from convscope.common.ranks import ALONE, Rank
from convscope.errors import DataError, PictureError, SettingError, StoreError
from convscope.model.file import load
from convscope.pictures.preparation import Preparation
from convscope.pictures.sources import open_source
from convscope.pictures.split import split
from convscope.pictures.store_building import build_store
from convscope.training.data import stream
from convscope.training.data import training_data as training_data_module
from convscope.training.data.stream import open_stream, resolve_store_limit
from convscope.training.data.training_data import streamed_data, training_data
from convscope.training.learning.loop import Training
from convscope.training.machine.machine import Machine
from convscope.training.recipe import resolve
from convscope.training.settings import Settings
from tars import tar_of

PROGRAM = str(Path(__file__).parents[1] / "streaming_often.py")
TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
FORM = Preparation(3, 12, 12)
PICTURES, SHARDS = 300, 5
LIMIT = 100e-6
"""In GB; the pictures take 130 kB, the stored ones about a third of that."""
BLOCK_STEPS = 5
PATIENCE_SECONDS = 600

pytestmark = pytest.mark.usefixtures("cache")


@cache
def png(number):
    pixels = np.random.default_rng(number).integers(0, 90, (12, 12, 3), np.uint8)
    pixels[:, :, number % 3] += 60
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def shard(numbers, broken=()):
    members = {}
    for number in numbers:
        members[f"{number:04}.png"] = b"no picture" if number in broken else png(number)
        members[f"{number:04}.cls"] = (b"red", b"green", b"blue")[number % 3]
    return tar_of(members)


def shards(broken=()):
    each = PICTURES // SHARDS
    return {
        f"{place:03}.tar": shard(range(place * each, (place + 1) * each), broken) for place in range(SHARDS)
    }


@pytest.fixture
def pets(tmp_path):
    folder = tmp_path / "pets"
    folder.mkdir()
    for name, data in shards().items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def few_kept(monkeypatch):
    monkeypatch.setattr(stream, "SAMPLE_SIZE", 40)
    monkeypatch.setattr(training_data_module, "SAMPLE_SIZE", 40)


def small(**said):
    network = {"network": "4C3-MP2-5N", "epochs": 2, "batch_size": 10, "precision": "fp32"}
    return Settings(**network, **{"store_limit": LIMIT, **said})


def begun(stream, settings):
    data = streamed_data(stream)
    return Training(data, resolve(settings, data.statistics, Machine()))


@pytest.mark.usefixtures("few_kept")
def test_windows_bring_every_picture_once_an_epoch_as_it_is_in_the_store(pets):
    source = open_source(pets)
    store = build_store(source, FORM)
    stream = open_stream(source, FORM, small(), LIMIT)
    assert stream.all.catalogue.digest == store.digest
    orders = []
    with stream.blocks(batch_size=10, seed=0, share=ALONE_SHARE) as blocks:
        assert (blocks.steps, blocks.count) == (BLOCK_STEPS, 5)
        for epoch in range(2):
            seen = []
            for number in range(blocks.count):
                block = blocks.take(epoch, number)
                taken = block.store.pictures[block.rows(block.held)]
                assert np.array_equal(taken, store.pictures[block.held])
                assert np.array_equal(block.store.labels, store.labels[block.held])
                seen.append(block.indices)
            assert np.array_equal(np.sort(np.concatenate(seen)), stream.all.split.train)
            orders.append(seen)
    assert not all(map(np.array_equal, *orders))


def ALONE_SHARE(taken):  # noqa: N802
    return ALONE.share(taken.stop - taken.start, taken.start)


@pytest.mark.usefixtures("few_kept")
def test_two_processes_hold_what_one_holds(pets):
    stream = open_stream(open_source(pets), FORM, small(), LIMIT)

    def held(rank):
        def share(taken):
            return rank.share(taken.stop - taken.start, taken.start)

        with stream.blocks(batch_size=10, seed=3, share=share) as blocks:
            return [blocks.take(0, number).held.copy() for number in range(blocks.count)]

    alone, first, second = held(ALONE), held(Rank(0, 2)), held(Rank(1, 2))
    for whole, *halves in zip(alone, first, second, strict=True):
        assert np.array_equal(np.sort(np.concatenate(halves)), whole)
        assert {len(half) for half in halves} == {len(whole) // 2}


def test_with_room_for_all_the_weights_are_those_of_the_store(pets):
    source, settings = open_source(pets), small(store_limit=1000.0)
    stream = open_stream(source, FORM, settings, 1000.0)
    store = build_store(source, FORM)
    data = training_data(store, split(store))
    trainings = begun(stream, settings), Training(data, resolve(settings, data.statistics, Machine()))
    for training in trainings:
        assert training.run()
        training.finish()
    streamed, stored = (training.state() for training in trainings)
    assert all(torch.equal(streamed[name], stored[name]) for name in stored)


@pytest.mark.usefixtures("few_kept")
def test_a_broken_picture_is_left_out_or_stops_a_strict_run(pets):
    for name, data in shards(broken={7, 200}).items():
        (pets / name).write_bytes(data)
    stream = open_stream(open_source(pets), FORM, small(), LIMIT)
    assert [one.name[-8:] for one in stream.all.catalogue.broken] == ["0007.png", "0200.png"]
    assert begun(stream, small()).run()
    with pytest.raises(PictureError, match=r"0007\.png"):
        open_stream(open_source(pets), FORM, small(strict=True), LIMIT)


@pytest.mark.usefixtures("few_kept")
@pytest.mark.parametrize("damage", ["overwritten", "cut short", "gone"])
def test_shards_that_change_while_they_are_learned_from_stop_the_run(pets, damage):
    training = begun(open_stream(open_source(pets), FORM, small(), LIMIT), small())
    for path in pets.iterdir():
        size = path.stat().st_size
        if damage == "overwritten":
            path.write_bytes(bytes(size))
        elif damage == "cut short":
            os.truncate(path, size // 2)
        else:
            path.unlink()
    with pytest.raises(DataError):
        training.run()


@pytest.mark.usefixtures("few_kept")
def test_object_storage_is_streamed_alike(pets):
    storage = pytest.importorskip("fsspec").filesystem("memory")
    try:
        for name, data in shards().items():
            storage.pipe(f"/bucket/pets/{name}", data)
        ends = []
        for place in (pets, "memory://bucket/pets"):
            training = begun(open_stream(open_source(place), FORM, small(), LIMIT), small())
            assert training.run()
            ends.append(training.state())
    finally:
        storage.rm("/bucket", recursive=True)
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


@pytest.mark.usefixtures("few_kept")
def test_too_little_room_is_refused(pets):
    with pytest.raises(SettingError, match="too little"):
        open_stream(open_source(pets), FORM, small(), 20e-6)
    stream = open_stream(open_source(pets), FORM, small(), LIMIT)
    with pytest.raises(SettingError, match="two batches of 150"):
        stream.blocks(batch_size=150, seed=0, share=ALONE_SHARE)


def test_only_shards_are_streamed(pets, tmp_path):
    folder = tmp_path / "folders"
    for number in range(6):
        path = folder / str(number % 2) / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(number))
    with pytest.raises(StoreError, match=r"(?s)only shards can be streamed.*pack them into shards"):
        resolve_store_limit(open_source(folder), FORM, 1e-6)
    assert resolve_store_limit(open_source(folder), FORM, 1.0) == 1.0
    assert resolve_store_limit(open_source(pets), FORM, 1e-6) == 1e-6


def test_what_the_disk_has_no_room_for_is_streamed_unless_it_is_there_already(pets, monkeypatch):
    source = open_source(pets)
    assert resolve_store_limit(source, FORM, None) is None
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(stream.shutil, "disk_usage", lambda _: usage._replace(free=100_000))
    monkeypatch.setattr(stream, "_GB", 10**5)
    assert resolve_store_limit(source, FORM, None) == 0.5
    build_store(source, FORM)
    assert resolve_store_limit(source, FORM, None) is None


def test_a_full_disk_is_said_before_training(pets, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    training = begun(open_stream(open_source(pets), FORM, small(), 1.0), small())
    monkeypatch.setattr("convscope.pictures.stream_blocks.reserve", full)
    with pytest.raises(StoreError, match="No space left"):
        training.run()


def train(pets, run, epochs=6):
    return [
        *("train", str(pets), "--output", str(run), "--network", "4C3-MP2-5N", "--epochs", str(epochs)),
        *("--batch-size", "10", "--precision", "fp32", "--store-limit", str(LIMIT), "--quiet"),
    ]


@pytest.fixture
def environment(cache):
    return {**os.environ, "OMP_NUM_THREADS": "1", "CONVSCOPE_CACHE": str(cache)}


@pytest.fixture
def begin(fork, environment):
    """Starts the program in a forked process."""
    return partial(fork, program=PROGRAM, env=environment)


def finish(process):
    _, errors = process.communicate()
    assert process.returncode == 0, errors


def position(run):
    """Return epoch and step of the newest checkpoint."""
    newest = max(run.glob("checkpoint-*"), key=lambda path: path.stat().st_mtime_ns)
    with safetensors.safe_open(newest, "pt") as file:
        found = json.loads(file.metadata()["convscope"])["position"]
    return found["epoch"], found["step"]


def kill_in(epoch, process, run):
    """Kill a training once it has started an epoch; return the step of its last checkpoint."""
    end = time.monotonic() + PATIENCE_SECONDS
    reached = (0, 0)
    while reached < (epoch, 1):
        with suppress(FileNotFoundError, ValueError):  # there is none yet, or it was just replaced
            reached = position(run)
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return position(run)[1]


@pytest.mark.slow
@pytest.mark.timeout(2 * PATIENCE_SECONDS)
def test_a_run_that_was_killed_inside_a_window_ends_as_if_it_never_had_been(pets, tmp_path, begin):
    whole, run = tmp_path / "whole", tmp_path / "killed"
    finish(begin(*train(pets, whole)))
    resume = "train", "--resume", run, "--quiet"
    steps = [kill_in(1, begin(*train(pets, run)), run)]
    steps += [kill_in(epoch, begin(*resume), run) for epoch in (2, 4)]
    assert any(step % BLOCK_STEPS for step in steps), steps
    finish(begin(*resume))
    for name in ("model.safetensors", "pictures.csv"):
        assert (run / name).read_bytes() == (whole / name).read_bytes()
    assert load(whole / "model.safetensors").figures["accuracy_fraction"] > 0.9


@pytest.mark.slow
@pytest.mark.timeout(2 * PATIENCE_SECONDS)
def test_two_processes_end_with_the_model_of_one(pets, tmp_path, begin, environment):
    alone, together = tmp_path / "alone", tmp_path / "together"
    finish(begin(*train(pets, alone, epochs=2)))
    command = [*TORCHRUN, PROGRAM, *train(pets, together, epochs=2)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    one, two = (load(run / "model.safetensors") for run in (alone, together))
    assert one.receipt["pictures_digest"] == two.receipt["pictures_digest"]
    for name, weights in one.weights.items():
        np.testing.assert_allclose(two.weights[name], weights, rtol=0, atol=1e-2 * np.abs(weights).max())


def test_the_documented_way_to_make_shards_makes_shards(tmp_path, monkeypatch):
    page = (Path(__file__).parents[3] / "docs/reference/shards.md").read_text(encoding="utf-8")
    code = page[page.index("```python\n") + 10 :].partition("```")[0]
    expected = {}
    for number in range(6):
        path = tmp_path / "pets" / ("cat", "dog")[number % 2] / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(number))
        expected[png(number)] = path.parent.name
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "shards.md", "exec"), {})
    source = open_source(tmp_path / "pets-00000.tar")
    assert {source.read(index): item.label for index, item in enumerate(source.items)} == expected


@pytest.mark.usefixtures("few_kept")
def test_a_stream_says_what_it_does(pets):
    stream = open_stream(open_source(pets), FORM, small(), LIMIT)
    assert f"in blocks of {stream.room:,}" in stream.note
    assert replace(stream, limit=2 * stream.limit).room > stream.room
