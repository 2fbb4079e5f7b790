"""The backward pass: the gradient of the loss at every number of a walk, and its effect on training.

    at the logits              (probability - target) / temperature: the loss and the last step together
    back through every step    the chain rule, as `steps` defines it for each kind
    at a weight                gradient x input, summed over all positions where the weight is used
    a training step            weight - learning rate x gradient

The loss assumes one outcome as the truth (`truth.py`): cross-entropy of a class, or binary cross-entropy of a
label set. A saved document holds two of them: the true one (or, if it is unknown, the prediction) and the
most probable other one, because the gradients of a confident correct prediction almost vanish.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from convscope.walkthrough.backward_document import (
    Backward,
    BackwardPass,
    LossMap,
    StepGradients,
    WeightCurve,
)
from convscope.walkthrough.descent import LossOf, all_weights_step, loss_map, reach_of, weight_curve
from convscope.walkthrough.losses import gradient_at_logits, loss_of_logits
from convscope.walkthrough.numpy_chain import backward

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convscope.model.file import Model
    from convscope.network.chain import Chain, Step
    from convscope.steps.arrays import Array
    from convscope.walkthrough.numpy_chain import ComputedStep
    from convscope.walkthrough.numpy_chain import StepGradients as Passed
    from convscope.walkthrough.step_documents import StepWriter
    from convscope.walkthrough.truth import Outcomes, Truth

MOST_NUMBERS = 400_000
"""A saved walk holds the gradients of all steps if they have no more numbers than this."""
MOST_WEIGHTS = 100_000
"""The gradient at more weights than this is not written: each is the product of two written numbers."""
_BUDGET = 600_000_000
"""Budget of multiply-adds for the curves and maps of one class in a document; last steps come first."""
_RUNS, _OVERHEAD = 500, 200_000
"""Number of runs of the chain for a step's curves and map, and the minimum cost of each."""
_CANDIDATES = 6
_PASSES = 2


def write_backward(
    steps: Sequence[ComputedStep], model: Model, outcomes: Outcomes, writer: StepWriter
) -> Backward:
    """Write the backward pass of a saved walk: as much of it as keeps the document small.

    Args:
        steps: The result of `numpy_chain.forward`.
        model: The model.
        outcomes: The possible truths.
        writer: Writes arrays.
    """
    numbers = sum(computed.output.size for computed in steps)
    if numbers > MOST_NUMBERS:
        left_out = (
            f"The gradients of this network are {numbers:,} numbers for each class, too many for this file. "
            "In the studio (convscope studio) they are computed for any step when you look at it."
        )
        return Backward(passes=[], left_out=left_out)
    passes = [
        write_pass(steps, model, number, outcomes.truth(number), writer)
        for number in outcomes.likely()[:_PASSES]
    ]
    studied = [step.name for step in _studied(model.chain)]
    without = [step.name for step in model.chain.layers if step.parameters and step.name not in studied]
    left_out = f"The loss curves of {', '.join(without)} take too long. The studio computes them on demand."
    return Backward(passes=passes, left_out=left_out if without else "")


def write_pass(
    steps: Sequence[ComputedStep], model: Model, number: int, truth: Truth, writer: StepWriter
) -> BackwardPass:
    """Write the whole backward pass for an outcome as the truth.

    Same arguments as `write_backward`, and the number of the outcome.
    """
    logits = steps[-1].input
    passed = backward(steps, model, gradient_at_logits(logits, truth, model.temperature))
    curves, maps = _studies(steps, model, truth, passed, writer)
    return BackwardPass(
        truth=number,
        loss=loss_of_logits(logits, truth, model.temperature),
        steps=[
            write_gradients(step, passed, model.chain, writer) for step in model.chain if step.name in passed
        ],
        all_weights=all_weights_step(steps, model, truth, passed),
        curves=curves,
        maps=maps,
    )


def write_gradients(
    step: Step, passed: dict[str, Passed], chain: Chain, writer: StepWriter, *, by_itself: bool = False
) -> StepGradients:
    """Write the gradients of one step.

    Args:
        step: The step.
        passed: The result of `numpy_chain.backward`.
        chain: The model's chain.
        writer: Writes arrays.
        by_itself: Whether to include the gradient passed to every input, even if another step contains it.
    """
    own = passed[step.name]
    readers = {name: sum(name in other.inputs for other in chain) for name in step.inputs}
    at_weights, at_bias = [*own.at_parameters.values()] or (None, None)
    if at_weights is not None and at_weights.size > MOST_WEIGHTS and not by_itself:
        at_weights = None
    return StepGradients(
        step=step.name,
        at_output=writer.encode(own.at_output),
        at_inputs=[
            writer.encode(at_input) if by_itself or readers[name] > 1 else None
            for name, at_input in zip(step.inputs, own.at_inputs, strict=True)
        ],
        at_weights=None if at_weights is None else writer.encode_as("float32", at_weights),
        at_bias=None if at_bias is None else writer.encode_as("float32", at_bias),
    )


def work_from(chain: Chain, step: Step) -> int:
    """Return the multiply-adds of the chain from a step on."""
    steps = [*chain]
    return sum(later.multiply_adds for later in steps[steps.index(step) :])


def largest_weights(at_weights: Array, count: int) -> list[tuple[int, ...]]:
    """Return the positions of the largest absolute gradients, in order.

    Example:
        >>> largest_weights(np.array([[0.5, -2.0], [1.0, 0.0]]), 2)
        [(0, 1), (1, 0)]
    """
    order = np.argsort(-np.abs(at_weights), axis=None, kind="stable")[:count]
    return [tuple(int(part) for part in np.unravel_index(place, at_weights.shape)) for place in order]


def _studies(
    steps: Sequence[ComputedStep], model: Model, truth: Truth, passed: dict[str, Passed], writer: StepWriter
) -> tuple[list[WeightCurve], list[LossMap]]:
    """Compute loss curves of the two weights with the largest gradients of each step, and a map of both."""
    curves: list[WeightCurve] = []
    maps: list[LossMap] = []
    for step in _studied(model.chain):
        tensor = next(iter(step.parameters))
        places = largest_weights(passed[step.name].at_parameters[tensor], _CANDIDATES)
        first = LossOf(steps, model, truth, ((tensor, places[0]),))
        pair = _telling([replace(first, weights=((tensor, place),)) for place in places])
        chosen = [weight_curve(one) for one in pair]
        curves += chosen
        if len(pair) > 1:
            both = replace(first, weights=(*pair[0].weights, *pair[1].weights))
            rates = [descent.rate for descent in chosen[0].descents]
            maps.append(loss_map(both, rates, partial(writer.encode_as, "float32")))
    return curves, maps


def _studied(chain: Chain) -> list[Step]:
    """Return the steps whose weights get curves: as many as the budget allows, from the last one back."""
    studied: list[Step] = []
    left = _BUDGET
    for step in reversed(chain.layers):
        if step.parameters:
            left -= _RUNS * (work_from(chain, step) + _OVERHEAD)
            if left < 0:
                break
            studied.append(step)
    return studied[::-1]


def _telling(candidates: Sequence[LossOf]) -> list[LossOf]:
    """Choose two weights, in the order of their gradients: the first, and the next with a valley."""
    with_valley = (candidate for candidate in candidates[1:] if reach_of(candidate)[1])
    second = next(with_valley, None)
    return [candidates[0], second] if second else [*candidates[:2]]
