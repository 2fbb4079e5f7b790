"""A listener that keeps `epochs.csv` in the run's folder: a row an epoch, as soon as it is over."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path

from convscope.atomic import replacing
from convscope.training.events import EpochDone, Event, Started

COLUMNS = tuple(field.name for field in fields(EpochDone))


class CsvLog:
    """Writes each `EpochDone` as a row; a figure that does not exist is an empty cell.

    A resumed run repeats the epochs after its last checkpoint: their rows take the old ones' place.
    """

    def __init__(self) -> None:
        self._path: Path | None = None

    def __call__(self, event: Event) -> None:
        """Take note of the run's folder, then of each epoch.

        Raises:
            ConvscopeError: The file cannot be written.
        """
        if isinstance(event, Started):
            self._path = event.run / "epochs.csv"
        elif isinstance(event, EpochDone) and self._path:
            before = [row for row in _rows(self._path) if int(row["epoch"]) < event.epoch]
            _write(self._path, [*before, asdict(event)])


def read_epochs(path: Path) -> list[EpochDone]:
    """Read the epochs that a run has kept.

    Returns:
        One event an epoch, in order; none where there is no such file.
    """
    return [
        EpochDone(
            **{name: (float(text) if text else None) for name, text in row.items()}  # pyright: ignore[reportArgumentType]  # checked by the columns
            | {"epoch": int(row["epoch"]), "epochs": int(row["epochs"])}
        )
        for row in _rows(path)
    ]


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _write(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    with replacing(path) as file:
        file.write(text.getvalue().encode())
