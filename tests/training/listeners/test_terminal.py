import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from dataclasses import replace
from pathlib import Path

import pytest

from convscope.training.events import (
    EpochDone,
    Finished,
    Note,
    Preparing,
    Started,
    StepDone,
    Stopped,
)
from convscope.training.listeners.terminal import Terminal

RUN = Path("runs/my [red] pets")
PLAN = (("pictures", "2,000 in 2 classes ([bold]cat, dog)"), ("network", "32C3-MP2-128N"))
FINISHED = Finished(RUN, RUN / "model.safetensors", (("accuracy", "98.6 % on 360 pictures"),), 3661.2)


def epoch(number, validation=0.845):
    return EpochDone(number, 3, 0.1, 0.5, 0.81, 0.4, validation, 12345.6, 10.0, 61.6)


def step(number):
    return StepDone(1, 3, number, 10, 0.25, 0.5, 12345.6, 61.6)


def piped(*events, clock=lambda: 0.0):
    stream = io.StringIO()
    with Terminal(stream, clock=clock) as terminal:
        for event in events:
            terminal(event)
    return stream.getvalue()


# A separate process, with the other end of its terminal held by the test. It shows every kind of event, and
# the clock jumps so that nothing waits for the next refresh.
SCRIPT = """
import itertools, sys
from pathlib import Path
from convscope.training.listeners.terminal import Terminal
from convscope.training.events import *
run = Path("runs/my [red] pets")
ticks = itertools.count()
with Terminal(sys.stdout, clock=lambda: float(next(ticks))) as terminal:
    terminal(Preparing(500, 2000))
    terminal(Started(run, (("pictures", "2,000 in 2 classes ([bold]cat, dog)"),), 3, 10))
    terminal(StepDone(1, 3, 5, 10, 0.25, 0.5, 12345.6, 61.6))
    terminal(Note("3 pictures left out"))
    terminal(EpochDone(1, 3, 0.1, 0.5, 0.81, 0.4, 0.845, 12345.6, 10.0, 61.6))
    terminal(StepDone(2, 3, 5, 10, 0.125, 0.5, 12345.6, 61.6))
    {end}
"""
END = 'terminal(Finished(run, run / "model.safetensors", (("accuracy", "98.6 %"),), 42.0))'


def on_a_terminal(width, *, end=END, **environment):
    """Return the output to a terminal of this width, and the exit code."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    clean = {
        name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLUMNS", "LINES"}
    }
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT.format(end=end)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**clean, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8", **environment},
    ) as process:
        os.close(theirs)
        received = b""
        while part := _read(ours):
            received += part
    os.close(ours)
    return received.decode(), process.returncode


def _read(terminal):
    try:
        return os.read(terminal, 65_536)
    except OSError:  # Linux's error when the other end is closed
        return b""


def without_escapes(text):
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def screen(text):
    """Return the visible lines on a terminal that never scrolls or wraps."""
    lines, row = [""], 0
    for piece in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", text):
        if piece == "\n":
            row += 1
            lines += [""] * (row == len(lines))
        elif up := re.fullmatch(r"\x1b\[(\d+)A", piece):
            row -= int(up[1])
        elif piece == "\x1b[2K":
            lines[row] = ""
        elif not piece.startswith(("\x1b", "\r")):
            lines[row] += piece
    return [line for line in lines if line]


def test_a_pipe_gets_the_header_a_line_an_epoch_and_the_summary():
    lines = piped(
        Started(RUN, PLAN, 3, 10), step(5), epoch(1), epoch(2, validation=None), FINISHED
    ).splitlines()
    assert lines == [
        "pictures  2,000 in 2 classes ([bold]cat, dog)",
        "network   32C3-MP2-128N",
        "",
        "epoch 1/3  loss 0.500  accuracy 81.0 %  validation 84.5 %  12,346 pictures/s  1:02 left",
        "epoch 2/3  loss 0.500  accuracy 81.0 %  12,346 pictures/s  1:02 left",
        "",
        "accuracy      98.6 % on 360 pictures",
        "written       runs/my [red] pets after 1:01:01",
        "look further  convscope predict 'runs/my [red] pets/model.safetensors' PICTURE",
    ]


def test_no_time_left_is_shown_while_it_is_not_known():
    assert piped(replace(epoch(1), remaining_seconds=None)).rstrip().endswith("12,346 pictures/s")


def test_a_stopped_run_says_how_to_go_on():
    text = piped(Stopped(RUN, 2, 3))
    assert "after 2 of 3 epochs" in text
    assert "convscope train --resume 'runs/my [red] pets'" in text


def test_preparing_is_told_sparsely_in_a_pipe():
    # a second per picture: every tenth is reported
    seconds = iter(range(1000))
    text = piped(*(Preparing(n, 100) for n in range(1, 101)), clock=lambda: float(next(seconds)))
    assert text.splitlines() == [f"preparing {n} of 100 pictures" for n in range(10, 101, 10)]


def test_nothing_in_a_name_reaches_the_terminal_as_a_command():
    text = piped(Started(RUN, (("pictures", "a\x1b[2Jb\nc\udcff"),), 1, 1), Note("\x07 :smile: [/]"))
    assert text.splitlines() == ["pictures  a\\x1b[2Jb\\nc\\udcff", "", "note  \\x07 :smile: [/]"]


def test_a_terminal_gets_a_live_line_that_is_gone_in_the_end():
    text, code = on_a_terminal(100)
    assert code == 0
    assert "preparing 500 of 2,000 pictures" in text
    assert "epoch 2/3  loss 0.125  accuracy 50.0 %  validation 84.5 %  12,346 pictures/s  1:02 left" in text
    assert screen(text) == [
        "pictures  2,000 in 2 classes ([bold]cat, dog)",
        "note  3 pictures left out",
        "accuracy      98.6 %",
        "written       runs/my [red] pets after 0:42",
        "look further  convscope predict 'runs/my [red] pets/model.safetensors' PICTURE",
    ]


@pytest.mark.parametrize("width", [1, 2, 9, 20, 40, 60, 79, 300])
def test_the_live_line_stays_one_line_on_any_terminal(width):
    text, code = on_a_terminal(width)
    assert code == 0
    live = [part for part in re.split(r"[\r\n]", without_escapes(text)) if re.match("[━e]", part)]
    assert live
    assert max(len(line) for line in live) <= width
    assert "convscope predict" in text


def test_a_narrow_terminal_keeps_what_matters_most():
    text, _ = on_a_terminal(24)
    assert "epoch 2/3  1:02 left" in text
    assert "pictures/s" not in text


def test_the_cursor_comes_back_whatever_happens():
    text, code = on_a_terminal(80, end="raise KeyboardInterrupt")
    assert code != 0
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")


def test_no_color_is_honoured():
    coloured, plain = on_a_terminal(80)[0], on_a_terminal(80, NO_COLOR="1")[0]
    colour = re.compile(r"\x1b\[[0-9;]*(3[0-7]|9[0-7]|38)[0-9;]*m")
    assert colour.search(coloured)
    assert not colour.search(plain)


def test_a_terminal_that_cannot_move_its_cursor_gets_plain_lines():
    text, code = on_a_terminal(80, TERM="dumb")
    assert code == 0
    assert "\x1b" not in text
    assert "epoch 1/3  loss 0.500" in text


def test_a_terminal_without_box_letters_gets_a_bar_of_hyphens():
    text, code = on_a_terminal(100, PYTHONIOENCODING="ascii")
    assert code == 0
    assert "---" in text
