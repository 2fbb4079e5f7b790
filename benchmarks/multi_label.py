"""Several labels per picture: convscope compared with the same network and a hand-written BCEWithLogitsLoss.

A picture is two pictures of CIFAR-10 side by side, each halved, 16 x 32 together, and has the labels of both,
one or two of ten. Both train on the same pairs for as many epochs as convscope chooses for this many
pictures, and are evaluated by the mean average precision on the same test pairs, computed by scikit-learn.
The hand-written script is typical: convolutions with batch normalisation, AdamW with a one-cycle schedule,
flips, and shifts by one pixel. It uses flips because they are known to be harmless here; convscope has to
test that. Run it with

    python benchmarks/multi_label.py PATH

where PATH has the folders train and test of CIFAR-10, each with class folders. It writes
docs/benchmarks/multi_label.md and .json.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image
from sklearn.metrics import average_precision_score
from torch import nn

import convscope
from convscope.network.notation import Convolution, parse
from convscope.training.recipe import EPOCHS_TIMES_ROOT
from machine import describe, sentence

if TYPE_CHECKING:
    from numpy.typing import NDArray

DOCS = Path(__file__).parent.parent / "docs" / "benchmarks"
NETWORK = "16C3-MP2-32C3-MP2-64C3-MP2"
HEIGHT, WIDTH = 16, 32
BATCH, RATE, SHIFT = 64, 3e-3, 1


def main() -> None:
    """Train both for every seed and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument(
        "--pairs", type=int, default=1_000, help="training pairs; twice as many are for testing"
    )
    parser.add_argument("--epochs", type=int, help="as many as convscope chooses, if not given")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=DOCS / "multi_label")
    arguments = parser.parse_args()
    arguments.epochs = arguments.epochs or round(EPOCHS_TIMES_ROOT[3] / math.sqrt(arguments.pairs))
    classes = sorted(folder.name for folder in (arguments.data / "train").iterdir())
    test, truth = pairs(arguments.data / "test", classes, 2 * arguments.pairs, seed=99)
    rows: list[dict[str, Any]] = []
    for seed in range(arguments.seeds):
        pictures, labels = pairs(arguments.data / "train", classes, arguments.pairs, seed)
        for name, learn in (("convscope", with_convscope), ("by hand", by_hand)):
            begin = time.perf_counter()
            shares = learn(pictures, labels, test, arguments.epochs, seed)
            seconds = time.perf_counter() - begin
            mean = float(average_precision_score(truth, shares, average="macro"))
            rows.append({"seed": seed, "trained": name, "mean_average_precision": mean, "seconds": seconds})
            print(rows[-1], flush=True)
    write(arguments, rows)


def pairs(
    folder: Path, classes: list[str], count: int, seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw pairs of pictures: uint8 (count, 16, 32, 3), and labels (count, classes) of 0 and 1."""
    random = np.random.default_rng(seed)
    files = [
        (number, file) for number, name in enumerate(classes) for file in sorted((folder / name).iterdir())
    ]
    drawn = random.permutation(len(files))[: 2 * count].reshape(count, 2)
    pictures, labels = (
        np.zeros((count, HEIGHT, WIDTH, 3), np.uint8),
        np.zeros((count, len(classes)), np.int64),
    )
    for row, both in enumerate(drawn.tolist()):
        for place, one in enumerate(both):
            number, file = files[one]
            half = Image.open(file).convert("RGB").reduce(2)
            pictures[row, :, HEIGHT * place : HEIGHT * place + HEIGHT] = np.asarray(half)
            labels[row, number] = 1
    return pictures, labels


def with_convscope(
    pictures: NDArray[np.uint8],
    labels: NDArray[np.int64],
    test: NDArray[np.uint8],
    epochs: int,
    seed: int,
) -> NDArray[np.float64]:
    """Return the probabilities of the test pictures; the estimator holds out no pictures."""
    estimator = convscope.ConvscopeClassifier(
        network=NETWORK, start="scratch", epochs=epochs, random_state=seed
    )
    return estimator.fit(pictures, labels).predict_proba(test)


def by_hand(
    pictures: NDArray[np.uint8],
    labels: NDArray[np.int64],
    test: NDArray[np.uint8],
    epochs: int,
    seed: int,
) -> NDArray[np.float64]:
    """Train the same network in the usual way in PyTorch."""
    torch.manual_seed(seed)
    maps, wanted = normalised(pictures, pictures), torch.from_numpy(labels).float()
    network = layers(labels.shape[1])
    optimiser = torch.optim.AdamW(network.parameters())
    steps = epochs * (len(maps) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    loss = nn.BCEWithLogitsLoss()
    for _ in range(epochs):
        order = torch.randperm(len(maps))
        for start in range(0, len(maps) // BATCH * BATCH, BATCH):
            batch = order[start : start + BATCH]
            by = torch.randint(-SHIFT, SHIFT + 1, (2,)).tolist()
            shown = torch.roll(maps[batch], by, (2, 3))
            flipped = torch.rand(len(batch)) < 0.5
            shown[flipped] = shown[flipped].flip(3)
            optimiser.zero_grad()
            loss(network(shown), wanted[batch]).backward()
            optimiser.step()
            schedule.step()
    network.eval()
    with torch.inference_mode():
        return torch.sigmoid(network(normalised(test, pictures))).double().numpy()


def layers(classes: int) -> nn.Sequential:
    """Return the network `NETWORK`, with batch normalisation, as in convscope's training."""
    modules: list[nn.Module] = []
    channels = 3
    for layer in parse(NETWORK):
        if isinstance(layer, Convolution):
            filters = nn.Conv2d(channels, layer.filters, 3, padding=1, bias=False)
            modules += [filters, nn.BatchNorm2d(layer.filters), nn.ReLU()]
            channels = layer.filters
        else:
            modules.append(nn.MaxPool2d(2))
    return nn.Sequential(*modules, nn.Flatten(), nn.Linear(channels * (HEIGHT // 8) * (WIDTH // 8), classes))


def normalised(pictures: NDArray[np.uint8], like: NDArray[np.uint8]) -> torch.Tensor:
    """Return (n, 3, 16, 32), normalised with the mean and standard deviation of `like`."""
    mean, std = like.mean(axis=(0, 1, 2)), like.std(axis=(0, 1, 2))
    return torch.from_numpy(((pictures - mean) / std).astype(np.float32)).permute(0, 3, 1, 2).contiguous()


def write(arguments: argparse.Namespace, rows: list[dict[str, Any]]) -> None:
    """Write the table and its numbers."""
    machine, load = describe(), os.getloadavg()[0]
    method = (
        f"Written by `benchmarks/multi_label.py`, which describes the method: {arguments.pairs:,} pairs of "
        f"CIFAR-10 for training, {2 * arguments.pairs:,} for testing, `{NETWORK}`, "
        f"{arguments.epochs} epochs."
    )
    lines = [
        "# Several labels per picture",
        "",
        method,
        "",
        f"{sentence(machine)} Load at the end {load:.1f}: times are not to be compared.",
        "",
        "| trained | mean average precision, by seed | mean |",
        "|---|---|---|",
    ]
    for name in ("convscope", "by hand"):
        found = [row["mean_average_precision"] for row in rows if row["trained"] == name]
        each = ", ".join(f"{value:.4f}" for value in found)
        lines.append(f"| {name} | {each} | {statistics.mean(found):.4f} |")
    arguments.output.with_suffix(".md").write_text("\n".join(lines) + "\n")
    report = {"machine": machine, "network": NETWORK, "epochs": arguments.epochs, "rows": rows}
    arguments.output.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
