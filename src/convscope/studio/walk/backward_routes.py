"""The backward pass of a model for a picture: gradients, one step at a time, and losses after changes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

import numpy as np
from fastapi import APIRouter, Query
from pydantic import Field

from convscope.errors import RequestError
from convscope.studio.cache import Cache
from convscope.studio.ids import ModelId  # noqa: TC001 - FastAPI looks it up
from convscope.studio.picture_refs import PictureRef, find_picture
from convscope.walkthrough.arrays import STORED, encode
from convscope.walkthrough.backward import work_from, write_gradients
from convscope.walkthrough.backward_document import (  # resolved by FastAPI at runtime
    AllWeightsStep,  # noqa: TC001
    Descent,  # noqa: TC001
    LossMap,  # noqa: TC001
    StepGradients,  # noqa: TC001
    WeightCurve,  # noqa: TC001
)
from convscope.walkthrough.descent import (
    ALL_WEIGHTS_RATES,
    CURVE_POINTS,
    DESCENT_STEPS,
    MAP_POINTS,
    LossOf,
    all_weights_step,
    descend,
    loss_map,
    step_of,
    weight_curve,
)
from convscope.walkthrough.losses import gradient_at_logits
from convscope.walkthrough.numpy_chain import backward, forward
from convscope.walkthrough.step_documents import StepWriter
from convscope.walkthrough.truth import TrueClass, true_labels

if TYPE_CHECKING:
    from collections.abc import Callable

    from convscope.model.file import Model
    from convscope.studio.picture_refs import ReferredPicture
    from convscope.studio.walk.edit_lists import EditedModel, EditLists
    from convscope.studio.workspace import Workspace
    from convscope.walkthrough.compute import ModelInput
    from convscope.walkthrough.numpy_chain import ComputedStep
    from convscope.walkthrough.numpy_chain import StepGradients as Passed
    from convscope.walkthrough.truth import Truth

    Steps = tuple[ComputedStep, ...]
    Prepare = Callable[[str, ReferredPicture], ModelInput]

_MOST_CACHED = 3
_QUICK, _SLOW = 5_000_000, 60_000_000
"""With more multiply-adds from a step on, curves have fewer points."""
_MOST_WORK = 300_000_000
Outputs = Annotated[
    Sequence[Annotated[int, Field(ge=0)]],
    Query(
        alias="truth",
        max_length=10_000,
        description="Index of the class that is taken as the true one, or of each of several labels.",
    ),
]
WeightPlace = Annotated[
    str,
    Query(
        max_length=200,
        pattern=r"^[\w.]+:\d+(\.\d+){0,3}$",
        examples=["convolution_1.weight:0.0.1.2"],
        description="A tensor, and the index of one weight or bias on each of its axes.",
    ),
]
Rate = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]


class Backpropagation:
    """Computes gradients, and caches those of the last request.

    Args:
        workspace: The workspace with models and pictures.
        edits: The edited models.
        prepare: Prepares a picture for a model.
    """

    def __init__(self, workspace: Workspace, edits: EditLists, prepare: Prepare) -> None:
        self._workspace = workspace
        self._edits = edits
        self._prepare = prepare
        self._steps: Cache[tuple[EditedModel, bytes], Steps] = Cache(_MOST_CACHED)
        self._passed: Cache[tuple[Steps, Truth], dict[str, Passed]] = Cache(_MOST_CACHED)

    def steps(self, model: str, picture: str) -> tuple[Model, Steps]:
        """Return an edited model, and all its steps for a picture."""
        edited, referred = self._edits.edited(model), find_picture(picture, self._workspace)
        pixels = self._prepare(model, referred).pixels
        key = edited, pixels.tobytes()
        return edited.model, self._steps.get(key, lambda: forward(edited.model, pixels))

    def passed(
        self, model: str, picture: str, outputs: Sequence[int]
    ) -> tuple[Model, Steps, Truth, dict[str, Passed]]:
        """Return the same, the truth, and the gradients.

        Raises:
            RequestError: There is no such class or label.
        """
        network, steps = self.steps(model, picture)
        truth = _truth(network, outputs)
        at_logits = gradient_at_logits(steps[-1].input, truth, network.temperature)
        passed = self._passed.get((steps, truth), lambda: backward(steps, network, at_logits))
        return network, steps, truth, passed

    def loss_of(self, model: str, picture: str, outputs: Sequence[int], *weights: str) -> tuple[LossOf, int]:
        """Return the loss as a function of weights, and the multiply-adds of each evaluation.

        Raises:
            RequestError: There is no such class, label or weight, or it would take too long.
        """
        network, steps = self.steps(model, picture)
        truth = _truth(network, outputs)
        found = tuple(_find_weight(network, weight) for weight in weights)
        work = max(work_from(network.chain, network.chain[step_of(tensor)]) for tensor, _ in found)
        if work > _MOST_WORK:
            raise RequestError(
                "a loss curve of this weight would take minutes",
                status=422,
                why=f"each of its points takes {work:,} multiply-adds",
                remedy="choose a weight of a later step",
            )
        return LossOf(steps, network, truth, found), work


def backward_routes(workspace: Workspace, edits: EditLists, prepare: Prepare) -> APIRouter:
    """Create the routes."""
    router = APIRouter(prefix="/api/models/{model}/backward")
    backpropagation = Backpropagation(workspace, edits, prepare)

    @router.get("/gradients/{step}")
    def gradients(model: ModelId, step: str, picture: PictureRef, outputs: Outputs = ()) -> StepGradients:
        """The gradient of the loss at a step's output, inputs, weights and biases."""
        network, _, _, passed = backpropagation.passed(model, picture, outputs)
        if step not in passed:
            raise RequestError("there is no such step, or no gradient comes to it", status=404)
        writer = StepWriter(network, (), None, coarse=False, level=STORED)
        return write_gradients(network.chain[step], passed, network.chain, writer, by_itself=True)

    @router.get("/all-weights")
    def all_weights(model: ModelId, picture: PictureRef, outputs: Outputs = ()) -> AllWeightsStep:
        """The loss after one step of all weights together, for several learning rates."""
        network, steps, truth, passed = backpropagation.passed(model, picture, outputs)
        every = 1 if network.chain.multiply_adds <= _SLOW else 3
        return all_weights_step(steps, network, truth, passed, ALL_WEIGHTS_RATES[::every])

    _add_descents(router, backpropagation)
    return router


