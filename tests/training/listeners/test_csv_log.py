import csv
from dataclasses import asdict, replace

import pytest

from convscope.errors import ConvscopeError, RunError
from convscope.training.events import EpochDone, Note, Started
from convscope.training.listeners.csv_log import COLUMNS, CsvLog

FIRST = EpochDone(1, 9, 0.1, 0.5, 0.75, None, None, 1e4, 1.25, 8.0)


def rows(run):
    with (run / "epochs.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def log(run, *events):
    listener = CsvLog()
    for event in (Started(run, (), 9, 1), *events):
        listener(event)


def test_a_row_says_what_the_event_said(tmp_path):
    log(tmp_path, FIRST)
    (row,) = rows(tmp_path)
    assert tuple(row) == COLUMNS
    assert {name: float(text) if text else None for name, text in row.items()} == asdict(FIRST)


def test_a_row_is_there_as_soon_as_its_epoch_is_over(tmp_path):
    listener = CsvLog()
    listener(Started(tmp_path, (), 9, 1))
    for number in (1, 2, 3):
        listener(replace(FIRST, epoch=number))
        assert [int(row["epoch"]) for row in rows(tmp_path)] == list(range(1, number + 1))


def test_a_resumed_run_goes_on_from_its_checkpoint(tmp_path):
    log(tmp_path, *(replace(FIRST, epoch=number, train_loss=1.0) for number in (1, 2, 3)))
    log(tmp_path, *(replace(FIRST, epoch=number, train_loss=2.0) for number in (3, 4)))
    assert [(row["epoch"], row["train_loss"]) for row in rows(tmp_path)] == [
        ("1", "1.0"),
        ("2", "1.0"),
        ("3", "2.0"),
        ("4", "2.0"),
    ]


def test_other_events_and_other_files_are_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("kept")
    log(tmp_path, Note("a note"))
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("mine.txt", "kept")]


def test_a_vanished_folder_is_an_error_for_people(tmp_path):
    with pytest.raises(ConvscopeError, match=r"epochs\.csv"):
        log(tmp_path / "gone", FIRST)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "\ufeff", 'epoch,"', "\0"])
def test_a_log_that_somebody_changed_is_refused_and_left_alone(tmp_path, text):
    log(tmp_path, FIRST)
    path = tmp_path / "epochs.csv"
    changed = path.read_text().replace("1", "one") if not text else text + path.read_text()
    path.write_text(changed)
    with pytest.raises(RunError, match=r"epochs\.csv"):
        log(tmp_path, replace(FIRST, epoch=2))
    assert path.read_text() == changed
