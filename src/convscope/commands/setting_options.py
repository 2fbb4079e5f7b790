"""The settings of a training as options of a command: types, choices and help come from `Settings`."""

from __future__ import annotations

import inspect
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

import typer

from convscope.errors import SettingError
from convscope.training.settings import Settings, Strength, description, kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.models import OptionInfo

_INPUT_PANEL = "Network and input (chosen from the pictures by default)"
_TRAINING_PANEL = "Training (chosen from the pictures by default)"
_INPUT_SETTINGS = {"network", "start", "multi_label", "size", "channels", "fit"}
_METAVARS = {
    int: "N",
    float: "X",
    Strength: "HOW",
    "network": "NAME",
    "start": "NAME",
    "size": "N|HxW",
    "channels": "1|3",
    "fit": "HOW",
    "minutes": "M",
    "device": "NAME",
    "precision": "NAME",
    "store_limit": "GB",
    "group_pattern": "REGEX",
    "class_order": "NAMES",
}


def with_setting_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command with `**values` an option for each setting, after its first parameter."""
    signature = inspect.signature(command, eval_str=True)
    own = [one for one in signature.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
    options = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=field.default,
            annotation=Annotated[_type(field.name), _option(field.name, field.default)],
        )
        for field in fields(Settings)
    ]
    named = signature.replace(parameters=[own[0], *options, *own[1:]])
    command.__signature__ = named  # pyright: ignore[reportFunctionMemberAccess]
    return command


def settings_of(values: dict[str, Any]) -> Settings:
    """Return the settings that the options were given.

    Raises:
        SettingError: One of them is invalid.
    """
    if values["size"] is not None:
        values = values | {"size": _height_and_width(values["size"])}
    return Settings(**values)


def _type(name: str) -> Any:  # noqa: ANN401  # a type, or a special form like Literal
    """Return the type of the option for typer; the settings themselves validate the rest."""
    if name == "size":
        return str | None
    choices = get_args(kind(name)) if get_origin(kind(name)) is Literal else ()
    return (int if any(isinstance(choice, int) for choice in choices) else kind(name)) | None


def _option(name: str, default: object) -> OptionInfo:
    flag = f"--{name.replace('_', '-')}"
    if kind(name) is bool and default is None:
        flag = f"{flag}/--no-{flag.removeprefix('--')}"
    return typer.Option(
        flag,
        metavar=_METAVARS.get(name) or _METAVARS.get(kind(name), ""),
        help=description(name),
        rich_help_panel=_INPUT_PANEL if name in _INPUT_SETTINGS else _TRAINING_PANEL,
        show_default=name == "seed",
    )


def _height_and_width(size: str) -> tuple[int, int]:
    """`64` is 64x64; `48x64` is 48 high and 64 wide."""
    numbers = size.lower().split("x")
    if len(numbers) > 2 or not all(number.isdecimal() for number in numbers):
        raise SettingError(
            f"size cannot be {size!r}", why="it is neither N nor HxW", remedy="give 64 or 48x64, for example"
        )
    return int(numbers[0]), int(numbers[-1])
