"""Why networks are trained with cross-entropy: two losses on the same network, seed and pictures.

First comes the table of `convscope.walkthrough.loss_table`, then the experiment: the same network is trained
on the built-in digits with cross-entropy and with squared error, each from a normal and from a confidently
wrong initialisation, in which the bias of class 0 is so large that every picture is predicted as 0. At the
logits, the gradient of squared error is multiplied by the probability of the true class, so it almost
vanishes for the confidently wrong network.

The chain is trained by plain gradient descent without normalisation: `optimiser` would hide the difference,
because it rotates weights by the same angle however small the gradient is.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own idiom
from torch import Tensor

from convscope.network.chain_builder import parse_chain
from convscope.network.training_network import TrainingNetwork
from convscope.pictures import batches
from convscope.pictures.preparation import Preparation
from convscope.pictures.sources import open_source
from convscope.pictures.split import split
from convscope.pictures.store_building import build_store
from convscope.training.data.batcher import HostBatcher
from convscope.training.data.training_data import training_data
from convscope.training.machine.threads import threads_for_steps
from convscope.walkthrough.loss_table import table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from convscope.network.blocks import OutputBlock
    from convscope.training.data.training_data import TrainingData

Loss = Literal["cross_entropy", "squared_error"]
Start = Literal["normal", "confidently_wrong"]

FORMAT = 1
NETWORK = "16C3-MP2-32N"
EPOCHS = 15
_BATCH = 32
_LEARNING_RATE = 0.05
_WRONG_BIAS = 12.0
"""All other classes then have a probability of about e^-12, 6 in a million."""
_STEPS_BETWEEN = 10


@dataclass(frozen=True, slots=True)
class Curve:
    """One run, evaluated before the first step and after every tenth.

    Attributes:
        loss: The loss.
        start: The initialisation.
        steps: Number of steps at each evaluation.
        accuracy_fraction: Accuracy on the test set.
        gradient: Mean norm of the loss's gradient at the logits, on the test set.
    """

    loss: Loss
    start: Start
    steps: list[int]
    accuracy_fraction: list[float]
    gradient: list[float]


def bench(seed: int = 0) -> dict[str, Any]:
    """Compute the table and run the experiment; `docs/reference/losses.md` describes the result."""
    begin = time.monotonic()
    store = build_store(open_source("digits"), Preparation(channels=1, height=8, width=8))
    data = training_data(store, split(store))
    drawn = [*_batches(data, seed)]
    starts: tuple[Start, ...] = ("normal", "confidently_wrong")
    runs = [asdict(_learn(data, drawn, loss, start, seed)) for start in starts for loss in _LOSSES]
    return {
        "format": FORMAT,
        "table": table(),
        "experiment": {
            "data": "digits",
            "training_pictures": len(data.kept.split.train),
            "test_pictures": len(data.kept.split.test),
            "network": NETWORK,
            "seed": seed,
            "epochs": EPOCHS,
            "batch": _BATCH,
            "learning_rate": _LEARNING_RATE,
            "wrong_bias": _WRONG_BIAS,
            "runs": runs,
            "seconds": time.monotonic() - begin,
        },
    }


def _squared(logits: Tensor, labels: Tensor) -> Tensor:
    truth = F.one_hot(labels, logits.shape[1])
    return (logits.softmax(1) - truth).square().sum(1).mean()


_LOSSES: dict[Loss, Callable[[Tensor, Tensor], Tensor]] = {
    "cross_entropy": F.cross_entropy,
    "squared_error": _squared,
}


def _learn(
    data: TrainingData, drawn: Sequence[tuple[Tensor, Tensor]], loss: Loss, start: Start, seed: int
) -> Curve:
    """Train a network on the batches that were drawn."""
    network = _network(data, start, seed)
    held_out = _batch(data, batches.unchanged(data.kept.split.test), slice(None))
    curve = Curve(loss, start, [], [], [])
    with threads_for_steps(network.chain.multiply_adds * _BATCH):
        for step, (maps, labels) in enumerate(drawn):
            if step % _STEPS_BETWEEN == 0:
                _evaluate(network, held_out, curve, step)
            _LOSSES[loss](network(maps), labels).backward()
            _descend(network)
    return curve


@torch.no_grad()
def _descend(network: TrainingNetwork) -> None:
    """Take one step of gradient descent; for this, `torch.optim` would import PyTorch's compiler."""
    for weights in network.parameters():
        if weights.grad is not None:
            weights.add_(weights.grad, alpha=-_LEARNING_RATE)
            weights.grad = None


def _network(data: TrainingData, start: Start, seed: int) -> TrainingNetwork:
    """Initialise the network; in evaluation mode its normalisation (mean 0, variance 1) changes nothing."""
    chain = parse_chain(NETWORK, data.shape, len(data.classes))
    generator = torch.Generator().manual_seed(seed)
    network = TrainingNetwork(chain, whitened=None, fused=False, generator=generator).eval()
    if start == "confidently_wrong":
        with torch.no_grad():
            cast("OutputBlock", network.blocks[-1]).bias[0] = _WRONG_BIAS
    return network


def _batches(data: TrainingData, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    for epoch in range(EPOCHS):
        drawn = batches.draw_epoch(
            data.kept.split.train, batches.UNCHANGED, data.shape[1:], seed=seed, epoch=epoch
        )
        for positions in batches.batches(len(drawn.order), _BATCH):
            yield _batch(data, drawn, positions)


def _batch(data: TrainingData, drawn: batches.Epoch, positions: slice) -> tuple[Tensor, Tensor]:
    maps, labels = HostBatcher(data.kept.store, data.mean, data.std, "fp32").host(
        drawn, positions, data.shape[1:]
    )
    return maps, labels


def _evaluate(network: TrainingNetwork, held_out: tuple[Tensor, Tensor], curve: Curve, step: int) -> None:
    maps, labels = held_out
    with torch.no_grad():
        logits = network(maps)
    logits.requires_grad_()
    (_LOSSES[curve.loss](logits, labels) * len(labels)).backward()
    curve.steps.append(step)
    curve.accuracy_fraction.append((logits.argmax(1) == labels).float().mean().item())
    curve.gradient.append(cast("Tensor", logits.grad).norm(dim=1).mean().item())
