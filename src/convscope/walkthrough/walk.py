"""The walk of a picture through a network, computed from the model's weights.

`docs/reference/walk.md` explains its contents.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from convscope.model.nearest import Nearest
from convscope.model.predictor import Predictor
from convscope.model.selection import select
from convscope.walkthrough.answer_document import Labels
from convscope.walkthrough.arrays import DEFLATED, STORED
from convscope.walkthrough.backward import write_backward
from convscope.walkthrough.compute import ModelInput, compute, prepare_input, step_engine, tempered_step
from convscope.walkthrough.document import Note, Walk
from convscope.walkthrough.explanation_document import OpenSet, Origin
from convscope.walkthrough.invariance import measure_invariance
from convscope.walkthrough.linear import compute_without_relu
from convscope.walkthrough.neighbours import Neighbourhood, neighbours_in_rule
from convscope.walkthrough.previews import MAX_STEPS
from convscope.walkthrough.relevance import relevance as relevance_of
from convscope.walkthrough.step_documents import StepWriter, is_large
from convscope.walkthrough.truth import LabelOutcomes, outcomes_of
from convscope.walkthrough.why import why

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.model.inputs import Picture
    from convscope.model.intermediate import Intermediate
    from convscope.pictures.decoding import Progress
    from convscope.pictures.sources import Data
    from convscope.walkthrough.backward_document import Backward
    from convscope.walkthrough.compute import Computation
    from convscope.walkthrough.document import Relevance
    from convscope.walkthrough.truth import Outcomes

_MOST_EXACT = 100_000
"""If a walk has more numbers than this, the gradients at large arrays are rounded."""


def walk(
    model: Model,
    picture: Picture | ModelInput,
    *,
    engine: Intermediate | None = None,
    model_name: str = "",
    picture_name: str | None = None,
    truth: str | None = None,
    data: Data | None = None,
    names: Mapping[str, str] = MappingProxyType({}),
    notes: Sequence[Note] = (),
    progress: Progress | None = None,
    gradients: bool = False,
) -> Walk:
    """Compute every step of a model for a picture, and the explanation of its prediction.

    Args:
        model: The result of `convscope.model.file.load`.
        picture: A picture, as for `convscope.load(...).predict`, or the result of `prepare_input` for it.
        engine: The result of `step_engine` for the model; None opens it.
        model_name: Display name of the model.
        picture_name: Display name of the picture; None: its path.
        truth: The name of the true class, if it is known; several labels are separated by `;`.
        data: A source of labelled pictures like those the model was trained on: its training pictures are
            searched for the nearest ones, its test pictures show what the last neurons respond to.
        names: Names of training pictures by digest, as in `Classifier.names_of_known`, to name the nearest
            ones without data.
        notes: Further remarks.
        progress: Called with (pictures prepared, pictures in all) while the data are prepared.
        gradients: Whether to compute the gradients, too, as far as they fit into a page.

    Raises:
        PictureError: The picture cannot be read.
        SettingError: The model has no such class.
        NetworkError: A value of the model overflows.
        DataError: The data cannot be used, or have a class that the model does not have.
    """
    predictor = Predictor(model)
    if not isinstance(picture, ModelInput):
        picture = prepare_input(picture, model, picture_name)
    computed = compute(picture, model, engine or step_engine(model))
    outcomes = outcomes_of(model, computed.logits, truth)
    pixels = computed.input.pixels
    neighbourhood, relevance = (None, None) if data is None else index_data(model, data, progress)
    steps = _steps(computed, model, model_name, outcomes, relevance, names, DEFLATED)
    found = {"neighbours": neighbourhood.nearest(computed.features)} if neighbourhood else {}
    return steps.model_copy(
        update={
            **found,
            "notes": [*notes],
            "why": why(computed.steps, model, predictor, pixels),
            "no_relu": compute_without_relu(model, pixels),
            "invariance": measure_invariance(model, predictor, pixels),
            "backward": _backward(computed, model, outcomes) if gradients else None,
        }
    )


def walk_steps(
    model: Model,
    picture: ModelInput,
    engine: Intermediate,
    *,
    model_name: str = "",
    truth: str | None = None,
    names: Mapping[str, str] = MappingProxyType({}),
) -> Walk:
    """Compute the steps only, which is much faster.

    The result is meant to be read at once: it is not compressed, because that would take longer than the
    rest.

    Arguments and errors are the same as for `walk`, except that `picture` is a result of `prepare_input`, and
    `engine` a result of `step_engine` for the model.
    """
    computed = compute(picture, model, engine)
    outcomes = outcomes_of(model, computed.logits, truth)
    return _steps(computed, model, model_name, outcomes, None, names, STORED)


def _steps(
    computed: Computation,
    model: Model,
    model_name: str,
    outcomes: Outcomes,
    relevance: Relevance | None,
    names: Mapping[str, str],
    level: int,
) -> Walk:
    logits = computed.logits
    probabilities = tempered_step(computed.steps[-1], model.temperature).output
    is_coarse = is_large(model)
    writer = StepWriter(
        model,
        outcomes.outputs(),
        relevance,
        coarse=is_coarse,
        level=level,
        all_filters=not is_coarse or level == STORED,
        previews=len(model.chain) > MAX_STEPS,
    )
    return Walk(
        model=model_name,
        picture_name=computed.input.name,
        network=model.notation,
        origin=_origin(model.receipt),
        classes=[*model.classes],
        truth=outcomes.known,
        predicted=int(logits.argmax()),
        labels=_labels(model, probabilities, outcomes),
        temperature=model.temperature,
        probabilities=probabilities.tolist(),
        largest_difference=max(computed.differences.values()),
        steps=computed.write(writer),
        open_set=_open_set(computed, model),
        neighbours=neighbours_in_rule(model, computed.features, names),
    )


def _origin(receipt: Mapping[str, str]) -> Origin | None:
    if "start_digest" not in receipt:
        return None
    return Origin(
        text=receipt.get("start_origin", ""),
        licence=receipt.get("start_licence", ""),
        digest=receipt["start_digest"],
    )


def _open_set(computed: Computation, model: Model) -> OpenSet | None:
    rule = model.open_set
    if rule is None:
        return None
    logits = computed.logits[np.newaxis] / model.temperature
    score = float(rule.score(computed.features[np.newaxis], logits)[0])
    return OpenSet(
        kind="nearest" if isinstance(rule, Nearest) else "virtual_logit",
        score=score,
        threshold=rule.threshold,
        rejected_fraction=rule.rejected_fraction,
        unknown=score < rule.threshold,
    )


def _labels(model: Model, probabilities: NDArray[np.float64], outcomes: Outcomes) -> Labels | None:
    if model.thresholds is None or not isinstance(outcomes, LabelOutcomes):
        return None
    return Labels(
        thresholds=[*model.thresholds],
        answer=np.flatnonzero(model.decide(probabilities[np.newaxis])[0]).tolist(),
        sets=[[*members] for members in outcomes.sets],
    )


def _backward(computed: Computation, model: Model, outcomes: Outcomes) -> Backward:
    numbers = sum(step.output.size for step in computed.steps)
    writer = StepWriter(model, outcomes.outputs(), None, coarse=numbers > _MOST_EXACT)
    return write_backward(computed.steps, model, outcomes, writer)


def index_data(model: Model, data: Data, progress: Progress | None = None) -> tuple[Neighbourhood, Relevance]:
    """Compute the features of labelled pictures, to compare other pictures with them.

    Args:
        model: The model.
        data: See `walk`.
        progress: See `walk`.

    Returns:
        An index of the training pictures, and the mean of each feature over the test pictures of each class.

    Raises:
        DataError: The data cannot be used, or have a class that the model does not have.
    """
    train, test = (select(data, model, part, progress=progress) for part in ("train", "test"))
    return Neighbourhood(model, train), relevance_of(model, test)
