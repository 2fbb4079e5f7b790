"""`convscope.train` and `convscope.resume`: their output, and how they end."""

import os
import signal

import numpy as np
import pytest

import convscope
from convscope.errors import SettingError
from convscope.training.events import EpochDone, Finished

pytestmark = pytest.mark.usefixtures("cache")
QUICK = {"network": "3C3-MP2", "epochs": 3, "size": (8, 8), "precision": "fp32"}


def arrays():
    pictures = np.random.default_rng(0).integers(0, 100, (20, 8, 8), np.uint8)
    pictures[10:] += 100
    return pictures, ["dark"] * 10 + ["bright"] * 10


def test_progress_and_results_are_shown_as_the_command_shows_them(pets, tmp_path, capsys):
    convscope.train(pets, output=tmp_path / "run", **QUICK)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"reading {pets}"
    assert sum(line.startswith("epoch ") for line in lines) == 3
    assert lines[-1].endswith(f"convscope predict {tmp_path / 'run' / 'model.safetensors'} PICTURE")


def test_a_folder_that_is_gone_is_not_named(capsys):
    events = []
    convscope.train(arrays(), listeners=[events.append], **QUICK)
    shown = capsys.readouterr().out
    assert shown.startswith("reading pictures\n")
    assert shown.splitlines()[-1].startswith("took")
    assert isinstance(events[-1], Finished)
    assert str(events[-1].run) not in shown


def test_nothing_is_shown_if_nobody_wants_to_see_it(pets, capfd):
    events = []
    convscope.train(pets, progress=False, listeners=[events.append], **QUICK)
    assert len([event for event in events if isinstance(event, EpochDone)]) == 3
    assert capfd.readouterr() == ("", "")


def test_a_stopped_run_says_how_to_go_on_and_does(pets, tmp_path, capsys):
    def stop(event):
        if isinstance(event, EpochDone) and event.epoch == 1:
            os.kill(os.getpid(), signal.SIGINT)

    run = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        convscope.train(pets, output=run, listeners=[stop], **QUICK)
    assert f"convscope train --resume {run}" in capsys.readouterr().out
    assert convscope.resume(run).classes == ("bright", "dark")
    assert capsys.readouterr().out.startswith(f"reading {run}\n")


def test_a_setting_that_does_not_exist_is_refused(pets):
    with pytest.raises(SettingError, match="there is no setting 'learning'"):
        convscope.train(pets, learning=1)
