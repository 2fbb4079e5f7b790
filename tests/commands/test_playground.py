import subprocess
from collections.abc import Callable
from pathlib import Path

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_it_writes_one_file(run: Run, tmp_path: Path) -> None:
    done = run("playground", "-o", tmp_path / "page.html")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "page.html").read_text("utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert f"{len(text.encode()):,} bytes" in done.stdout


def test_a_file_that_cannot_be_written_is_an_error(run: Run, tmp_path: Path) -> None:
    done = run("playground", "-o", tmp_path / "nowhere" / "page.html")
    assert done.returncode == 2
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr
