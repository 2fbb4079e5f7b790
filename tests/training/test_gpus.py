"""`convscope train` under torchrun on GPUs, each process with its own: real processes."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from convscope.model.file import load

from .torchrun import PATIENCE_SECONDS, TORCHRUN, finish

PROGRAM = str(Path(__file__).with_name("through_nccl.py"))
GPUS = torch.cuda.device_count()
EPOCHS = 3
needs_two = pytest.mark.skipif(GPUS < 2, reason="one GPU here")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(2 * PATIENCE_SECONDS),
    pytest.mark.skipif(not GPUS, reason="no GPU here"),
]


def training(pictures, run):
    return [
        *(
            "train",
            str(pictures),
            "--output",
            str(run),
            "--network",
            "4C3-MP2-8C3-MP2",
            "--augmentation",
            "light",
        ),
        *("--epochs", str(EPOCHS), "--batch-size", "20", "--precision", "fp32", "--device", "cuda"),
    ]


@pytest.mark.parametrize(
    "processes", [1, pytest.param(2, marks=pytest.mark.skipif(GPUS < 2, reason="one GPU"))]
)
def test_processes_that_talk_by_nccl_end_with_the_model_of_one(noisy_pets, start, tmp_path, processes):
    pictures = noisy_pets(300, 16)
    finish(start([sys.executable, "-m", "convscope", *training(pictures, tmp_path / "alone")]))
    torchrun = [*TORCHRUN, "--standalone", "--nproc-per-node", str(processes), PROGRAM]
    log = {"NCCL_DEBUG": "INFO", "NCCL_DEBUG_FILE": str(tmp_path / "nccl.%p")}
    finish(start([*torchrun, *training(pictures, tmp_path / "together")], **log))
    told = [path.read_text() for path in tmp_path.glob("nccl.*")]
    assert len(told) == processes
    assert all(f"nranks {processes} " in text and "Init COMPLETE" in text for text in told)
    alone, together = (load(tmp_path / run / "model.safetensors") for run in ("alone", "together"))
    assert together.receipt["device"] == alone.receipt["device"] != "cpu"
    for name, weights in alone.weights.items():
        atol = 1e-2 * np.abs(weights).max()
        np.testing.assert_allclose(together.weights[name], weights, rtol=0, atol=atol, err_msg=name)
