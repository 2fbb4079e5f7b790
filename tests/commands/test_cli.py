"""The command line from a user's view: output and exit codes of real processes."""

import os
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from convscope.commands.verbs import SUMMARIES, verb

COMMAND = [sys.executable, "-m", "convscope"]
HEAVY = (
    "torch",
    "numpy",
    "numba",
    "onnx",
    "onnxruntime",
    "sklearn",
    "matplotlib",
    "pyarrow",
    "PIL",
)


def convscope(*arguments, **environment):
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "100", **environment},
    )


def python(script, **environment):
    return subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def failing(error):
    """A process in which a command raises `error`."""
    return (
        "from convscope import commands\n"
        "from convscope.commands import app\n"
        "from convscope.errors import ConvscopeError\n"
        "import sys, errno, os\n"
        "@app.app.command()\n"
        f"def fail() -> None:\n    {error}\n"
        "sys.argv = ['convscope', 'fail']\n"
        "commands.main()\n"
    )


def test_help_names_every_verb():
    done = convscope("--help")
    assert done.returncode == 0
    for name in ("train", "evaluate", "predict", "network"):
        assert f" {name} " in done.stdout


@pytest.mark.parametrize(("name", "summary"), SUMMARIES.items())
def test_a_verb_is_summarised_as_its_own_help_begins(name, summary):
    assert " ".join(verb(name).help.split("\n\n")[0].split()) == summary


def imported(arguments, of_these):
    """Return which modules a command has imported when it ends."""
    script = (
        "import sys\n"
        "from convscope.commands import main\n"
        f"sys.argv = ['convscope', *{arguments!r}]\n"
        "try:\n    main()\n"
        f"finally:\n    print('imported:', sorted(set(sys.modules) & set({of_these!r})))\n"
    )
    done = python(script)
    assert done.returncode == 0
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["train", "--help"], ["network", "--help"]])
def test_help_loads_nothing_heavy(arguments):
    assert imported(arguments, HEAVY) == "imported: []"


def test_a_page_is_written_without_matplotlib_and_pytorch(tmp_path):
    page = tmp_path / "smiley.html"
    assert imported(["explain", "smiley", "-o", str(page)], ("matplotlib", "torch")) == "imported: []"
    assert page.exists()


@pytest.mark.parametrize("columns", ["1", "20", "200"])
@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["predict", "--help"]])
def test_help_fits_any_terminal(arguments, columns):
    done = convscope(*arguments, COLUMNS=columns)
    assert done.returncode == 0
    assert max(len(line) for line in done.stdout.splitlines()) <= int(columns)


def test_help_fills_its_lines_however_long_they_are_in_the_code():
    done = convscope("predict", "--help", COLUMNS="200")
    assert (
        "does not stop the others. --explain writes two maps for each picture: a class activation map (exact"
        in done.stdout
    )


def test_every_option_of_train_can_be_read_in_eighty_columns():
    done = convscope("train", "--help", COLUMNS="80")
    assert "…" not in done.stdout
    for option in ("--network", "--learning-rate", "--no-class-weights", "--resume", "--json"):
        assert option in done.stdout


def test_version():
    assert convscope("--version").stdout == f"convscope {version('convscope')}\n"


