"""A listener that writes `epochs.csv` into the run folder: one row per epoch, as soon as it ends."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path

from convscope.common.atomic import replacing
from convscope.errors import RunError
from convscope.training.events import EpochDone, Event, Started
from convscope.training.run_files import EPOCHS

COLUMNS = tuple(field.name for field in fields(EpochDone))


class CsvLog:
    """Writes each `EpochDone` as a row; None is an empty cell.

    A resumed run repeats the epochs after its last checkpoint: their rows replace the old ones.
    """

    def __init__(self) -> None:
        self._path: Path | None = None

    def __call__(self, event: Event) -> None:
        """Write an epoch.

        Raises:
            ConvscopeError: The file cannot be written.
            RunError: The file was modified and can no longer be read.
        """
        if isinstance(event, Started):
            self._path = event.run / EPOCHS
        elif isinstance(event, EpochDone) and self._path:
            before = [row for row in read_epochs(self._path) if row.epoch < event.epoch]
            _write(self._path, [*before, event])


def read_epochs(path: Path) -> list[EpochDone]:
    """Read the epochs of a run.

    Returns:
        One event per epoch, in order; none if there is no such file.

    Raises:
        RunError: The file is damaged.
    """
    if not path.exists():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            table = csv.DictReader(file, strict=True)
            return [_epoch(row) for row in table]
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise RunError(
            f"cannot read {path}",
            why="it was changed since it was written",
            remedy="put it back, or remove it and lose the curves so far",
        ) from error


def _epoch(row: Mapping[str, str]) -> EpochDone:
    figures = {name: float(row[name]) if row[name] else None for name in COLUMNS}
    return EpochDone(
        **figures  # pyright: ignore[reportArgumentType]  # checked by the columns
        | {"epoch": int(row["epoch"]), "epochs": int(row["epochs"])}
    )


def _write(path: Path, epochs: Sequence[EpochDone]) -> None:
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(asdict(epoch) for epoch in epochs)
    with replacing(path) as file:
        file.write(text.getvalue().encode())
