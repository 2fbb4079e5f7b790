"""What the disk says about runs, and what follows it as it happens."""

import json
import os
import subprocess
import sys
import time

import pytest

from convscope.common.locking import locked
from convscope.errors import RequestError
from convscope.studio.home import Home
from convscope.studio.runs import Runs
from convscope.training.recipe import Settings


def write(folder, *events):
    with (folder / "events.jsonl").open("a") as file:
        file.writelines(json.dumps(event) + "\n" for event in events)


def epoch(number, accuracy=0.5):
    return {"event": "EpochDone", "epoch": number, "epochs": 20, "validation_accuracy_fraction": accuracy}


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


@pytest.fixture
def run(home):
    """A run as a process leaves it that was killed."""
    folder = home.runs / "pets"
    folder.mkdir()
    (folder / "run.json").touch()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    write(folder, {"event": "Opened", "process": ended.pid})
    return folder


def test_a_run_is_what_its_folder_says(home, run):
    runs = Runs(home)
    assert runs.look("pets").state == "interrupted"
    write(run, {"event": "Stopped"})
    assert runs.look("pets").state == "paused"
    (run / "run.json").unlink()
    assert runs.look("pets").state == "failed"
    (run / "model.safetensors").touch()
    assert [(one.name, one.state) for one in runs.all()] == [("pets", "finished")]


def test_a_run_says_how_far_it_is_and_how_good(home, run):
    runs = Runs(home)
    assert runs.look("pets").epochs == 0
    write(run, epoch(1, 0.5), epoch(2, 0.75))
    looked = runs.look("pets")
    assert (looked.epoch, looked.epochs, looked.validation_accuracy_fraction) == (2, 20, 0.75)
    write(run, epoch(2, 0.625))  # it was resumed
    assert runs.look("pets").validation_accuracy_fraction == 0.625
    assert runs.look("pets").test_accuracy_fraction is None
    (run / "run.json").unlink()
    (run / "model.safetensors").touch()
    (run / "metrics.json").write_text('{"test": {"accuracy_fraction": 0.875}}')
    assert runs.look("pets").test_accuracy_fraction == 0.875
    for other in ("", "[]", '{"test": {"accuracy_fraction": 87.5}}', '{"validation": {}}'):
        (run / "metrics.json").write_text(other)
        assert runs.look("pets").test_accuracy_fraction is None


def test_a_run_runs_while_its_process_holds_the_folder(home, run):
    write(run, {"event": "Opened", "process": os.getpid()})
    assert Runs(home).look("pets").state == "interrupted"  # the number is another process's by now
    with locked(run):
        assert Runs(home).look("pets").state == "running"


@pytest.mark.parametrize("name", ["none", "..", "", "pets/../pets", "../runs/pets"])
def test_no_name_leads_out_of_the_folder(home, run, name):
    with pytest.raises(RequestError) as caught:
        Runs(home).remove(name)
    assert caught.value.status == 404
    assert run.exists()


def test_what_is_not_possible_now_is_refused(home, run):
    runs = Runs(home)
    with pytest.raises(RequestError, match="cannot be paused now"):
        runs.pause("pets")
    (run / "run.json").unlink()
    with pytest.raises(RequestError, match="cannot be resumed now"):
        runs.resume("pets")
    runs.remove("pets")
    assert runs.all() == []


def test_a_run_that_cannot_begin_says_why(home, tmp_path):
    runs = Runs(home)
    name = runs.start("none", str(tmp_path / "nowhere"), Settings(network="4C3")).name
    limit = time.monotonic() + 120
    while runs.look(name).state != "failed":
        assert time.monotonic() < limit
        time.sleep(0.2)
    assert "No such file" in runs.look(name).said
    assert list((home.runs / name).iterdir()) == []


def test_events_are_told_from_the_beginning_or_from_where_somebody_was(home, run):
    write(run, epoch(1), epoch(2))
    runs = Runs(home)
    whole = runs.news("pets", 0)
    assert [event["event"] for event in whole.events] == ["Opened", "EpochDone", "EpochDone"]
    assert whole.run.state == "interrupted"
    assert runs.news("pets", whole.place).events == []
    before = runs.standing()
    write(run, epoch(3))
    assert runs.standing() != before
    assert runs.news("pets", whole.place).events == [epoch(3)]


def test_a_forecast_comes_with_enough_epochs_and_a_resumed_run_repeats_none(home, run):
    curve = [0.9 - 0.4 / number for number in range(1, 9)]
    runs = Runs(home)
    assert runs.news("pets", 0).forecast is None
    write(run, *(epoch(number, accuracy) for number, accuracy in enumerate(curve, start=1)))
    found = runs.news("pets", 0).forecast
    assert found.low <= found.accuracy_fraction <= found.high
    write(run, epoch(8, curve[-1]))
    assert runs.news("pets", 0).forecast == found


def test_a_run_that_is_removed_is_gone(home, run):
    runs = Runs(home)
    assert list(runs.standing()) == ["pets"]
    runs.remove("pets")
    assert runs.standing() == {}
    assert not run.exists()
    with pytest.raises(RequestError):
        runs.news("pets", 0)
