"""`convscope train`: from pictures to a model file."""

import itertools
import json
import re
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from convscope.commands import process_tuning
from convscope.errors import SettingError

if TYPE_CHECKING:
    from convscope.training.events import Listener

_network = partial(
    typer.Option,
    rich_help_panel="What is trained (chosen from the pictures, unless given)",
    show_default=False,
)
_recipe = partial(
    typer.Option,
    rich_help_panel="How it is trained (chosen from the pictures, unless given)",
    show_default=False,
)
_shown = partial(typer.Option, rich_help_panel="What is written and shown", show_default=False)


def train(
    data: Annotated[
        str | None,
        typer.Argument(
            help="A folder of class folders, a .zip or .tar of one, a CSV or Parquet manifest, "
            "shards, their address in object storage, a folder of idx files, or the built-in 'digits'.",
            show_default="digits",
        ),
    ] = None,
    *,
    network: Annotated[
        str | None, _network(metavar="NAME", help="A notation like 32C3-MP2-128N, or a preset's name.")
    ] = None,
    size: Annotated[str | None, _network(metavar="N|HxW", help="What pictures are resized to.")] = None,
    channels: Annotated[int | None, _network(metavar="1|3", help="Grey or colour.")] = None,
    fit: Annotated[
        Literal["stretch", "pad", "crop"] | None,
        _network(metavar="HOW", help="How pictures of another shape fit in: stretch, pad or crop."),
    ] = None,
    epochs: Annotated[int | None, _recipe(metavar="N", help="How often every picture is seen.")] = None,
    minutes: Annotated[float | None, _recipe(metavar="M", help="Train for so long at most.")] = None,
    batch_size: Annotated[int | None, _recipe(metavar="N", help="Batch size.")] = None,
    learning_rate: Annotated[
        float | None, _recipe(metavar="X", help="How far a step turns the filters at most, in radians.")
    ] = None,
    label_smoothing: Annotated[
        float | None, _recipe(metavar="X", help="Share of the truth spread over all classes.")
    ] = None,
    flip: Annotated[
        bool | None, _recipe("--flip/--no-flip", metavar="", help="Learn from mirrored pictures too.")
    ] = None,
    augmentation: Annotated[
        Literal["none", "light", "strong"] | None,
        _recipe(metavar="HOW", help="How much pictures are varied: none, light or strong."),
    ] = None,
    class_weights: Annotated[
        bool | None,
        _recipe("--class-weights/--no-class-weights", metavar="", help="Let rare classes count more."),
    ] = None,
    progressive_resizing: Annotated[
        bool | None,
        _recipe(
            "--progressive-resizing/--no-progressive-resizing",
            metavar="",
            help="Show pictures smaller in the first half.",
        ),
    ] = None,
    ema: Annotated[
        bool | None,
        _recipe("--ema/--no-ema", metavar="", help="Keep the mean of the latest weights."),
    ] = None,
    device: Annotated[
        Literal["auto", "cpu", "cuda"] | None,
        _recipe(metavar="WHERE", help="What computes: auto, cpu or cuda, a GPU."),
    ] = None,
    precision: Annotated[
        Literal["auto", "bf16", "fp16", "fp32"] | None,
        _recipe(metavar="HOW", help="The network's numbers: auto, bf16, fp16 or fp32."),
    ] = None,
    seed: Annotated[
        int, _recipe(metavar="N", help="The same seed gives the same model again.", show_default=True)
    ] = 0,
    strict: Annotated[
        bool, _recipe("--strict", metavar="", help="Stop at a picture that cannot be read.")
    ] = False,
    store_limit: Annotated[
        float | None, _recipe(metavar="GB", help="Stream shards that take more when prepared.")
    ] = None,
    output: Annotated[
        Path | None,
        _shown("-o", "--output", metavar="RUN", help="The run's new folder.", show_default="runs/NAME"),
    ] = None,
    resume: Annotated[Path | None, _shown(metavar="RUN", help="Go on with a run that was stopped.")] = None,
    tensorboard: Annotated[
        bool, _shown("--tensorboard", metavar="", help="Write curves for TensorBoard too.")
    ] = False,
    keep_epochs: Annotated[
        bool, _shown("--keep-epochs", metavar="", help="Keep the network after each epoch, to be looked at.")
    ] = False,
    as_json: Annotated[
        bool,
        _shown("--json", metavar="", help="Print the figures as JSON; progress goes to standard error."),
    ] = False,
    quiet: Annotated[bool, _shown("--quiet", metavar="", help="Print nothing but errors.")] = False,
) -> None:
    """Train a classifier from labelled pictures.

    Whatever is not given is chosen from the pictures and shown before training starts.
    """
    height_and_width = None if size is None else _height_and_width(size)

    process_tuning.tune()

    from convscope.commands.terminal import Terminal
    from convscope.common.ranks import rank
    from convscope.pictures.store import truncated_store
    from convscope.training.listeners.tensorboard import TensorBoardLog
    from convscope.training.recipe import Settings
    from convscope.training.runs import runner

    settings = Settings(
        network=network,
        size=height_and_width,
        channels=channels,
        fit=fit,
        epochs=epochs,
        minutes=minutes,
        batch_size=batch_size,
        learning_rate=learning_rate,
        label_smoothing=label_smoothing,
        flip=flip,
        augmentation=augmentation,
        class_weights=class_weights,
        progressive_resizing=progressive_resizing,
        ema=ema,
        device=device,
        precision=precision,
        seed=seed,
        strict=strict,
        store_limit=store_limit,
    )
    if resume and (data or output or keep_epochs or settings != Settings()):
        raise SettingError(
            "--resume goes on with the run's own pictures, folder and settings",
            remedy=f"convscope train --resume {resume}",
        )
    here = rank()
    if here.size > 1 and not (output or resume):
        raise SettingError(
            "several processes need to be told the run's folder",
            remedy="add --output runs/NAME",
        )
    process_tuning.exit_on_bus_errors(str(truncated_store()))
    is_shown = here.number == 0
    with ExitStack() as stack:
        listeners: list[Listener] = [TensorBoardLog()] if tensorboard else []
        if is_shown and not quiet:
            listeners.append(stack.enter_context(Terminal(sys.stderr if as_json else sys.stdout)))
        if resume:
            classifier = runner.resume(resume, listeners=listeners)
        else:
            data = data or "digits"
            run = output or _new_run(data)
            classifier = runner.train(
                data, settings, output=run, keep_epochs=keep_epochs, listeners=listeners
            )
    if is_shown and as_json:
        typer.echo(json.dumps(dict(classifier.model.figures), indent=2))


def _height_and_width(size: str) -> tuple[int, int]:
    """`64` is 64x64; `48x64` is 48 high and 64 wide."""
    numbers = size.lower().split("x")
    if len(numbers) > 2 or not all(number.isdecimal() for number in numbers):
        raise SettingError(
            f"--size {size} is no size", why="it is neither N nor HxW", remedy="give 64 or 48x64, for example"
        )
    return int(numbers[0]), int(numbers[-1])


def _new_run(data: str) -> Path:
    """The first free folder among runs/NAME, runs/NAME-2, ..., where NAME is the data's."""
    name = re.split(r"[.*?\[]", Path(data).resolve().name)[0].rstrip("-_") or "run"
    folders = itertools.chain([Path("runs", name)], (Path("runs", f"{name}-{n}") for n in itertools.count(2)))
    return next(folder for folder in folders if not folder.exists())
