"""Training without a run folder: on the pictures of a store, in this process, without writing files.

Importing PyTorch takes longer than training a head on few pictures, so it is only imported when needed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from convscope.pictures.split import Split
from convscope.pictures.target import SeveralLabels
from convscope.training.data.training_data import training_data
from convscope.training.machine.threads import check_not_forked
from convscope.training.runs.learned_run import fit_head
from convscope.training.runs.run_folder import Record
from convscope.training.runs.run_receipt import receipt_of
from convscope.training.settings import is_backbone
from convscope.training.start.backbone import backbone_for
from convscope.training.start.earlier_head import backbone_of
from convscope.training.start.earlier_model import (
    check_one_class,
    earlier_model,
    has_learned_head,
    receipt_of_start,
)
from convscope.training.start.learning import learned_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.pictures.store import Store
    from convscope.training.data.training_data import TrainingData
    from convscope.training.events import Listener
    from convscope.training.settings import Settings


def fit(
    store: Store,
    settings: Settings,
    indices: NDArray[np.int64] | None = None,
    *,
    listeners: Sequence[Listener] = (),
) -> Model:
    """Train on pictures of a store, without a validation or test set.

    Args:
        store: The pictures, prepared according to `resolve_preparation`.
        settings: Training settings; without `start`, training is from scratch. To start from a model, use the
            settings of `with_model`.
        indices: Indices of the pictures to train on, ascending; None: all.
        listeners: Called with each event.

    Raises:
        ConvscopeError: The network does not fit the pictures.
        RunError: This process was forked from one that has trained.
    """
    check_not_forked()
    none = np.zeros(0, np.int64)
    data = training_data(
        store, Split(np.arange(len(store.labels)) if indices is None else indices, none, none, ())
    )
    earlier = earlier_model(settings)
    if earlier:
        check_one_class(earlier, settings, several_labels=isinstance(store.target, SeveralLabels))
    if is_backbone(settings.start) or (earlier and has_learned_head(earlier)):
        return _fit_head(data, settings, earlier, listeners)
    from convscope.training.runs.scratch_fit import fit_network  # noqa: PLC0415 - imports PyTorch

    return fit_network(data, settings, earlier, listeners)


def _fit_head(
    data: TrainingData, settings: Settings, earlier: Model | None, listeners: Sequence[Listener]
) -> Model:
    backbone = backbone_of(earlier) if earlier else backbone_for(settings)
    learned = fit_head(data, backbone, settings, listeners, earlier)
    threads, model = None, learned_model(backbone, learned.head, data.kept.store)
    if settings.minutes is not None and not earlier:
        from convscope.training.runs.tuned_run import fit_further  # noqa: PLC0415 - imports PyTorch

        threads, model = fit_further(learned, model, settings, listeners)
    start = receipt_of_start(settings, earlier) if earlier else {}
    record = Record("", settings, threads, start=settings.start, start_receipt=start)
    return replace(model, receipt=backbone.receipt | receipt_of(data, record, "cpu"))
