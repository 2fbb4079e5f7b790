"""PyTorch: `plain` as in its tutorial; `fp32` and `bf16` in channels-last, each also `compiled`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own idiom
from torch import nn

from contenders.noise import CLASSES, pictures_and_labels
from convscope.network.notation import Convolution, FullConnection, Pooling, parse

if TYPE_CHECKING:
    from collections.abc import Callable


def make(variant: str, network: str, shape: tuple[int, int, int], batch: int) -> Callable[[int], None]:
    """Forward pass, backward pass and gradient descent with momentum."""
    torch.manual_seed(0)
    model, is_bfloat16 = chain(network), variant.startswith("bf16")
    pictures, labels = pictures_and_labels(shape, batch)
    maps, truth = torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(labels)
    model(maps)  # initialises the lazy layers
    if variant != "plain":
        model, maps = (thing.to(memory_format=torch.channels_last) for thing in (model, maps))
    if variant.endswith("compiled"):
        model = torch.compile(model)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)

    def take(steps: int) -> None:
        for _ in range(steps):
            optimiser.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=is_bfloat16):
                loss = F.cross_entropy(model(maps), truth)
            loss.backward()
            optimiser.step()

    return take


def chain(network: str, classes: int = CLASSES) -> nn.Module:
    """Create the layers of a notation, including the output layer."""
    layers: list[nn.Module] = []
    for layer in parse(network):
        match layer:
            case Convolution(filters, windows):
                layers += [nn.LazyConv2d(filters, windows.size, windows.stride, windows.padding), nn.ReLU()]
            case Pooling(_, windows):
                layers.append(nn.MaxPool2d(windows.size, windows.stride))
            case FullConnection(neurons):
                layers += [nn.Flatten(), nn.LazyLinear(neurons), nn.ReLU()]
    return nn.Sequential(*layers, nn.Flatten(), nn.LazyLinear(classes))
