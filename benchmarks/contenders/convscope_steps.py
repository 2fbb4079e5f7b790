"""The step of `convscope train`, in the precision it would choose here, or as with `--precision fp32`.

The variant `descent` updates the weights by gradient descent with momentum, like the other libraries.
"""

# ruff: noqa: E402  # memory and threads are settled before PyTorch is imported, as the command does

from __future__ import annotations

from typing import TYPE_CHECKING

from convscope.commands import process_tuning

process_tuning.tune()

import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own idiom

from contenders.noise import CLASSES, pictures_and_labels
from convscope.network.chain_builder import parse_chain
from convscope.network.training_network import TrainingNetwork
from convscope.training.learning.ema import WeightAverage
from convscope.training.learning.optimiser import Optimiser
from convscope.training.machine.precision import DTYPES, fastest_precision

if TYPE_CHECKING:
    from collections.abc import Callable

    from convscope.training.settings import Precision


def make(variant: str, network: str, shape: tuple[int, int, int], batch: int) -> Callable[[int], None]:
    """Forward pass, backward pass and update; a variant is `fp32`, `descent`, both or empty."""
    torch.manual_seed(0)
    precision = "fp32" if variant.startswith("fp32") else fastest_precision()
    pictures, labels = pictures_and_labels(shape, batch)
    maps, truth = torch.from_numpy(pictures).permute(0, 3, 1, 2), torch.from_numpy(labels)
    maps = maps.to(DTYPES[precision])
    trained = TrainingNetwork(parse_chain(network, shape, CLASSES), whitened=None, fused=True).train()
    change = descent(trained) if variant.endswith("descent") else recipe(trained, batch, precision)

    def take(steps: int) -> None:
        for _ in range(steps):
            F.cross_entropy(trained(maps), truth, label_smoothing=0.2).backward()
            change()

    return take


def recipe(trained: TrainingNetwork, batch: int, precision: Precision) -> Callable[[], None]:
    """Update the weights by Muon, and their moving average."""
    optimiser = Optimiser(trained, batch_size=batch, filter_rate=0.01, product=DTYPES[precision])
    average = WeightAverage(trained)

    def change() -> None:
        optimiser.step(torch.tensor(1.0))
        average.update(torch.tensor(1000.0))

    return change


def descent(trained: TrainingNetwork) -> Callable[[], None]:
    """Update the weights by stochastic gradient descent with momentum."""
    optimiser = torch.optim.SGD(trained.parameters(), lr=0.01, momentum=0.9)

    def change() -> None:
        optimiser.step()
        optimiser.zero_grad()

    return change
