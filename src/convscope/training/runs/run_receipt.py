"""The receipt of a run's model."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from convscope.common.processors import processor_count
from convscope.model.receipt import write_receipt
from convscope.pictures.sources.opening import name_of

if TYPE_CHECKING:
    from convscope.training.data.training_data import TrainingData
    from convscope.training.runs.run_folder import Record


def receipt_of(data: TrainingData, record: Record, device: str) -> dict[str, str]:
    """Return the receipt of a run's model."""
    receipt = write_receipt(
        data.all.catalogue,
        data.all.split,
        data=name_of(record.data),
        settings=json.dumps(asdict(record.settings)),
        seed=record.settings.seed,
        threads=record.threads or processor_count(),
        processes=record.processes,
        device=device,
    )
    decided = {"start": record.start} if record.start else {}
    measured = {"resolved": json.dumps(asdict(record.machine))} if record.machine else {}
    return receipt | decided | measured | dict(record.start_receipt)
