"""The end of every run: its model and report are written, and it counts as finished."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from convscope.training.events import Finished, emit
from convscope.training.report import run_report
from convscope.training.run_files import MODEL
from convscope.training.runs import run_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from convscope.classifier import Classifier
    from convscope.model.file import Model
    from convscope.training.data.training_data import TrainingData
    from convscope.training.events import Listener
    from convscope.training.runs.run_folder import Record


def end_run(
    run: Path,
    record: Record,
    model: Model,
    data: TrainingData,
    facts: Mapping[str, object],
    listeners: Sequence[Listener],
    begin: float,
    *,
    out_of_fold: NDArray[np.float64] | None = None,
    more_lines: Sequence[tuple[str, str]] = (),
) -> Classifier:
    """Write the model and the report, and mark the run as finished.

    Args:
        run: The run folder.
        record: How it was started.
        model: The model, with its receipt.
        data: The pictures.
        facts: How it was trained, for the metrics.
        listeners: Called with the last event.
        begin: Start time of the process.
        out_of_fold: The probabilities of the training pictures from cross-validation, if there are any.
        more_lines: Lines to show after those of the report.
    """
    classifier, lines = run_report.write(
        *(run, model, data, {"data": record.data, **facts}, out_of_fold),
        rejected_fraction=record.settings.rejected_fraction,
        is_kept=record.is_kept,
    )
    data.kept.store.check_whole()
    run_folder.finish(run)
    emit(Finished(run, run / MODEL, (*lines, *more_lines), time.monotonic() - begin), listeners)
    return classifier
