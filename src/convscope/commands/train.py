"""`convscope train`: from pictures to a model file."""

import itertools
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from convscope.errors import SettingError

_network = partial(typer.Option, rich_help_panel="What is trained", show_default="from the pictures")
_recipe = partial(typer.Option, rich_help_panel="How it is trained", show_default="from the pictures")
_shown = partial(typer.Option, rich_help_panel="What is written and shown", show_default=False)


def train(
    data: Annotated[
        str,
        typer.Argument(
            help="A folder of class folders, a .zip or .tar of one, a CSV or Parquet manifest, "
            "a folder of idx files, or the built-in 'digits'."
        ),
    ] = "digits",
    *,
    network: Annotated[
        str | None, _network(help="A notation such as 32C3-MP2-64C3-MP2-128N, or a preset's name.")
    ] = None,
    size: Annotated[str | None, _network(metavar="N|HxW", help="What pictures are resized to.")] = None,
    channels: Annotated[int | None, _network(help="1 for grey, 3 for colour.")] = None,
    fit: Annotated[
        Literal["stretch", "pad", "crop"] | None,
        _network(help="How pictures of another shape are made to fit.", show_default="stretch"),
    ] = None,
    epochs: Annotated[int | None, _recipe(help="How often every picture is seen.")] = None,
    minutes: Annotated[float | None, _recipe(help="Plan for this long.", show_default=False)] = None,
    batch: Annotated[int | None, _recipe(help="Pictures a step.")] = None,
    learning_rate: Annotated[float | None, _recipe(help="The highest one of the schedule.")] = None,
    label_smoothing: Annotated[
        float | None, _recipe(help="Share of the truth spread over all classes.")
    ] = None,
    mirror: Annotated[
        bool | None, _recipe("--mirror/--no-mirror", help="Learn from mirrored pictures too.")
    ] = None,
    augment: Annotated[
        Literal["none", "light", "strong"] | None, _recipe(help="How much pictures are varied.")
    ] = None,
    class_weights: Annotated[
        bool | None, _recipe("--class-weights/--no-class-weights", help="Let rare classes count more.")
    ] = None,
    averaging: Annotated[
        bool | None, _recipe("--averaging/--no-averaging", help="Keep the mean of the latest weights.")
    ] = None,
    precision: Annotated[
        Literal["auto", "bf16", "fp32"] | None,
        _recipe(help="The numbers the network is trained in.", show_default="auto"),
    ] = None,
    seed: Annotated[int, _recipe(help="The same seed gives the same model again.", show_default=True)] = 0,
    strict: Annotated[
        bool, _recipe("--strict", help="Stop at a picture that cannot be read.", show_default=False)
    ] = False,
    output: Annotated[
        Path | None, _shown("-o", "--output", help="The run's new folder.", show_default="runs/NAME")
    ] = None,
    resume: Annotated[Path | None, _shown(metavar="RUN", help="Go on with a run that was stopped.")] = None,
    tensorboard: Annotated[bool, _shown("--tensorboard", help="Write curves for TensorBoard too.")] = False,
    as_json: Annotated[
        bool, _shown("--json", help="Print the figures as JSON; progress goes to standard error.")
    ] = False,
    quiet: Annotated[bool, _shown("--quiet", help="Print no progress.")] = False,
) -> None:
    """Train a classifier from labelled pictures.

    Whatever is not given is chosen from the pictures and shown before training starts.
    """


def _height_and_width(size: str) -> tuple[int, int]:
    """`64` is 64x64; `48x64` is 48 high and 64 wide."""
    height, _, width = size.lower().partition("x")
    try:
        return int(height), int(width or height)
    except ValueError:
        raise SettingError(
            f"--size {size} is no size", why="it is neither N nor HxW", remedy="give 64 or 48x64, for example"
        ) from None


def _new_run(data: str) -> Path:
    """The first free folder among runs/NAME, runs/NAME-2, ..., where NAME is the data's."""
    name = Path(data).resolve().name.split(".")[0] or "run"
    folders = itertools.chain([Path("runs", name)], (Path("runs", f"{name}-{n}") for n in itertools.count(2)))
    return next(folder for folder in folders if not folder.exists())
