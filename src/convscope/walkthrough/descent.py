"""Gradient descent on a few weights of a network, for one picture.

    new weight = weight - learning rate * gradient of the loss at the weight

All other weights stay fixed. Every loss is computed by the chain in NumPy with the changed weights; only the
steps that depend on them are recomputed.

Source: Deep Learning, section 4.3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from convscope.errors import NetworkError
from convscope.walkthrough.backward_document import (
    AllWeightsStep,
    Descent,
    LossMap,
    WeightCurve,
    WeightGradient,
)
from convscope.walkthrough.losses import gradient_at_logits, loss_of_logits
from convscope.walkthrough.numpy_chain import gradient_at, gradients_at_parameters, recompute

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.steps.arrays import Array
    from convscope.walkthrough.arrays import EncodedArray
    from convscope.walkthrough.numpy_chain import ComputedStep, StepGradients
    from convscope.walkthrough.truth import Truth

    Encode = Callable[[NDArray[np.float64]], EncodedArray]

Place = tuple[str, tuple[int, ...]]
"""A tensor's name, and an index in it."""
CURVE_POINTS, MAP_POINTS, DESCENT_STEPS = 31, 13, 8
ALL_WEIGHTS_RATES = tuple(digit * 10.0**power for power in range(-4, 2) for digit in (1, 2, 5))
_TELLING = 0.3
"""A curve extends until the loss changes by this much, if it does."""
_SHALLOW = 0.02
_REACHES, _FEW_REACHES, _FEW_POINTS = range(-1, 6), range(3), 10
"""With at most this many (expensive) points, only these powers of two are tried as the extent of a curve."""


@dataclass(frozen=True, slots=True, eq=False)
class LossOf:
    """The loss of one picture as a function of some weights.

    Attributes:
        steps: The result of `numpy_chain.forward` for the picture.
        model: The model.
        truth: The truth.
        weights: Tensor and index of each of the weights.
        known: Cache of computed losses, by weights and values. It may be shared by all functions with the
            same steps, model and truth: the choice of weights, their curves and maps need some of the same
            losses.
    """

    steps: Sequence[ComputedStep]
    model: Model
    truth: Truth
    weights: tuple[Place, ...]
    known: dict[tuple[tuple[Place, ...], tuple[float, ...]], float] = field(default_factory=dict)

    def loss(self, values: Sequence[float]) -> float:
        """Return the loss with these values of the weights; infinite on overflow."""
        key = self.weights, tuple(values)
        if key not in self.known:
            try:
                self.known[key] = _loss(self._computed(values)[0], self.model, self.truth)
            except NetworkError:
                self.known[key] = math.inf
        return self.known[key]

    def with_gradient(self, values: Sequence[float]) -> tuple[float, list[float]]:
        """Return the loss, like `loss`, and its gradient at each of the weights."""
        try:
            steps, model = self._computed(values)
        except NetworkError:
            return math.inf, [0.0 for _ in values]
        at_logits = gradient_at_logits(steps[-1].input, self.truth, model.temperature)
        tensors = {tensor for tensor, _ in self.weights}
        gradients = {tensor: _gradient_at(steps, model, at_logits, tensor) for tensor in tensors}
        at_weights = [float(gradients[tensor][place]) for tensor, place in self.weights]
        return _loss(steps, model, self.truth), at_weights

    def now(self) -> list[float]:
        """Return the values that the weights have in the model."""
        return [float(self.model.weights[tensor][place]) for tensor, place in self.weights]

    def _computed(self, values: Sequence[float]) -> tuple[tuple[ComputedStep, ...], Model]:
        weights = dict(self.model.weights)
        for (tensor, place), value in zip(self.weights, values, strict=True):
            changed = weights[tensor].astype(np.float64)  # a step may be smaller than a float32 can tell
            changed[place] = value
            weights[tensor] = changed  # pyright: ignore[reportArgumentType]
        model = replace(self.model, weights=weights)
        return recompute(self.steps, model, {step_of(tensor) for tensor, _ in self.weights}), model


