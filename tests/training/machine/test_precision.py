from pathlib import Path

import pytest

from convscope.training.machine.precision import fastest_precision


def test_the_answer_is_one_of_two_and_stays_the_same():
    first = fastest_precision()
    assert first in {"bf16", "fp32"}
    assert fastest_precision() is first


def test_without_bfloat16_in_hardware_it_is_float32():
    flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    if "bf16" in flags:
        pytest.skip("this processor has bfloat16")
    assert fastest_precision() == "fp32"