def test_without_a_verb_the_help_is_shown():
    done = convscope()
    assert done.returncode == 2
    assert "train" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [(["trian"], "trian"), (["train", "--sise", "3"], "--sise"), (["train", "--epochs", "many"], "--epochs")],
)
def test_a_misspelt_call_names_what_is_wrong(arguments, named):
    done = convscope(*arguments)
    assert done.returncode == 2
    assert named in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        ("train --lr 0.1", "--learning-rate"),
        ("train --batch=8", "--batch-size"),
        ("train --imgsz 64", "--size"),
        ("export m --quantize", "--quantise"),
        ("serve m --token x", "--token-file"),
        ("train --sise 3", "--size"),
        ("train --data pets", "argument"),
        ("predict --weights m a.png", "argument"),
    ],
)
def test_an_option_as_others_call_it_gets_the_name_it_has_here(arguments, meant):
    done = convscope(*arguments.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert meant in done.stderr


def test_an_option_s_other_name_may_be_a_value():
    done = convscope("network", "32C3", "--input", "1x8x8", "--", "--lr")
    assert "no option" not in done.stderr


@pytest.mark.parametrize("size", ["big", "32x", "x", "3x4x5", ""])
def test_a_size_that_is_none_is_an_error(size):
    done = convscope("train", "--size", size, "--quiet")
    assert done.returncode == 2
    assert "size" in done.stderr


def test_shells_can_complete():
    asked = {"_CONVSCOPE_COMPLETE": "complete_bash", "COMP_WORDS": "convscope tr", "COMP_CWORD": "1"}
    command = Path(sys.executable).with_name("convscope")
    done = subprocess.run([command], capture_output=True, text=True, check=False, env={**os.environ, **asked})
    assert done.stdout.split() == ["train"]


def test_an_error_for_people_is_printed_as_it_is():
    done = python(
        failing("raise ConvscopeError('cannot read pets', why='no such folder', remedy='look again')")
    )
    assert done.returncode == 2
    assert done.stderr == "cannot read pets\n  why: no such folder\n  try: look again\n"
    assert done.stdout == ""


def test_an_error_cannot_command_the_terminal():
    done = python(failing(r"raise ConvscopeError('cannot read \x1b[2J\x07\udcff.jpg')"))
    assert done.stderr == "cannot read \\x1b[2J\\x07\\udcff.jpg\n"


def test_a_full_disk_is_no_bug():
    done = python(failing("raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), 'runs/pets')"))
    assert done.returncode == 2
    assert "runs/pets" in done.stderr
    assert "No space left" in done.stderr
    assert "bug" not in done.stderr


def test_a_bug_is_owned_up_to():
    done = python(failing("raise ZeroDivisionError('by zero')"))
    assert done.returncode == 70
    assert "bug in convscope: ZeroDivisionError: by zero" in done.stderr
    assert "CONVSCOPE_DEBUG=1" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bug_can_be_looked_into():
    done = python(failing("raise ZeroDivisionError('by zero')"), CONVSCOPE_DEBUG="1")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_ctrl_c_ends_with_a_word_and_130():
    script = failing("import time; print('ready', flush=True); time.sleep(60)")
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == "stopped\n"


@pytest.mark.parametrize("size", [1, 1_000_000])
def test_a_reader_that_goes_away_is_no_reason_to_complain(size):
    script = failing(f"import time; sys.stdin.read(); print('x' * {size})")
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.close()
        process.stdin.close()
        errors = process.stderr.read()
    assert process.returncode == 1
    assert errors == ""


def test_a_terminal_of_few_letters_is_no_reason_to_fail():
    done = python(failing("print('größer ━ 狐')"), PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0
    assert done.stdout == "gr\\xf6\\xdfer \\u2501 \\u72d0\n"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("network 32C3-MP2 --input 1x28x28 >&-", 0),
        ("network 32C3-MP2 --input 1x28x28 <&- >&- 2>&-", 0),
        ("network 32Q3 --input 1x28x28 2>&-", 2),
        ("--help >&-", 0),
    ],
)
def test_streams_that_were_closed_are_no_reason_to_fail(command, code):
    shell = ["bash", "-c", f"{sys.executable} -m convscope {command}"]
    done = subprocess.run(shell, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (code, "")


def test_output_that_does_not_fit_on_the_disk_is_an_error_of_a_few_lines():
    shell = ["bash", "-c", f"{sys.executable} -m convscope network 32C3-MP2 --input 1x28x28 > /dev/full"]
    done = subprocess.run(shell, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2
    assert "No space left" in done.stderr
    assert len(done.stderr.splitlines()) <= 4


@pytest.mark.slow
@pytest.mark.parametrize(("module", "package"), [("torch", "torch"), ("sklearn", "scikit-learn")])
def test_a_package_that_is_missing_is_named(tmp_path: Path, module: str, package: str) -> None:
    script = (
        f"import sys\nsys.modules[{module!r}] = None\n"
        "sys.argv = 'convscope train digits --output run'.split()\n"
        "from convscope.commands import main\nmain()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 2
    assert done.stdout.endswith("reading digits\n")
    assert done.stderr == f"{package} is needed for this\n  try: pip install {package}\n"