def descend(loss_of: LossOf, rate: float, steps: int = DESCENT_STEPS) -> Descent:
    """Do gradient descent from the current weights; it ends early on overflow."""
    values = loss_of.now()
    loss, gradient = loss_of.with_gradient(values)
    descent = Descent(rate=rate, values=[values], losses=[loss], gradients=[gradient])
    for _ in range(steps):
        values = [value - rate * part for value, part in zip(values, gradient, strict=True)]
        loss, gradient = loss_of.with_gradient(values)
        if not math.isfinite(loss):
            break
        descent.values.append(values)
        descent.losses.append(loss)
        descent.gradients.append(gradient)
    return descent


def weight_curve(loss_of: LossOf, points: int = CURVE_POINTS, steps: int = DESCENT_STEPS) -> WeightCurve:
    """Compute the loss as a function of one weight, and descents with a small, a good and a large rate.

    Args:
        loss_of: The loss of one weight.
        points: Number of values of the weight; the middle one is the model's.
        steps: Number of steps of each descent.
    """
    (now,) = loss_of.now()
    reach, _ = reach_of(loss_of, _reaches(points))
    values = [now + reach * place for place in np.linspace(-1, 1, points).tolist()]
    losses = [loss_of.loss([value]) for value in values]
    kept = [place for place, loss in enumerate(losses) if math.isfinite(loss)]
    values, losses = [values[place] for place in kept], [losses[place] for place in kept]
    _, (gradient,) = loss_of.with_gradient([now])
    return WeightCurve(
        weight=_weight(loss_of, 0, gradient),
        values=values,
        losses=losses,
        descents=[descend(loss_of, rate, steps) for rate in _rates(loss_of, gradient, values, losses)],
    )


def loss_map(loss_of: LossOf, rates: Sequence[float], encode: Encode, points: int = MAP_POINTS) -> LossMap:
    """Compute the loss as a function of two weights, and descents on it.

    Args:
        loss_of: The loss of two weights.
        rates: The learning rates.
        encode: Encodes the losses.
        points: Number of values of each weight; the middle one is the model's.
    """
    now = loss_of.now()
    _, gradients = loss_of.with_gradient(now)
    axes: list[list[float]] = []
    for place, value in enumerate(now):
        one = replace(loss_of, weights=(loss_of.weights[place],))
        reach, _ = reach_of(one, _reaches(points))
        axes.append([value + reach * share for share in np.linspace(-1, 1, points).tolist()])
    losses = np.array([[loss_of.loss([first, second]) for first in axes[0]] for second in axes[1]])
    return LossMap(
        first=_weight(loss_of, 0, gradients[0]),
        second=_weight(loss_of, 1, gradients[1]),
        first_values=axes[0],
        second_values=axes[1],
        losses=encode(np.minimum(losses, np.finfo(np.float32).max)),
        descents=[descend(loss_of, rate) for rate in rates],
    )


def all_weights_step(
    steps: Sequence[ComputedStep],
    model: Model,
    truth: Truth,
    passed: dict[str, StepGradients],
    wanted: Sequence[float] = ALL_WEIGHTS_RATES,
) -> AllWeightsStep:
    """Compute the loss after one step of all weights together, for several learning rates.

    Args:
        steps: The result of `numpy_chain.forward`.
        model: The model.
        truth: The truth.
        passed: The result of `numpy_chain.backward`.
        wanted: The learning rates.
    """
    rates, losses = [0.0], [_loss(steps, model, truth)]
    at_weights = {name: at for step in passed.values() for name, at in step.at_parameters.items()}
    changed = {step_of(name) for name in at_weights}
    for rate in wanted:
        weights = {name: weight - rate * at_weights[name] for name, weight in model.weights.items()}
        try:
            moved = recompute(steps, replace(model, weights=weights), changed)
        except NetworkError:
            break
        rates.append(rate)
        losses.append(_loss(moved, model, truth))
    return AllWeightsStep(rates=rates, losses=losses)


