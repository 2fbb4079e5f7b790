"""Train a small network on few and on many pictures, and record its accuracy on those and on others.

The lesson's page on overfitting draws these curves. It uses plain PyTorch and gradient descent with momentum,
so that only the pictures differ between runs: 45 and 1,800 drawings of the built-in shapes, and the 45 again,
with random shifts by up to 3 pixels in each step. All runs have the same number of steps.

    python benchmarks/overfitting.py    # writes src/convscope/studio/lesson/overfitting.json
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from convscope.pictures.shapes.drawings import draw_shapes

OUTPUT = Path(__file__).parents[1] / "src/convscope/studio/lesson/overfitting.json"
STEPS, MEASURED_EVERY, BATCH, RATE = 900, 20, 45, 0.01
SHIFT = 3
VALIDATION = 450
RUNS = (("few", 45, 0), ("shifted", 45, SHIFT), ("many", 1_800, 0))


def main() -> None:
    """Run all three, and write the measurements."""
    torch.manual_seed(0)
    pictures, labels = draw_shapes(VALIDATION + RUNS[-1][1], seed=1)
    classes = sorted(set(labels))
    maps = torch.from_numpy(pictures[:, None].astype(np.float32) / 255)
    targets = torch.tensor([classes.index(label) for label in labels])
    runs = [
        {"name": name, "pictures": count, "shift": shift}
        | _train(
            maps[VALIDATION:][:count],
            targets[VALIDATION:][:count],
            maps[:VALIDATION],
            targets[:VALIDATION],
            shift,
        )
        for name, count, shift in RUNS
    ]
    settings = {"steps": STEPS, "batch_size": BATCH, "learning_rate": RATE, "validation_pictures": VALIDATION}
    text = json.dumps({"classes": len(classes), **settings, "runs": runs}, indent=1)
    OUTPUT.write_text(text + "\n", encoding="utf-8")
    for run in runs:
        print(run["name"], *(f"{run[key][-1]:.3f}" for key in ("train_accuracy", "validation_accuracy")))


def _train(
    maps: Tensor, targets: Tensor, others: Tensor, truths: Tensor, shift: int
) -> dict[str, list[float]]:
    network = nn.Sequential(
        *(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 12, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(300, 9)),
    )
    optimiser = torch.optim.SGD(network.parameters(), lr=RATE, momentum=0.9)
    rng = np.random.default_rng(0)
    keys = ("step", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
    measured: dict[str, list[float]] = {key: [] for key in keys}
    for step in range(STEPS + 1):
        if step % MEASURED_EVERY == 0:
            figures = (step, *_measure(network, maps, targets), *_measure(network, others, truths))
            for key, figure in zip(keys, figures, strict=True):
                measured[key].append(figure)
        chosen = torch.from_numpy(rng.choice(len(maps), BATCH, replace=False))
        loss = nn.functional.cross_entropy(network(_shifted(maps[chosen], shift, rng)), targets[chosen])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return measured


def _shifted(maps: Tensor, shift: int, rng: np.random.Generator) -> Tensor:
    if not shift:
        return maps
    padded = nn.functional.pad(maps, (shift,) * 4)
    side = maps.shape[-1]
    corners = rng.integers(0, 2 * shift, (len(maps), 2), endpoint=True).tolist()
    return torch.stack(
        [one[:, y : y + side, x : x + side] for one, (y, x) in zip(padded, corners, strict=True)]
    )


@torch.no_grad()
def _measure(network: nn.Module, maps: Tensor, targets: Tensor) -> tuple[float, float]:
    """Return loss and accuracy."""
    logits = network(maps)
    loss = nn.functional.cross_entropy(logits, targets).item()
    return round(loss, 5), round((logits.argmax(dim=1) == targets).double().mean().item(), 5)


if __name__ == "__main__":
    main()
