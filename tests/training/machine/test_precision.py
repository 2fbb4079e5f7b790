import os
import subprocess
import sys
from pathlib import Path

import pytest

from convscope.training.machine.precision import fastest_precision

CPU_INFO = Path("/proc/cpuinfo")


@pytest.mark.skipif(not CPU_INFO.exists(), reason="not Linux")
def test_it_is_what_linux_says_of_the_processor():
    flags = CPU_INFO.read_text("utf-8").split()
    has_instructions = {"avx512_bf16", "amx_bf16", "bf16"} & {*flags}
    assert fastest_precision() == ("bf16" if has_instructions else "fp32")


@pytest.mark.slow
def test_instructions_that_onednn_may_not_use_do_not_count():
    program = "from convscope.training.machine.precision import fastest_precision; print(fastest_precision())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "ONEDNN_MAX_CPU_ISA": "AVX2"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "fp32"
