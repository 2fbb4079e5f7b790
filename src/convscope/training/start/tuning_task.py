"""A fine-tuning task: a head fitted to part of the pictures, and the held-out others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from convscope.pictures.split import Split
from convscope.training.data.training_data import training_data
from convscope.training.start.earlier_model import as_for
from convscope.training.start.features import features_of
from convscope.training.start.head import refit_head
from convscope.training.start.learning import with_head
from convscope.training.start.trial import hold_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.training.data.training_data import TrainingData
    from convscope.training.start.backbone import Backbone
    from convscope.training.start.learning import LearnedHead


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """A fine-tuning task.

    Attributes:
        data: The pictures; the validation set is the held-out part.
        model: Backbone and head, which is fitted to the training set only.
        blocks: The columns of each block of features that the head reads.
        last_layers: Names of the layers that are trained first.
        recognised: (validation pictures,) whether the head classifies them correctly.
        seed: Seed of order and augmentation.
        minutes: Time limit in minutes; None: as long as all epochs take.
    """

    data: TrainingData
    model: Model
    blocks: tuple[slice, ...]
    last_layers: frozenset[str]
    recognised: NDArray[np.bool_]
    seed: int
    minutes: float | None


@threadpool_limits.wrap(limits=1, user_api="blas")
def tuning_task(
    data: TrainingData, learned: LearnedHead, backbone: Backbone, *, seed: int, minutes: float | None
) -> Task:
    """Hold out pictures, unless the source has validation pictures, and fit the head to the others.

    Args:
        data: The pictures; the training set contains those of the head.
        learned: The head: blocks, penalty, and groups that stay together.
        backbone: Computes the features.
        seed: See `Task`.
        minutes: See `Task`.
    """
    store, split = data.kept.store, data.kept.split
    held_out = split.validation
    if not len(held_out):
        held_out = split.train[hold_out(learned.labels, learned.groups, seed)]
    train = np.setdiff1d(split.train, held_out)
    note = f"{len(held_out):,} pictures are held out to measure whether fine-tuning helps"
    features = features_of(store, np.concatenate([train, held_out]), backbone)
    known, classes = features.values[: len(train)], len(store.classes)
    head = refit_head(learned.head, known, features.blocks, store.labels[train], classes)
    columns = [features.blocks[name] for name in head.blocks]
    first = columns[0].start
    logits = features.values[len(train) :, first:] @ head.weights.T + head.bias
    model = with_head(backbone, head, store)
    parts = training_data(store, Split(train, held_out, split.test, (*split.notes, note)))
    return Task(
        as_for(model, parts),
        model,
        tuple(slice(one.start - first, one.stop - first) for one in columns),
        backbone.layers_from(backbone.design.tuned_from, model.chain),
        logits.argmax(axis=1) == store.labels[held_out],
        seed,
        minutes,
    )
