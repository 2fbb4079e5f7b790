"""Ablation of the training recipe: the complete recipe, then without one part at a time.

Accuracy is measured on pictures held out of the training part; the test pictures are not used. Run it with

    python benchmarks/ablation.py PATH

    python benchmarks/ablation.py PATH --network 32C3-MP2-64C3-MP2-128N \
        --pieces nothing "even neurons" "updates of neurons" "third step" \
        --learned 5000 --held-out 4000 --epochs 6 --output docs/benchmarks/ablation_neurons

    python benchmarks/ablation.py PATH --network 24C2-64C3-MP2-64C3-256C3-MP2-256C3-256C3-MP2-256C3-MP3 \
        --pieces nothing "no cutout" --seeds 0 \
        --learned 40000 --held-out 5000 --epochs 18 --output docs/benchmarks/ablation_long

where PATH is any source for `convscope train`. The second command uses a network with hidden neurons, which
automatic networks lack, the third a wide network and a long training. The first writes
docs/benchmarks/ablation.md and .json. Existing rows of the same part and seed are replaced, all others are
kept.
"""

from __future__ import annotations

import argparse
import json
import statistics
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor

from convscope.pictures import batches
from convscope.pictures.sources import open_source
from convscope.pictures.split import Split, split
from convscope.pictures.store_building import build_store
from convscope.pictures.survey import survey
from convscope.training.data.training_data import training_data
from convscope.training.learning.loop import Training
from convscope.training.learning.optimiser import Optimiser, orthogonalised
from convscope.training.machine.engine import deterministic, engine_name
from convscope.training.machine.machine import Machine
from convscope.training.machine.precision import fastest_precision
from convscope.training.recipe import resolve, resolve_preparation
from convscope.training.settings import Settings
from machine import describe, matrix_rates

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.pictures.store import Store

DOCS = Path(__file__).parent.parent / "docs" / "benchmarks"
NONE = np.zeros(0, np.int64)


class Piece(NamedTuple):
    """The changes of settings or code that remove a piece."""

    instead: str
    settings: dict[str, Any] = {}  # noqa: RUF012  # never changed
    replaced: AbstractContextManager[Any] = nullcontext()
    epochs: float = 1.0


def normalised(matrix: Tensor, _product: torch.dtype = torch.float32) -> Tensor:
    """Normalise a gradient to the norm of an orthogonal matrix, with its direction unchanged."""
    return matrix * (min(matrix.shape) ** 0.5 / matrix.norm().clamp_min(1e-12))


def mirrored_at_random(
    indices: NDArray[np.int64],
    augmentation: batches.Augmentation,
    sides: tuple[int, int],
    *,
    seed: int,
    epoch: int,
    block: int,
) -> batches.Epoch:
    """Draw an epoch with random flips, independent of the previous epoch."""
    drawn = DRAW(indices, replace(augmentation, mirror=False), sides, seed=seed, epoch=epoch, block=block)
    if augmentation.mirror:
        drawn.maps[np.random.default_rng((seed, epoch, 1)).random(len(indices)) < 0.5, :, 1] *= -1
    return drawn


def cut_out(
    indices: NDArray[np.int64], augmentation: batches.Augmentation, sides: tuple[int, int], **place: int
) -> batches.Epoch:
    """Draw an epoch in which a square is hidden in each picture."""
    return DRAW(indices, replace(augmentation, cutout=0.25), sides, **place)


DRAW = batches.draw_epoch
STEP = Optimiser.step
LOOP = "convscope.training.learning.loop"
OPTIMISER = "convscope.training.learning.optimiser"
PIECES = {
    "nothing": Piece("the recipe as it is"),
    "whitening": Piece("trained first filters", replaced=patch(f"{LOOP}.can_be_whitened", lambda _: False)),
    "orthogonal updates": Piece(
        "gradient steps of the same length",
        replaced=patch(f"{OPTIMISER}.orthogonalised", normalised),
    ),
    "even neurons": Piece(
        "orthogonal updates of hidden neurons, too",
        replaced=patch(f"{OPTIMISER}.of_length_one", orthogonalised),
    ),
    "updates of neurons": Piece(
        "of hidden neurons, gradient steps of the same length",
        replaced=patch(f"{OPTIMISER}.of_length_one", normalised),
    ),
    "third step": Piece("updates made orthogonal by two steps", replaced=patch(f"{OPTIMISER}._STEPS", 2)),
    "falling learning rate": Piece(
        "constant, at half the initial rate",
        replaced=patch.object(Optimiser, "step", lambda self, rate: STEP(self, torch.full_like(rate, 0.5))),
    ),
    "label smoothing": Piece("none", {"label_smoothing": 0.0}),
    "flip": Piece("no mirrored pictures", {"flip": False}),
    "alternating flip": Piece(
        "each picture mirrored at random", replaced=patch(f"{LOOP}.batches.draw_epoch", mirrored_at_random)
    ),
    "shifts": Piece("no shifts", {"augmentation": "none"}),
    "progressive resizing": Piece(
        "full size throughout, with a fifth fewer epochs", {"progressive": False}, epochs=0.8
    ),
    "EMA": Piece("the last weights, without averaging", {"ema": False}),
    "no cutout": Piece(
        "a square a quarter as wide hidden in each picture",
        replaced=patch(f"{LOOP}.batches.draw_epoch", cut_out),
    ),
}


