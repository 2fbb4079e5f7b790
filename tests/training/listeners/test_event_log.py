import json
import os

import pytest

from convscope.errors import ConvscopeError
from convscope.training.events import EpochDone, Preparing, StepDone, Stopped
from convscope.training.listeners.event_log import EventLog


def lines(folder):
    return [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines() if line]


def step(number):
    return StepDone(1, 3, number, 9, 0.5, 0.75, 100.0, 4.0)


def test_each_event_is_a_line_and_the_process_is_named(tmp_path):
    log = EventLog(tmp_path / "events.jsonl")
    log(EpochDone(1, 3, 0.1, 0.5, 0.9, float("inf"), None, 100.0, 1.0, 2.0))
    log(Stopped(tmp_path, 1, 3))
    opened, epoch, stopped = lines(tmp_path)
    assert (opened["event"], opened["process"]) == ("Opened", os.getpid())
    assert (epoch["event"], epoch["train_loss"], epoch["validation_loss"]) == ("EpochDone", 0.5, None)
    assert (stopped["event"], stopped["run"], stopped["epoch"]) == ("Stopped", str(tmp_path), 1)
    assert opened["time"] <= epoch["time"] <= stopped["time"]


def test_steps_are_written_now_and_then(tmp_path):
    now = 0.0
    log = EventLog(tmp_path / "events.jsonl", clock=lambda: now)
    for number in range(1, 10):
        log(step(number))
        log(Preparing(number, 9))
        now += 0.2
    assert [line["step"] for line in lines(tmp_path) if line["event"] == "StepDone"] == [1, 4, 7]
    assert not [line for line in lines(tmp_path) if line["event"] == "Preparing"]


def test_a_line_that_was_cut_off_by_a_kill_spoils_no_other(tmp_path):
    EventLog(tmp_path / "events.jsonl")
    with (tmp_path / "events.jsonl").open("a") as file:
        file.write('{"event": "Epo')
    EventLog(tmp_path / "events.jsonl")(step(1))
    found = (tmp_path / "events.jsonl").read_text().splitlines()
    assert [line[:17] for line in found[1:]] == ['{"event": "Epo', '{"event": "Opened', '{"event": "StepDo']


def test_a_folder_that_is_gone_is_told(tmp_path):
    with pytest.raises(ConvscopeError, match=r"cannot write .*events\.jsonl"):
        EventLog(tmp_path / "gone" / "events.jsonl")
