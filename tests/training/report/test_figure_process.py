import subprocess
import sys

import numpy as np
import pytest

from convscope.training.report import figure_process, run_figures
from convscope.training.report.judged import Judged
from convscope.training.run_files import FIGURES

NAMES = ["confusion_matrix.png", "reliability.png", "worst_mistakes.png"]


@pytest.fixture
def judged():
    rng = np.random.default_rng(0)
    shares = rng.dirichlet([1, 1], 20)
    truth = np.arange(20) % 2
    wrong = np.flatnonzero(shares.argmax(axis=1) != truth)
    confusion = np.zeros((2, 2), np.int64)
    np.add.at(confusion, (truth, shares.argmax(axis=1)), 1)
    pictures = rng.integers(0, 256, (len(wrong), 8, 8, 3)).astype(np.uint8)
    return Judged(np.array(["cats", "dögs"]), truth, shares, np.array(1.5), confusion, wrong, pictures)


@pytest.fixture
def allowed(monkeypatch):
    monkeypatch.setattr(figure_process, "_allowed", figure_process.threading.Event())
    monkeypatch.setattr(figure_process, "_early", [])
    with monkeypatch.context() as without_matplotlib:
        without_matplotlib.delitem(sys.modules, "matplotlib.figure")
        figure_process.allow_process()


def test_where_matplotlib_is_imported_already_no_process_is_started(tmp_path, judged, monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a process was started"))
    figure_process.allow_process()
    figure_process.start_early()
    figure_process.start(tmp_path)
    figure_process.draw(tmp_path, judged)
    assert [*contents(tmp_path)] == NAMES


def contents(run):
    return {path.name: path.read_bytes() for path in sorted((run / FIGURES).iterdir())}


@pytest.mark.usefixtures("allowed")
def test_another_process_draws_the_same(tmp_path, judged, monkeypatch):
    runs = [tmp_path / "here", tmp_path / "there"]
    for run in runs:
        run.mkdir()
    run_figures.write_figures(runs[0], judged)
    figure_process.start(runs[1])
    monkeypatch.setattr(run_figures, "write_figures", lambda *_: pytest.fail("drawn here"))
    figure_process.draw(runs[1], judged)
    assert contents(runs[0]) == contents(runs[1])
    assert [*contents(runs[1])] == NAMES


@pytest.mark.usefixtures("allowed")
def test_if_the_process_fails_this_one_draws(tmp_path, judged, monkeypatch):
    real = subprocess.Popen
    failing = [sys.executable, "-c", "import sys; sys.stdin.buffer.read(); sys.exit(1)"]
    monkeypatch.setattr(subprocess, "Popen", lambda _, **options: real(failing, **options))
    figure_process.start(tmp_path)
    figure_process.draw(tmp_path, judged)
    assert [*contents(tmp_path)] == NAMES


@pytest.mark.usefixtures("allowed")
def test_a_process_that_is_dismissed_ends_without_figures(tmp_path):
    figure_process.start(tmp_path)
    process = figure_process._waiting[tmp_path]
    figure_process.dismiss(tmp_path)
    assert process.returncode == 0
    assert not [*tmp_path.iterdir()]


@pytest.mark.usefixtures("allowed")
def test_a_process_that_was_started_early_draws_the_next_run(tmp_path, judged, monkeypatch):
    figure_process.start_early()
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("another process was started"))
    figure_process.start(tmp_path)
    monkeypatch.setattr(run_figures, "write_figures", lambda *_: pytest.fail("drawn here"))
    figure_process.draw(tmp_path, judged)
    assert [*contents(tmp_path)] == NAMES


@pytest.mark.usefixtures("allowed")
def test_a_process_that_was_started_early_is_dismissed_with_the_run(tmp_path):
    figure_process.start_early()
    (process,) = figure_process._early
    figure_process.dismiss(tmp_path)
    assert process.returncode == 0
    assert not figure_process._early


def test_a_library_starts_no_process(tmp_path, judged, monkeypatch):
    monkeypatch.setattr(figure_process, "_allowed", figure_process.threading.Event())
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a process was started"))
    figure_process.start(tmp_path)
    figure_process.draw(tmp_path, judged)
    assert [*contents(tmp_path)] == NAMES
