"""`convscope train`: from pictures to a model file."""

import itertools
import json
import re
import sys
from contextlib import ExitStack
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convscope.commands import process_tuning
from convscope.commands.setting_options import settings_of, with_setting_options
from convscope.errors import SettingError
from convscope.training.settings import Settings, is_from_scratch

if TYPE_CHECKING:
    from convscope.training.events import Listener

_output = partial(typer.Option, rich_help_panel="Output", show_default=False)


@with_setting_options
def train(
    data: Annotated[
        str | None,
        typer.Argument(
            help="A folder of class folders, a .zip or .tar of one, a CSV or Parquet manifest, "
            "shards, their address in object storage, a folder of idx files, "
            "or the built-in 'digits' or 'shapes'.",
            show_default="digits",
        ),
    ] = None,
    *,
    output: Annotated[
        Path | None,
        _output(
            "-o", "--output", metavar="RUN", help="Folder to create for the run.", show_default="runs/NAME"
        ),
    ] = None,
    resume: Annotated[Path | None, _output(metavar="RUN", help="Resume a stopped or killed run.")] = None,
    tensorboard: Annotated[
        bool, _output("--tensorboard", metavar="", help="Also write a TensorBoard log.")
    ] = False,
    keep_epochs: Annotated[
        bool, _output("--keep-epochs", metavar="", help="Save the network after each epoch as a model file.")
    ] = False,
    as_json: Annotated[
        bool,
        _output("--json", metavar="", help="Print the metrics as JSON; progress goes to standard error."),
    ] = False,
    quiet: Annotated[bool, _output("--quiet", metavar="", help="Print only errors.")] = False,
    **values: Any,  # noqa: ANN401  # the settings
) -> None:
    """Train a classifier on labelled pictures.

    Settings that you do not give are chosen from the pictures and shown before training starts.
    """
    settings = settings_of(values)

    from convscope.common.ranks import rank

    if resume and (data or output or keep_epochs or settings != Settings()):
        raise SettingError(
            "--resume takes pictures, folder and settings from the run",
            remedy=f"convscope train --resume {resume}",
        )
    here = rank()
    if here.size > 1 and not (output or resume):
        raise SettingError(
            "several processes train together, and none of them may choose the folder",
            remedy="add --output runs/NAME",
        )
    process_tuning.tune()

    from convscope.training.listeners.terminal import Terminal

    data, is_shown = data or "digits", here.number == 0
    with ExitStack() as stack:
        listeners: list[Listener] = []
        if is_shown and not quiet:
            task = f"convscope {version('convscope')}: reading {resume or data}"
            terminal = Terminal(sys.stderr if as_json else sys.stdout, task=task)
            listeners.append(stack.enter_context(terminal))
            terminal.print_task()

        _start_processes(
            settings,
            from_scratch=is_from_scratch(settings, here.size) or data == "digits",
            draws=is_shown and not resume,
        )
        from convscope.pictures.store import truncated_store
        from convscope.training.listeners.tensorboard import TensorBoardLog
        from convscope.training.runs import runner

        process_tuning.exit_on_bus_errors(str(truncated_store()))
        if tensorboard:
            listeners.append(TensorBoardLog())
        if resume:
            classifier = runner.resume(resume, listeners=listeners)
        else:
            run = output or _new_run(data)
            classifier = runner.train(
                data, settings, output=run, keep_epochs=keep_epochs, listeners=listeners
            )
    if is_shown and as_json:
        typer.echo(json.dumps(dict(classifier.model.figures), indent=2))


def _start_processes(settings: Settings, *, from_scratch: bool, draws: bool) -> None:
    """Start to compile kernels or to prepare for figures; meanwhile, this process imports for a second."""
    from convscope.training.machine import compilation
    from convscope.training.report import figure_process

    compilation.allow_processes()
    figure_process.allow_process()
    if from_scratch:
        compilation.compile_meanwhile(settings.precision)
    elif draws:
        figure_process.start_early()


def _new_run(data: str) -> Path:
    """Return the first free folder of runs/NAME, runs/NAME-2, ..., where NAME is the name of the data."""
    name = re.split(r"[.*?\[]", Path(data).resolve().name)[0].rstrip("-_") or "run"
    folders = itertools.chain([Path("runs", name)], (Path("runs", f"{name}-{n}") for n in itertools.count(2)))
    return next(folder for folder in folders if not folder.exists())
