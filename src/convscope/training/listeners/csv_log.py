"""A listener that keeps `epochs.csv` in the run's folder: a row an epoch, as soon as it is over."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path

from convscope.common.atomic import replacing
from convscope.errors import RunError
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
            RunError: Somebody has changed it, and it cannot be read any more.
        """
        if isinstance(event, Started):
            self._path = event.run / "epochs.csv"
        elif isinstance(event, EpochDone) and self._path:
            before = [one for one in read_epochs(self._path) if one.epoch < event.epoch]
            _write(self._path, [*before, event])


def read_epochs(path: Path) -> list[EpochDone]:
    """Read the epochs that a run has kept.

    Returns:
        One event an epoch, in order; none where there is no such file.

    Raises:
        RunError: It is not such a file.
    """
    if not path.exists():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            table = csv.DictReader(file, strict=True)
            return [_epoch(row) for row in table]
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise RunError(
            f"cannot go on with {path}",
            why="it is not as it was written",
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
    table.writerows(asdict(one) for one in epochs)
    with replacing(path) as file:
        file.write(text.getvalue().encode())
