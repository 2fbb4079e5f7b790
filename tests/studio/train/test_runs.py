"""The state of runs on disk, and their events as they happen."""

import json
import os
import subprocess
import sys
import time

import pytest

from convscope.common.locking import locked
from convscope.errors import RequestError
from convscope.studio.jobs import Jobs
from convscope.studio.studio_folder import StudioFolder
from convscope.studio.train.runs import Runs
from convscope.training.settings import Settings


def write(folder, *events):
    with (folder / "events.jsonl").open("a") as file:
        file.writelines(json.dumps(event) + "\n" for event in events)


def epoch(number, accuracy=0.5):
    return {"event": "EpochDone", "epoch": number, "epochs": 20, "validation_accuracy_fraction": accuracy}


@pytest.fixture
def folder(tmp_path):
    return StudioFolder(tmp_path)


@pytest.fixture
def run(folder):
    """A run as left by a killed process."""
    path = folder.runs / "pets"
    path.mkdir()
    (path / "run.json").touch()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    write(path, {"event": "Opened", "process": ended.pid})
    return path


def test_a_run_is_what_its_folder_says(folder, run):
    runs = Runs(folder, Jobs(folder.jobs))
    assert runs.find("pets").state == "interrupted"
    write(run, {"event": "Stopped"})
    assert runs.find("pets").state == "paused"
    (run / "run.json").unlink()
    assert runs.find("pets").state == "failed"
    (run / "model.safetensors").touch()
    assert [(one.name, one.state) for one in runs.all()] == [("pets", "finished")]


def test_a_run_reports_its_progress_and_accuracy(folder, run):
    runs = Runs(folder, Jobs(folder.jobs))
    assert runs.find("pets").epochs == 0
    write(run, epoch(1, 0.5), epoch(2, 0.75))
    found = runs.find("pets")
    assert (found.epoch, found.epochs, found.validation_accuracy_fraction) == (2, 20, 0.75)
    write(run, epoch(2, 0.625))  # it was resumed
    assert runs.find("pets").validation_accuracy_fraction == 0.625
    assert runs.find("pets").test_accuracy_fraction is None
    (run / "run.json").unlink()
    (run / "model.safetensors").touch()
    (run / "metrics.json").write_text('{"test": {"accuracy_fraction": 0.875}}')
    assert runs.find("pets").test_accuracy_fraction == 0.875
    for other in ("", "[]", '{"test": {"accuracy_fraction": 87.5}}', '{"validation": {}}'):
        (run / "metrics.json").write_text(other)
        assert runs.find("pets").test_accuracy_fraction is None


def test_a_run_is_running_while_its_process_locks_the_folder(folder, run):
    write(run, {"event": "Opened", "process": os.getpid()})
    assert (
        Runs(folder, Jobs(folder.jobs)).find("pets").state == "interrupted"
    )  # the id belongs to another process by now
    with locked(run):
        assert Runs(folder, Jobs(folder.jobs)).find("pets").state == "running"


@pytest.mark.parametrize("name", ["none", "..", "", "pets/../pets", "../runs/pets"])
def test_no_name_leads_out_of_the_folder(folder, run, name):
    with pytest.raises(RequestError) as caught:
        Runs(folder, Jobs(folder.jobs)).remove(name)
    assert caught.value.status == 404
    assert run.exists()


def test_what_the_state_does_not_allow_is_refused(folder, run):
    runs = Runs(folder, Jobs(folder.jobs))
    with pytest.raises(RequestError, match="cannot be paused now"):
        runs.pause("pets")
    (run / "run.json").unlink()
    with pytest.raises(RequestError, match="cannot be resumed now"):
        runs.resume("pets")
    runs.remove("pets")
    assert runs.all() == []


@pytest.mark.slow
def test_a_run_that_cannot_begin_says_why(folder, tmp_path):
    runs = Runs(folder, Jobs(folder.jobs))
    name = runs.start("none", str(tmp_path / "nowhere"), Settings(network="4C3")).name
    limit = time.monotonic() + 120
    while runs.find(name).state != "failed":
        assert time.monotonic() < limit
        time.sleep(0.2)
    assert "No such file" in runs.find(name).error
    assert list((folder.runs / name).iterdir()) == []


def test_a_studio_that_was_started_again_knows_that_a_run_is_starting(folder):
    jobs = Jobs(folder.jobs)
    started = Runs(folder, jobs).start("digits", "digits", Settings(network="4C3", epochs=1))
    assert Runs(folder, Jobs(folder.jobs)).find(started.name).state in {"starting", "running"}
    jobs.stop(f"train-{started.name}")


def test_events_are_read_from_the_beginning_or_from_a_position(folder, run):
    write(run, epoch(1), epoch(2))
    runs = Runs(folder, Jobs(folder.jobs))
    whole = runs.events("pets", 0)
    assert [event["event"] for event in whole.events] == ["Opened", "EpochDone", "EpochDone"]
    assert whole.run.state == "interrupted"
    assert runs.events("pets", whole.position).events == []
    before = runs.revisions()
    write(run, epoch(3))
    assert runs.revisions() != before
    assert runs.events("pets", whole.position).events == [epoch(3)]


def test_a_run_that_is_removed_is_gone(folder, run):
    runs = Runs(folder, Jobs(folder.jobs))
    assert list(runs.revisions()) == ["pets"]
    runs.remove("pets")
    assert runs.revisions() == {}
    assert not run.exists()
    with pytest.raises(RequestError):
        runs.events("pets", 0)
