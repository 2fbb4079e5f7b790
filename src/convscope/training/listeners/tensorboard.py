"""A listener that writes the learning curves for TensorBoard into the run folder."""

from convscope.errors import SettingError
from convscope.training.events import EpochDone, Event, Finished, Started, Stopped
from convscope.training.run_files import TENSORBOARD


class TensorBoardLog:
    """Writes each `EpochDone` as scalars below RUN/tensorboard.

    Raises:
        SettingError: The package tensorboard is not installed.
    """

    def __init__(self) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 (an optional package)
        except ImportError as error:
            raise SettingError(
                "the package tensorboard is not installed",
                why=str(error),
                remedy="pip install tensorboard",
            ) from error
        self._open = SummaryWriter
        self._writer: SummaryWriter | None = None

    def __call__(self, event: Event) -> None:
        """Open the log when training starts, write each epoch, and close the log at the end."""
        if isinstance(event, Started):
            self._writer = self._open(str(event.run / TENSORBOARD))
        elif self._writer and isinstance(event, EpochDone):
            for tag, value in _scalars(event).items():
                self._writer.add_scalar(tag, value, event.epoch)
            self._writer.flush()
        elif self._writer and isinstance(event, Finished | Stopped):
            self._writer.close()


def _scalars(event: EpochDone) -> dict[str, float]:
    scalars = {
        "loss/training": event.train_loss,
        "loss/validation": event.validation_loss,
        "accuracy/training": event.train_accuracy_fraction,
        "accuracy/validation": event.validation_accuracy_fraction,
        "learning rate": event.learning_rate,
        "pictures per second": event.pictures_per_second,
    }
    return {tag: value for tag, value in scalars.items() if value is not None}
