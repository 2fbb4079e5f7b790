"""The walk: everything about one picture's way through one network, computed from the model's own weights.

`docs/reference/walk.md` explains what it holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convscope.errors import SettingError
from convscope.model.predictor import Predictor
from convscope.model.selection import select
from convscope.steps import softmax
from convscope.walkthrough.arrays import DEFLATED, STORED
from convscope.walkthrough.document import Note, Walk
from convscope.walkthrough.invariance import lab
from convscope.walkthrough.linear import no_relu
from convscope.walkthrough.neighbours import Neighbourhood
from convscope.walkthrough.relevance import relevance
from convscope.walkthrough.step_fields import Teller, is_large
from convscope.walkthrough.telling import engine_of, see, take
from convscope.walkthrough.why import why

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convscope.model.file import Model
    from convscope.model.inputs import Picture
    from convscope.model.intermediate import Intermediate
    from convscope.pictures.decoding import Progress
    from convscope.pictures.sources import Data
    from convscope.walkthrough.document import Relevance
    from convscope.walkthrough.telling import Seen, Taken

_MOST_NAMED = 10


def walk(
    model: Model,
    picture: Picture,
    *,
    model_name: str = "",
    picture_name: str | None = None,
    truth: str | None = None,
    data: Data | None = None,
    notes: Sequence[Note] = (),
    progress: Progress | None = None,
) -> Walk:
    """Take a picture through a model and tell every step.

    Args:
        model: What `convscope.model.file.load` returns.
        picture: As `convscope.load(...).predict` takes one.
        model_name: What to call the model.
        picture_name: What to call the picture; None takes its path.
        truth: The name of the true class, if it is known.
        data: A source of labelled pictures such as the model was trained on: its training pictures are
            searched for the nearest ones, its test pictures show what the last neurons answer to.
        notes: What is worth telling besides.
        progress: Called with (pictures prepared, pictures in all) while the data are prepared.

    Raises:
        PictureError: The picture cannot be read.
        SettingError: The model has no such class.
        NetworkError: The model's numbers grow beyond all bounds.
        DataError: The data cannot be used, or have a class that the model does not know.
    """
    true_class = _index_of(truth, model)
    predictor = Predictor(model)
    taken = take(see(picture, model, picture_name), model, engine_of(model))
    learned, answers = (None, None) if data is None else look_through(model, data, progress)
    told = _told(taken, model, model_name, true_class, answers, DEFLATED)
    return told.model_copy(
        update={
            "notes": [*notes],
            "why": why(taken.steps, model, predictor, taken.seen.pixels),
            "neighbours": learned.nearest(taken.steps[-2].input) if learned else [],
            "no_relu": no_relu(model, taken.seen.pixels),
            "invariance": lab(model, predictor, taken.seen.pixels),
        }
    )


def walk_steps(
    model: Model,
    seen: Seen,
    engine: Intermediate,
    *,
    model_name: str = "",
    truth: str | None = None,
    rectify: bool = True,
) -> Walk:
    """Take a picture through a model and tell the steps and nothing else, which is much quicker.

    It is to be read at once and not kept: nothing is deflated, which would take longer than all the rest.

    Arguments and errors are those of `walk`, but for three: `seen` and `engine` are what `see` made of the
    picture and `engine_of` of the model, and `rectify` says whether ReLU takes part. Without it there is no
    such step.
    """
    true_class = _index_of(truth, model)
    taken = take(seen, model, engine, rectify=rectify)
    return _told(taken, model, model_name, true_class, None, STORED)


def _told(
    taken: Taken,
    model: Model,
    model_name: str,
    true_class: int | None,
    relevance: Relevance | None,
    level: int,
) -> Walk:
    logits = taken.steps[-1].input
    teller = Teller(model, true_class, relevance, coarse=is_large(model), level=level)
    return Walk(
        model=model_name,
        picture_name=taken.seen.name,
        network=model.notation,
        classes=[*model.classes],
        truth=true_class,
        predicted=int(logits.argmax()),
        temperature=model.temperature,
        probabilities=softmax.forward(logits / model.temperature).tolist(),
        largest_difference=max(taken.differences.values()),
        steps=taken.tell(teller),
        notes=[],
        why=None,
        neighbours=[],
        no_relu=None,
        invariance=[],
    )


def _index_of(truth: str | None, model: Model) -> int | None:
    if truth is None:
        return None
    if truth not in model.classes:
        known = ", ".join(model.classes[:_MOST_NAMED]) + (", ..." if len(model.classes) > _MOST_NAMED else "")
        raise SettingError(f"the model has no class {truth!r}", remedy=f"choose from {known}")
    return model.classes.index(truth)


def look_through(
    model: Model, data: Data, progress: Progress | None = None
) -> tuple[Neighbourhood, Relevance]:
    """Let a network look through labelled pictures, so that it can be told what they say about any one.

    Args:
        model: The model.
        data: As for `walk`.
        progress: As for `walk`.

    Returns:
        The training pictures, to be searched for the nearest ones, and what the inputs of the output layer
        answer to in the test pictures.

    Raises:
        DataError: The data cannot be used, or have a class that the model does not know.
    """
    learned, judged = (select(data, model, part, progress=progress) for part in ("train", "test"))
    return Neighbourhood(model, learned), relevance(model, judged)
