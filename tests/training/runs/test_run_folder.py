import json

import pytest

from convscope.errors import ConvscopeError, DataError, RunError
from convscope.training.machine.machine import Machine
from convscope.training.run_files import RECORD
from convscope.training.runs import run_folder
from convscope.training.runs.run_folder import Record, new_folder, stopped_folder
from convscope.training.settings import Settings

RECORDED = Record(
    "/pets", Settings(size=(8, 9), epochs=3, flip=False, precision="bf16", seed=4), 2, machine=Machine()
)


def begun(run):
    with new_folder(run):
        run_folder.write(run, RECORDED)
    return run


def failing(run, *, begins=False):
    with new_folder(run):
        run_folder.write(run, RECORDED)
        if begins:
            (run / "checkpoint").touch()
        raise DataError("no pictures")


def test_what_was_written_is_read(tmp_path):
    with stopped_folder(begun(tmp_path / "new" / "run")) as record:
        assert record == RECORDED


def test_only_one_at_a_time(tmp_path):
    run = tmp_path / "run"
    with new_folder(run):
        for take in (new_folder, stopped_folder):
            run_folder.write(run, RECORDED)
            with pytest.raises(RunError, match="another process is using"), take(run):
                pass
    with stopped_folder(run), pytest.raises(RunError, match="another process"), stopped_folder(run):
        pass


def test_what_cannot_begin_leaves_nothing_behind(tmp_path):
    with pytest.raises(DataError):
        failing(tmp_path / "runs" / "pets")
    assert list(tmp_path.iterdir()) == []


def test_folders_that_were_there_stay(tmp_path):
    (tmp_path / "runs" / "pets").mkdir(parents=True)
    with pytest.raises(DataError):
        failing(tmp_path / "runs" / "pets")
    assert list((tmp_path / "runs" / "pets").iterdir()) == []


def test_what_has_begun_stays(tmp_path):
    with pytest.raises(DataError):
        failing(tmp_path / "run", begins=True)
    with stopped_folder(tmp_path / "run") as record:
        assert record == RECORDED


def test_what_a_killed_process_left_half_written_is_removed(tmp_path):
    run = begun(tmp_path / "run")
    (run / "figures").mkdir()
    for leftover in (run / ".convscope-0123", run / "figures" / ".convscope-0123"):
        leftover.touch()
    with stopped_folder(run):
        assert sorted(path.name for path in run.rglob("*")) == ["figures", RECORD]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / ".convscope-4567").touch()
    begun(tmp_path / "other")


def test_a_run_that_has_ended_is_distinguished_from_none(tmp_path):
    run = begun(tmp_path / "run")
    run_folder.finish(run)
    with pytest.raises(RunError, match="there is no stopped run") as none, stopped_folder(run):
        pass
    (run / "model.safetensors").touch()
    with pytest.raises(RunError, match="it has finished") as ended, stopped_folder(run):
        pass
    assert none.value.remedy != ended.value.remedy


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", RunError),
        ("{}", RunError),
        ("[" * 100_000, RunError),
        (json.dumps({"format": "0", "run": {"data": "", "settings": {}, "threads": 1}}), RunError),
        (json.dumps({"format": "2", "run": {"data": "", "settings": {}, "threads": 10**6}}), RunError),
        (
            json.dumps({"format": "2", "run": {"data": "", "settings": {}, "threads": 1, "processes": []}}),
            RunError,
        ),
        (
            json.dumps({"format": "2", "run": {"data": "", "settings": {"epochs": -1}, "threads": 1}}),
            RunError,
        ),
        (
            json.dumps(
                {"format": "2", "run": {"data": "", "settings": {"epochs": "x\n\x1b[31m"}, "threads": 1}}
            ),
            RunError,
        ),
    ],
)
def test_a_damaged_record_is_refused(tmp_path, text, error):
    run = begun(tmp_path / "run")
    (run / RECORD).write_text(text)
    with pytest.raises(error) as caught, stopped_folder(run):
        pass
    assert "\x1b" not in str(caught.value)
    assert (run / RECORD).read_text() == text


RECEIPT = {
    "data": "pets",
    "settings": json.dumps({"seed": 3}),
    "threads": "2",
    "processes": "1, 2",
    "resolved": json.dumps({"device": "cpu", "precision": "bf16", "store_limit": None}),
}


def test_a_receipt_tells_where_its_run_came_from():
    assert run_folder.from_receipt(RECEIPT) == Record(
        "pets", Settings(seed=3), 2, processes=(1, 2), machine=Machine("cpu", "bf16")
    )
    old = {name: text for name, text in RECEIPT.items() if name != "processes"}
    assert run_folder.from_receipt(old).processes == (1,)


@pytest.mark.parametrize(
    "damage",
    [
        {"settings": ""},
        {"settings": "[" * 100_000},
        {"settings": json.dumps({"seed": -1})},
        {"settings": json.dumps({"network": "32C"})},
        {"threads": "many"},
        {"threads": "0"},
        {"processes": ""},
        {"processes": "1, 0"},
        {"resolved": json.dumps({"device": "tpu"})},
    ],
)
def test_a_damaged_receipt_is_told(damage):
    with pytest.raises((ValueError, ConvscopeError)):
        run_folder.from_receipt(RECEIPT | damage)


@pytest.mark.parametrize("missing", ["data", "settings", "threads", "resolved"])
def test_an_old_receipt_is_told(missing):
    with pytest.raises(ValueError, match=missing):
        run_folder.from_receipt({name: text for name, text in RECEIPT.items() if name != missing})