def _add_descents(router: APIRouter, backpropagation: Backpropagation) -> None:
    @router.get("/curve")
    def curve(model: ModelId, picture: PictureRef, weight: WeightPlace, outputs: Outputs = ()) -> WeightCurve:
        """The loss as a function of one weight, and gradient descent on it."""
        loss_of, work = backpropagation.loss_of(model, picture, outputs, weight)
        return weight_curve(loss_of, points=_fewer(CURVE_POINTS, work), steps=_fewer(DESCENT_STEPS, work))

    @router.get("/descent")
    def descent(
        model: ModelId,
        picture: PictureRef,
        weight: Annotated[list[WeightPlace], Query(min_length=1, max_length=2)],
        rate: Annotated[Rate, Query()],
        outputs: Outputs = (),
    ) -> Descent:
        """Gradient descent on one or two weights with a learning rate."""
        loss_of, work = backpropagation.loss_of(model, picture, outputs, *weight)
        return descend(loss_of, rate, _fewer(DESCENT_STEPS, work))

    @router.get("/map")
    def two_weights(
        model: ModelId,
        picture: PictureRef,
        weight: Annotated[list[WeightPlace], Query(min_length=2, max_length=2)],
        outputs: Outputs = (),
        rate: Annotated[list[Rate] | None, Query(max_length=3)] = None,
    ) -> LossMap:
        """The loss as a function of two weights, and gradient descent on them."""
        loss_of, work = backpropagation.loss_of(model, picture, outputs, *weight)
        stored = partial(encode, dtype="float32", level=STORED)
        return loss_map(loss_of, rate or [], stored, _fewer(MAP_POINTS, work))


def _fewer(count: int, work: int) -> int:
    """Return a count, reduced to a half or a quarter if evaluations take long, with the same parity."""
    divisor = 1 if work <= _QUICK else 2 if work <= _SLOW else 4
    return max(2, count // divisor) | count % 2


def _truth(model: Model, outputs: Sequence[int]) -> Truth:
    if any(output >= len(model.classes) for output in outputs):
        raise RequestError("there is no such class", status=404, why=f"there are {len(model.classes):,}")
    if model.has_several_labels:
        return true_labels(outputs, len(model.classes))
    if len(outputs) != 1:
        raise RequestError("one class has to be the true one", status=422, why=f"{len(outputs)} are given")
    return TrueClass(outputs[0])


def _find_weight(model: Model, weight: str) -> tuple[str, tuple[int, ...]]:
    tensor, _, place = weight.rpartition(":")
    index = tuple(map(int, place.split(".")))
    found = model.weights.get(tensor)
    if found is None or len(index) != found.ndim or not np.all(np.less(index, found.shape)):
        raise RequestError("there is no such weight", status=404)
    return tensor, index
