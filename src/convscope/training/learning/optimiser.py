"""The optimiser: Muon for filters, normalised SGD for hidden neurons, SGD with momentum for the rest.

Muon (Jordan 2024, https://kellerjordan.github.io/posts/muon/) orthogonalises the update of each weight
matrix, so that all directions of the gradient are followed equally far. For hidden neurons, whose matrices
are wide, this would cost almost as much as their layer; their update is instead normalised per neuron to the
norm it would have in an orthogonal matrix, which works as well (decision 8). Batch normalisation makes the
scale of all these weights irrelevant, so they are kept at a fixed norm, and an update always rotates them by
the same angle. Shifts and the output layer are trained by SGD with Nesterov momentum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from convscope.network.blocks import (
    ConvolutionBlock,
    DepthwiseBlock,
    FullConnectionBlock,
    NormalisedActivation,
    OutputBlock,
)

if TYPE_CHECKING:
    from convscope.network.training_network import TrainingNetwork

_FILTER_MOMENTUM = 0.6
_MOMENTUM = 0.85
_SHIFT_RATE = 0.053
"""Learning rate of the shifts, for a loss summed over the batch; times the batch size for its mean."""
_OUTPUT_RATE = 0.0026
_FILTER_DIMENSIONS = 4
_STEPS = 3
"""Steps of the Newton-Schulz iteration; with two, accuracy is lower."""
_LARGE = 128
"""Square matrices with fewer rows are multiplied in float32: fewer bits are less accurate and no faster."""
_SMALLEST_SQUARE = 1e-30
_DECAY = 2e-6
"""Weight decay of shifts and output weights per picture, at the peak learning rate."""


@dataclass(frozen=True, slots=True)
class _SGDWeight:
    name: str
    tensor: nn.Parameter
    rate: float


class Optimiser:
    """Updates the weights of a network.

    Args:
        network: The network.
        batch_size: Pictures per step.
        filter_rate: Peak learning rate of filters and hidden neurons: the angle, in radians, by which a step
            rotates them.
        product: The type in which updates of filters are orthogonalised.
    """

    def __init__(
        self,
        network: TrainingNetwork,
        *,
        batch_size: int,
        filter_rate: float,
        product: torch.dtype = torch.bfloat16,
    ) -> None:
        self._product = product
        self._batch_size = batch_size
        self._filter_rate = filter_rate
        self._turned = {
            f"{name}.weight": block.weight
            for name, block in network.named_modules()
            if isinstance(block, ConvolutionBlock | DepthwiseBlock | FullConnectionBlock)
        }
        self._sgd = list(_sgd_weights(network))
        self._momenta = {
            name: torch.zeros_like(tensor)
            for name, tensor in [*self._turned.items(), *((d.name, d.tensor) for d in self._sgd)]
        }

    def step(self, rate_fraction: Tensor) -> None:
        """Update every weight at this share () of the peak learning rate; clear the gradients."""
        with torch.no_grad():
            for name, weight in self._turned.items():
                self._turn(weight, self._momenta[name], rate_fraction)
            for weight in self._sgd:
                self._sgd_step(weight, rate_fraction)

    def _turn(self, weight: Tensor, momentum: Tensor, rate_fraction: Tensor) -> None:
        gradient = cast("Tensor", weight.grad)
        torch.add(gradient, momentum, alpha=_FILTER_MOMENTUM, out=momentum)
        direction = gradient.add_(momentum, alpha=_FILTER_MOMENTUM)
        weight.mul_(math.sqrt(len(weight)) / weight.norm().clamp_min(1e-12))
        if weight.dim() == _FILTER_DIMENSIONS:
            update = orthogonalised(direction.flatten(1), self._product).view_as(weight)
        else:
            update = of_length_one(direction)
        weight.addcmul_(update, rate_fraction, value=-self._filter_rate)
        weight.grad = None

    def _sgd_step(self, weight: _SGDWeight, rate_fraction: Tensor) -> None:
        tensor, momentum = weight.tensor, self._momenta[weight.name]
        gradient = cast("Tensor", tensor.grad)
        rate = weight.rate * self._batch_size
        gradient.add_(tensor, alpha=_DECAY * self._batch_size / rate)
        torch.add(gradient, momentum, alpha=_MOMENTUM, out=momentum)
        tensor.addcmul_(gradient.add_(momentum, alpha=_MOMENTUM), rate_fraction, value=-rate)
        tensor.grad = None

    def zero_grad(self) -> None:
        """Clear the gradients without an update."""
        for tensor in (*self._turned.values(), *(weight.tensor for weight in self._sgd)):
            tensor.grad = None

    def gradients(self) -> list[Tensor]:
        """Return the gradient of every weight, the tensors themselves, always in the same order."""
        tensors = [*self._turned.values(), *(weight.tensor for weight in self._sgd)]
        return [cast("Tensor", tensor.grad) for tensor in tensors]

    def state(self) -> dict[str, Tensor]:
        """Return the momentum of every weight, by its name, for a checkpoint."""
        return dict(self._momenta)


def orthogonalised(matrix: Tensor, product: torch.dtype = torch.bfloat16) -> Tensor:
    """Bring all singular values of a matrix close to 1, by three Newton-Schulz steps with an odd quintic.

        x <- p(x x^T) x        p(s) = 3.4445 - 4.7750 s + 2.0315 s^2        x = matrix / |matrix| at first

    All factors are polynomials of the same square matrix g = x x^T, so they are multiplied with each other
    first, and with the wide matrix only once. Its norm follows from the trace of x x^T.

    Args:
        matrix: (rows, columns) of any scale down to 1e-15.
        product: The type of the multiplications.

    Returns:
        The same shape, float32, with nonzero singular values between about 0.3 and 1.2.
    """
    x = matrix.to(product)
    wide = x.T if len(x) > x.shape[1] else x
    gram = wide @ wide.T
    square = gram.diagonal().float().sum().clamp_min(_SMALLEST_SQUARE)
    gram = gram.float() / square
    if len(gram) >= _LARGE:
        gram = gram.to(product)
    factor = factors = _newton_schulz_factor(gram)
    for _ in range(_STEPS - 1):
        gram = factor @ (factor @ gram)
        factor = _newton_schulz_factor(gram)
        factors = factor @ factors
    wide = (factors.float() * square.rsqrt()).to(product) @ wide
    return (wide.T if len(x) > x.shape[1] else wide).float()


def of_length_one(neurons: Tensor) -> Tensor:
    """Normalise the row of each neuron to length 1, like the rows of an orthogonal matrix.

    Args:
        neurons: (neurons, inputs).

    Example:
        >>> of_length_one(torch.tensor([[3.0, 4.0], [0.0, 2.0]]))
        tensor([[0.6000, 0.8000],
                [0.0000, 1.0000]])
    """
    return neurons / neurons.norm(dim=1, keepdim=True).clamp_min(1e-12)


def _newton_schulz_factor(gram: Tensor) -> Tensor:
    factor = torch.addmm(gram, gram, gram, beta=-4.7750, alpha=2.0315)
    factor.diagonal().add_(3.4445)
    return factor


def _sgd_weights(network: TrainingNetwork) -> list[_SGDWeight]:
    found: list[_SGDWeight] = []
    for name, block in network.named_modules():
        if isinstance(block, NormalisedActivation):
            found.append(_SGDWeight(f"{name}.shift", block.shift, _SHIFT_RATE))
        elif isinstance(block, OutputBlock):
            found += [
                _SGDWeight(f"{name}.weight", block.weight, _OUTPUT_RATE),
                _SGDWeight(f"{name}.bias", block.bias, _OUTPUT_RATE),
            ]
    return found
