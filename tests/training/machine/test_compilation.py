import json
import os
import subprocess
import sys
from importlib import invalidate_caches

import pytest

from convscope.network.chain_builder import parse_chain
from convscope.network.training_network import window_kernels_of
from convscope.network.vector_code import most_lanes, multiplies_pairs
from convscope.training.machine import compilation
from convscope.training.machine.compilation import is_compiled
from convscope.training.machine.precision import DTYPES

SCRIPT = """
import sys
import numpy as np
from convscope.network import kernels
from convscope.pictures.augmentation import augment_batch
from convscope.training.machine.compile_kernels import compile_kernels

for part in ("kernels", "augmentation"):
    compile_kernels(part, sys.argv[1])
compiled = [*(kernel for kernel in vars(kernels).values() if hasattr(kernel, "signatures")), augment_batch]
before = {kernel.__name__: len(kernel.signatures) for kernel in compiled}
assert "torch" not in sys.modules

from convscope import train

pictures = np.random.default_rng(0).integers(0, 256, (80, 8, 8), np.uint8)
train((pictures, [0, 1] * 40), network="16C3-4C3-MP2-4C3-4N", epochs=1, precision=sys.argv[1], device="cpu")
for kernel in compiled:
    assert len(kernel.signatures) == before[kernel.__name__], kernel
"""


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_what_is_compiled_beforehand_is_what_training_calls(precision):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, precision], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_machine_code_that_is_older_than_its_module_does_not_count(tmp_path, monkeypatch):
    module, code = tmp_path / "some_kernels.py", tmp_path / "__pycache__" / "some_kernels.add-1.py311.nbi"
    module.touch()
    monkeypatch.syspath_prepend(tmp_path)
    invalidate_caches()
    assert not is_compiled("some_kernels")
    code.parent.mkdir()
    code.touch()
    os.utime(module, (1, 1))
    assert is_compiled("some_kernels")
    os.utime(code, (0, 0))
    assert not is_compiled("some_kernels")
    assert not is_compiled("no_such_module")


def test_only_a_program_that_allows_it_starts_processes_and_each_once(monkeypatch):
    started = []

    class Process:
        def __init__(self, command, **_):
            started.append(command[-2:])

        def wait(self):
            return 0

    monkeypatch.setattr(compilation.subprocess, "Popen", Process)
    monkeypatch.setattr(compilation, "is_compiled", lambda module: module.endswith("augmentation"))
    compilation.compile_meanwhile()
    assert started == []
    compilation.allow_processes()
    for _ in range(2):
        compilation.compile_meanwhile("fp32")
        compilation.wait()
    assert started == [["kernels", "fp32"]]


WINDOWS = """
import json
import sys
import numpy as np
from convscope.network import window_kernels
from convscope.training.machine.compile_kernels import compile_kernels

precision, needed = sys.argv[1:]
compile_kernels("window_kernels", precision, needed)
assert "torch" not in sys.modules
made = [getattr(window_kernels, name)(*made_for) for name, made_for in json.loads(needed)]
before = [len(kernel.signatures) for kernel in made]
assert set(before) == {1}

from convscope import train

pictures = np.random.default_rng(0).integers(0, 256, (128, 32, 32), np.uint8)
network = {"network": "32C3-MP2-64C3-MP2-4N", "batch_size": 64}
train((pictures, [0, 1] * 64), **network, epochs=1, precision=precision, device="cpu", start="scratch")
assert [len(kernel.signatures) for kernel in made] == before
functions = window_kernels.convolve_pool_and_sum, window_kernels.sum_winners_products
assert sum(function.cache_info().currsize for function in functions) == len(made)
"""


@pytest.mark.slow
@pytest.mark.skipif(not most_lanes(), reason="these kernels are for vectors of x86 processors")
@pytest.mark.parametrize(("precision", "count"), [("fp32", 3), ("bf16", 3 if multiplies_pairs() else 2)])
def test_kernels_for_windows_are_compiled_beforehand_for_what_training_calls(precision, count):
    chain = parse_chain("32C3-MP2-64C3-MP2-4N", (1, 32, 32), 2)
    needed = window_kernels_of(chain, 64, DTYPES[precision])
    assert len(needed) == count
    command = [sys.executable, "-c", WINDOWS, precision, json.dumps(needed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