def main() -> None:
    """Train without each piece in turn and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", metavar="PATH")
    parser.add_argument("--pieces", nargs="+", choices=PIECES, default=list(PIECES))
    parser.add_argument("--network", help="instead of the automatic one")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--learned", type=int, default=20_000, help="number of training pictures")
    parser.add_argument("--held-out", type=int, default=10_000, help="number of held-out pictures")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--output", type=Path, default=DOCS / "ablation")
    arguments = parser.parse_args()
    source = open_source(arguments.data)
    store = build_store(source, resolve_preparation(Settings(), survey(source)))
    file = arguments.output.with_suffix(".json")
    runs = json.loads(file.read_text())["runs"] if file.exists() else []
    machine = {**describe(), "matrix_gflops": matrix_rates()}
    for seed in arguments.seeds:
        for name in arguments.pieces:
            found = measure(store, PIECES[name], arguments, seed)
            run = {"data": Path(arguments.data).name, "without": name, **found, "machine": machine}
            print(f"without {name}, seed {seed}: {run['accuracy_fraction']:.4f}")
            runs = [old for old in runs if (old["without"], old["seed"]) != (name, seed)] + [run]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps({"runs": runs}, indent=2) + "\n")
            file.with_suffix(".md").write_text(table(runs))


def measure(store: Store, piece: Piece, arguments: argparse.Namespace, seed: int) -> dict[str, Any]:
    """Train once on some pictures of the training part, and count correct predictions for others."""
    pool = np.random.default_rng(0).permutation(split(store).train)
    learned = np.sort(pool[: arguments.learned])
    held_out = np.sort(pool[arguments.learned : arguments.learned + arguments.held_out])
    data = training_data(store, Split(learned, NONE, NONE, ()))
    epochs = max(1, round(arguments.epochs * piece.epochs))
    device = arguments.device
    said = {
        "network": arguments.network,
        "epochs": epochs,
        "device": device,
        "precision": fastest_precision(device),
        "seed": seed,
    }
    settings = Settings(**said, **piece.settings)
    with piece.replaced, deterministic():
        training = Training(data, resolve(settings, data.statistics, Machine()))
        training.run()
        training.finish()
    right = training.evaluator.predict(held_out).argmax(1) == torch.from_numpy(store.labels[held_out])
    return {
        "seed": seed,
        "accuracy_fraction": right.float().mean().item(),
        "learned": len(learned),
        "held_out": len(held_out),
        "epochs": epochs,
        "network": training.recipe.network,
        "device": engine_name(device),
    }


def table(runs: list[dict[str, Any]]) -> str:
    """Format the runs as Markdown, the most valuable piece first."""
    first, machine = runs[0], runs[-1]["machine"]
    whole = {run["seed"]: run["accuracy_fraction"] for run in runs if run["without"] == "nothing"}
    rows = [row(name, [run for run in runs if run["without"] == name], whole) for name in PIECES]
    lines = [
        "# Ablation of the training recipe",
        "",
        "Written by `benchmarks/ablation.py`, which describes the method:",
        f"{first['data']}, {first['learned']:,} training and {first['held_out']:,} held-out pictures of the",
        f"training part, {first['epochs']} epochs, the network",
        f"`{first['network']}`, trained on {where(first, machine)}.",
        "",
        "| left out | instead | accuracy, mean (lowest to highest) | difference | seeds |",
        "|---|---|---|---|---|",
        *(text for _, text in sorted(found for found in rows if found)),
    ]
    return "\n".join(lines) + "\n"


def where(run: dict[str, Any], machine: dict[str, Any]) -> str:
    """Return the name of the device of a run."""
    return machine["processor"] if run["device"] == "cpu" else run["device"]


def row(name: str, runs: list[dict[str, Any]], whole: dict[int, float]) -> tuple[float, str] | None:
    """Format the runs without one piece as a line of the table, with its sort key.

    Each run is compared with the complete run of the same seed.
    """
    runs = [run for run in runs if run["seed"] in whole]
    if not runs:
        return None
    against = statistics.mean(100 * (run["accuracy_fraction"] - whole[run["seed"]]) for run in runs)
    accuracies = [100 * run["accuracy_fraction"] for run in runs]
    mean = statistics.mean(accuracies)
    cells = [
        name,
        PIECES[name].instead,
        f"{mean:.2f} % ({min(accuracies):.2f} to {max(accuracies):.2f})",
        f"{against:+.2f}".replace("-", "\u2212"),
        str(len(runs)),
    ]
    return against, f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
