import json
import subprocess
from collections.abc import Callable

import pytest

from convscope.network.presets import PRESETS

Run = Callable[..., subprocess.CompletedProcess[str]]
NETWORK = ("network", "32c3-MP2-64C3-MP2-128N", "--input", "3x32x32")


def test_the_table_has_every_step_and_the_totals(run: Run) -> None:
    done = run(*NETWORK)
    assert done.returncode == 0
    lines = [line.split() for line in done.stdout.splitlines() if line.strip()]
    assert ["convolution", "32C3", "32x32x32", "896", "884,736", "3x3"] in lines
    assert ["max", "pooling", "MP2", "64x8x8", "10x10"] in lines
    # 3*9*32+32, 32*9*64+64, 4096*128+128, 128*10+10
    assert lines[-1] == ["total", f"{896 + 18_496 + 524_416 + 1_290:,}", "6,128,896"]


def test_it_is_plain_text_in_a_pipe_whatever_the_width(run: Run) -> None:
    narrow, wide = run(*NETWORK, COLUMNS="20"), run(*NETWORK, COLUMNS="200")
    assert narrow.stdout == wide.stdout
    assert "\x1b" not in narrow.stdout
    assert "…" not in narrow.stdout


def test_it_fits_a_terminal_of_80_columns(run: Run) -> None:
    assert max(map(len, run(*NETWORK).stdout.splitlines())) <= 80


def test_a_terminal_without_unicode_gets_ascii(run: Run) -> None:
    assert run(*NETWORK, PYTHONIOENCODING="ascii", PYTHONUTF8="0").stdout.isascii()


def test_json(run: Run) -> None:
    report = json.loads(run(*NETWORK, "--classes", 3, "--json").stdout)
    assert report["network"] == "32C3-MP2-64C3-MP2-128N"
    assert report["steps"][0] == {
        "step": "image", "notation": "", "shape": [3, 32, 32], "parameters": 0, "multiply_adds": 0,
        "receptive_field": [1, 1],
    }  # fmt: skip
    assert report["steps"][-1]["shape"] == [3]
    assert report["parameters"] == sum(step["parameters"] for step in report["steps"])


def test_a_preset_goes_by_its_name(run: Run) -> None:
    assert run("network", "course", *NETWORK[2:]).stdout == run(*NETWORK).stdout


def test_a_network_made_for_one_size_needs_no_other_and_shows_its_blocks(run: Run) -> None:
    lines = [line.split() for line in run("network", "lite0").stdout.splitlines() if line.strip()]
    assert ["image", "3x224x224", "1x1"] in lines
    assert ["|", "convolution", "144C1r6", "144x56x56", "3,600", "10,838,016", "11x11"] in lines
    assert sum(line[:2] == ["+", "addition"] for line in lines) == 9
    small = run("network", "lite0", "--input", "3x32x32").stdout
    assert "3x32x32" in small


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["32K3", "--input", "3x32x32"], "  ^"),
        (["32C3", "--input", "32x32"], "'32x32' is not the shape"),
        (["MP2-MP2-MP2", "--input", "1x4x4"], "too deep"),
        (["32C3", "--input", "1x4x4", "--classes", "1"], "classes"),
        (["32C3"], "--input"),
    ],
)
def test_wrong_input_is_explained(run: Run, arguments: list[str], said: str) -> None:
    done = run("network", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_without_arguments_the_presets_are_listed(run: Run) -> None:
    lines = [line.split() for line in run("network").stdout.splitlines() if line.strip()]
    listed = dict(line for line in lines if line[0] in PRESETS)
    assert list(listed) == list(PRESETS)
    assert listed["course"] == PRESETS["course"]
    start, end = listed["lite0"].split("...")
    assert PRESETS["lite0"].startswith(start)
    assert PRESETS["lite0"].endswith(end)
    assert json.loads(run("network", "--json").stdout) == PRESETS
