import json

import pytest

from convscope.errors import ConvscopeError, DataError, RunError, SettingError
from convscope.training.recipe import Settings
from convscope.training.runs import run_folder
from convscope.training.runs.run_folder import NAME, Origin, taken, taken_again

ORIGIN = Origin("/pets", Settings(size=(8, 9), epochs=3, flip=False, precision="bf16", seed=4), 2)


def begun(run):
    with taken(run):
        run_folder.write(run, ORIGIN)
    return run


def failing(run, *, begins=False):
    with taken(run):
        run_folder.write(run, ORIGIN)
        if begins:
            (run / "checkpoint").touch()
        raise DataError("no pictures")


def test_what_was_written_is_read(tmp_path):
    with taken_again(begun(tmp_path / "new" / "run")) as origin:
        assert origin == ORIGIN


def test_only_one_at_a_time(tmp_path):
    run = tmp_path / "run"
    with taken(run):
        for take in (taken, taken_again):
            run_folder.write(run, ORIGIN)
            with pytest.raises(RunError, match="another process works in"), take(run):
                pass
    with taken_again(run), pytest.raises(RunError, match="another process"), taken_again(run):
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
    with taken_again(tmp_path / "run") as origin:
        assert origin == ORIGIN


def test_what_a_killed_process_left_half_written_is_removed(tmp_path):
    run = begun(tmp_path / "run")
    (run / "figures").mkdir()
    for leftover in (run / ".convscope-0123", run / "figures" / ".convscope-0123"):
        leftover.touch()
    with taken_again(run):
        assert sorted(path.name for path in run.rglob("*")) == ["figures", NAME]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / ".convscope-4567").touch()
    begun(tmp_path / "other")


def test_a_run_that_has_ended_is_told_from_none(tmp_path):
    run = begun(tmp_path / "run")
    run_folder.end(run)
    with pytest.raises(RunError, match="there is no stopped run") as none, taken_again(run):
        pass
    (run / "model.safetensors").touch()
    with pytest.raises(RunError, match="come to its end") as ended, taken_again(run):
        pass
    assert none.value.remedy != ended.value.remedy


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", RunError),
        ("{}", RunError),
        ("[" * 100_000, RunError),
        (json.dumps({"format": "2", "origin": {"data": "", "settings": {}, "threads": 1}}), RunError),
        (json.dumps({"format": "1", "origin": {"data": "", "settings": {}, "threads": 10**6}}), RunError),
        (
            json.dumps(
                {"format": "1", "origin": {"data": "", "settings": {}, "threads": 1, "processes": []}}
            ),
            RunError,
        ),
        (
            json.dumps({"format": "1", "origin": {"data": "", "settings": {"epochs": -1}, "threads": 1}}),
            SettingError,
        ),
        (
            json.dumps(
                {"format": "1", "origin": {"data": "", "settings": {"epochs": "x\n\x1b[31m"}, "threads": 1}}
            ),
            RunError,
        ),
    ],
)
def test_a_damaged_record_is_refused(tmp_path, text, error):
    run = begun(tmp_path / "run")
    (run / NAME).write_text(text)
    with pytest.raises(error) as caught, taken_again(run):
        pass
    assert "\x1b" not in str(caught.value)
    assert (run / NAME).read_text() == text


RECEIPT = {"data": "pets", "settings": json.dumps({"seed": 3}), "threads": "2", "processes": "1, 2"}


def test_a_receipt_tells_where_its_run_came_from():
    assert run_folder.from_receipt(RECEIPT) == Origin("pets", Settings(seed=3), 2, processes=(1, 2))
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
    ],
)
def test_a_damaged_receipt_is_told(damage):
    with pytest.raises((ValueError, ConvscopeError)):
        run_folder.from_receipt(RECEIPT | damage)


@pytest.mark.parametrize("missing", ["data", "settings", "threads"])
def test_an_old_receipt_is_told(missing):
    with pytest.raises(ValueError, match=missing):
        run_folder.from_receipt({name: text for name, text in RECEIPT.items() if name != missing})
