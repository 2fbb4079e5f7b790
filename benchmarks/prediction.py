"""Prediction speed of convscope, ONNX Runtime, OpenVINO and PyTorch with the same network.

For throughput, contenders take turns (`turns.py`) on preprocessed pictures in memory. OpenVINO takes part
twice: by default it computes in bfloat16 if the processor can, and its probabilities differ (the difference
is reported); the fair comparison is with float32. For the cold start, a complete process loads the model and
predicts one picture from a file, timed from outside; these commands take turns, too. The tables give medians.
Run it with

    pip install . openvino        # contenders that are not installed are left out
    python benchmarks/prediction.py

It writes docs/benchmarks/prediction.md and .json.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from PIL import Image

from contenders.predictors import PREDICTORS, noise_model, torch_predictor
from convscope.model.file import save
from convscope.network.notation import parse_shape
from convscope.network.presets import automatic_network
from machine import describe, sentence
from turns import Entry, rates

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs" / "benchmarks"
NETWORKS = {
    "R2": ("32C3-MP2-64C3-MP2-128N", "3x32x32"),
    "R3": ("32C3-MP2-32C3-MP2-128N", "3x64x64"),
    "automatic": (automatic_network((3, 96, 96)), "3x96x96"),
}
BATCHES = (1, 256)
PICTURES = 256
CONTENDERS = {
    "convscope": Entry("predictors", "convscope"),
    "ONNX Runtime": Entry("predictors", "onnxruntime"),
    "OpenVINO, float32": Entry("predictors", "openvino-f32"),
    "OpenVINO, default": Entry("predictors", "openvino"),
    "PyTorch": Entry("predictors", "torch"),
}
COLD = {
    "convscope predict": ["-m", "convscope", "predict"],
    "ONNX Runtime, a minimal script": [str(HERE / "cold_start.py"), "onnxruntime"],
    "OpenVINO, a minimal script": [str(HERE / "cold_start.py"), "openvino"],
    "PyTorch, a minimal script": [str(HERE / "cold_start.py"), "torch"],
}


def main() -> None:
    """Measure and write the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--output", type=Path, default=DOCS / "prediction")
    arguments = parser.parse_args()
    report: dict[str, Any] = {"machine": describe(), "rounds": arguments.rounds, "steady": {}}
    for name, (network, shape) in NETWORKS.items():
        for batch in BATCHES:
            found = rates(CONTENDERS, network, shape, batch, arguments.rounds)
            medians = {contender: statistics.median(turns) for contender, turns in found.items()}
            report["steady"][f"{name}, batch {batch}"] = medians
            print(name, batch, {contender: round(rate) for contender, rate in medians.items()}, flush=True)
    report["probability_differences"] = differences()
    report["cold_start_seconds"] = cold_starts(arguments.rounds)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")
    arguments.output.with_suffix(".md").write_text(table(report))


def differences() -> dict[str, dict[str, float]]:
    """Return the largest difference of each one's probabilities to PyTorch's in float64."""
    found: dict[str, dict[str, float]] = {}
    for title, (network, shape) in NETWORKS.items():
        model = noise_model(network, parse_shape(shape))
        size = model.preparation
        pictures = np.random.default_rng(1).integers(
            0, 256, (PICTURES, size.height, size.width, size.channels), np.uint8
        )
        right = softmax(np.asarray(torch_predictor(model, torch.float64)(pictures)))
        found[title] = {}
        for name, entry in CONTENDERS.items():
            with suppress(ImportError):  # contenders missing in the throughput table are missing here
                values = np.asarray(PREDICTORS[entry.variant](model)(pictures))
                probabilities = values if entry.variant == "convscope" else softmax(values)
                found[title][name] = float(np.abs(probabilities - right).max())
    return found


def softmax(logits: np.ndarray) -> np.ndarray:
    """Convert logits to probabilities."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def cold_starts(rounds: int) -> dict[str, float]:
    """Time complete processes that predict one photo with the automatic network."""
    network, shape = NETWORKS["automatic"]
    seconds: dict[str, list[float]] = {name: [] for name in COLD}
    with TemporaryDirectory() as folder:
        model, photo = Path(folder) / "model.safetensors", Path(folder) / "photo.jpg"
        save(noise_model(network, parse_shape(shape)), model)
        pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
        Image.fromarray(pixels).resize((640, 480)).save(photo)
        for _ in range(rounds + 1):
            for name, command in COLD.items():
                start = time.perf_counter()
                arguments = [sys.executable, *command, str(model), str(photo)]
                done = subprocess.run(arguments, check=False, capture_output=True)
                if done.returncode == 0:
                    seconds[name].append(time.perf_counter() - start)
    # the first start fills caches
    return {name: statistics.median(times[1:]) for name, times in seconds.items() if times}


def table(report: dict[str, Any]) -> str:
    """Format the results as Markdown."""
    machine, steady = report["machine"], report["steady"]
    lines = [
        "# Prediction speed",
        "",
        "Written by `benchmarks/prediction.py`, which describes the method. Medians of",
        f"{report['rounds']} rounds.",
        sentence(machine),
        "",
        "Throughput in pictures per second:",
        "",
        f"| | {' | '.join(CONTENDERS)} |",
        f"|{'---|' * (len(CONTENDERS) + 1)}",
        *(
            f"| {title} | {' | '.join(f'{found[n]:,.0f}' if n in found else 'missing' for n in CONTENDERS)} |"
            for title, found in steady.items()
        ),
        "",
        f"Largest difference of a probability from PyTorch in float64, for {PICTURES} pictures of noise:",
        "",
        f"| | {' | '.join(CONTENDERS)} |",
        f"|{'---|' * (len(CONTENDERS) + 1)}",
        *(
            f"| {title} | {' | '.join(f'{found[n]:.0e}' if n in found else 'missing' for n in CONTENDERS)} |"
            for title, found in report["probability_differences"].items()
        ),
        "",
        *(f"- {name}: `{network}` on {shape}" for name, (network, shape) in NETWORKS.items()),
        "",
        "One photo of 640x480 as a whole process, with the automatic network:",
        "",
        "| | seconds |",
        "|---|---|",
        *(f"| {name} | {seconds:.2f} |" for name, seconds in report["cold_start_seconds"].items()),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
