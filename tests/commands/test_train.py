import json
import signal
import subprocess
from functools import partial

import pytest

from convscope.commands.train import _new_run

SMALL = ["--network", "8C3-MP2-16N"]


@pytest.fixture
def train(run, tmp_path, monkeypatch):
    """Trains with `tmp_path` as the current folder."""
    monkeypatch.chdir(tmp_path)
    return partial(run, "train")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("digits", "digits"),
        ("some/pets/", "pets"),
        ("mnist.tar.gz", "mnist"),
        ("/", "run"),
        (".hidden", "run"),
    ],
)
def test_a_run_is_named_after_its_data(data, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert str(_new_run(data)) == f"runs/{name}"


def test_a_run_never_takes_the_place_of_another(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("digits", "digits-2"):
        (tmp_path / "runs" / name).mkdir(parents=True)
    assert str(_new_run("digits")) == "runs/digits-3"


@pytest.mark.parametrize("extra", [["pets"], ["--epochs", "3"], ["--seed", "1"], ["-o", "elsewhere"]])
def test_a_resumed_run_takes_no_new_settings(extra, tmp_path, train):
    done = train("--resume", "runs/pets", *extra)
    assert done.returncode == 2
    assert "convscope train --resume runs/pets" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_figures_as_json_are_all_that_standard_output_holds(tmp_path, train):
    done = train(*SMALL, "--epochs", "1", "--json")
    assert done.returncode == 0
    assert isinstance(json.loads(done.stdout), dict)
    assert "epoch 1/1" in done.stderr
    assert (tmp_path / "runs" / "digits" / "model.safetensors").is_file()


@pytest.mark.slow
def test_quiet_means_quiet(tmp_path, train):
    done = train(*SMALL, "--epochs", "1", "--quiet", "-o", "here")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "here" / "model.safetensors").is_file()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_stopped_run_can_go_on(train, fork):
    with fork("train", *SMALL, "--epochs", 12, stdout=subprocess.PIPE) as process:
        shown = next(line for line in process.stdout if line.startswith("epoch 2/12"))
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate()
    assert process.returncode == 130, shown
    assert "Traceback" not in errors
    assert "convscope train --resume runs/digits" in rest
    done = train("--resume", "runs/digits")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].endswith("reading runs/digits")
    assert "epoch 2/12" not in done.stdout
    assert "epoch 12/12" in done.stdout