def reach_of(loss_of: LossOf, powers: Sequence[int] = _REACHES) -> tuple[float, bool]:
    """Return how far a curve extends on each side of a weight, and whether it has a valley.

    It extends to where the loss rises at both ends (a valley), or else to where it changes by `_TELLING`.

    Args:
        loss_of: The loss of one weight.
        powers: Powers of two to try, in this order, as multiples of the tensor's largest weight.
    """
    (tensor, _), (now,) = loss_of.weights[0], loss_of.now()
    largest = float(np.abs(loss_of.model.weights[tensor]).max()) or 1.0
    telling = 0.0
    for power in powers:
        reach = largest * 2**power
        probes = [loss_of.loss([now + share * reach]) for share in (-1, -0.5, 0, 0.5, 1)]
        if not all(map(math.isfinite, probes)):
            break
        if has_valley(probes):
            return reach, True
        if not telling and max(probes) - min(probes) >= _TELLING:
            telling = reach
    return telling or largest, False


def _reaches(points: int) -> Sequence[int]:
    return _REACHES if points > _FEW_POINTS else _FEW_REACHES


def has_valley(losses: Sequence[float]) -> bool:
    """Whether a curve falls from its middle and rises again at both ends, so that a step can overshoot.

    Example:
        >>> has_valley([3.0, 1.0, 2.0, 4.0, 5.0]), has_valley([3.0, 2.0, 1.5, 1.0, 0.5])
        (True, False)
    """
    here, lowest = losses[len(losses) // 2], min(losses)
    return here - lowest > _SHALLOW and min(losses[0], losses[-1]) > lowest + (here - lowest) / 4


def step_of(tensor: str) -> str:
    """Return the name of the step that a tensor belongs to.

    Example:
        >>> step_of("convolution_1.weight")
        'convolution_1'
    """
    return tensor.rpartition(".")[0]


def _gradient_at(steps: Sequence[ComputedStep], model: Model, at_logits: Array, tensor: str) -> Array:
    (computed,) = (one for one in steps if one.name == step_of(tensor))
    at_output = gradient_at(steps, model, at_logits, computed.name)
    return gradients_at_parameters(computed, at_output)[tensor]


def _loss(steps: Sequence[ComputedStep], model: Model, truth: Truth) -> float:
    return loss_of_logits(steps[-1].input, truth, model.temperature)


def _weight(loss_of: LossOf, which: int, gradient: float) -> WeightGradient:
    tensor, place = loss_of.weights[which]
    return WeightGradient(tensor=tensor, place=[*place], value=loss_of.now()[which], gradient=gradient)


def _rates(loss_of: LossOf, gradient: float, values: list[float], losses: list[float]) -> list[float]:
    """Choose three learning rates: a small one, one that leads close to the minimum, and one too large.

    Near a minimum the loss is a parabola. There, the rate 1 / curvature leads to the minimum in one step, and
    steps with more than twice that rate diverge. The one that is too large increases the loss in its first
    step, if any rate does.
    """
    (now,) = loss_of.now()
    lowest = values[int(np.argmin(losses))]
    if not gradient or lowest == now or (lowest > now) == (gradient > 0):
        return [0.1, 1.0, 10.0]
    fitting = (now - lowest) / gradient
    large = [rounded(times * fitting) for times in (2.2, 5, 10, 20)]
    here = loss_of.loss([now])
    rises = (rate for rate in large if here < loss_of.loss([now - rate * gradient]) < math.inf)
    return [rounded(0.1 * fitting), rounded(0.6 * fitting), next(rises, large[0])]


def rounded(rate: float) -> float:
    """Round to 1, 2 or 5 times a power of ten, the closest on a logarithmic scale.

    Example:
        >>> rounded(0.034), rounded(6.8), rounded(120)
        (0.05, 5.0, 100.0)
    """
    power = math.floor(math.log10(rate))
    candidates = [float(f"{digit}e{power}") for digit in (1, 2, 5, 10)]
    return min(candidates, key=lambda one: abs(math.log(one / rate)))
