"""Training settings as keyword arguments, for editors' completion and `help`."""

from __future__ import annotations

import inspect
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Literal, TypedDict, TypeVar, get_type_hints

from convscope.training.settings import Settings, Strength

if TYPE_CHECKING:
    from collections.abc import Callable

_Function = TypeVar("_Function", bound="Callable[..., Any]")


class CommonSettings(TypedDict, total=False):
    """The fields of `Settings` that the estimator also takes, as keyword arguments."""

    network: str | None
    start: str | None
    size: int | tuple[int, int] | None
    channels: Literal[1, 3] | None
    epochs: int | None
    minutes: float | None
    batch_size: int | None
    learning_rate: float | None
    label_smoothing: float | None
    flip: bool | None
    augmentation: Strength | None
    class_weights: bool | None
    progressive: bool | None
    ema: bool | None
    rejected_fraction: float | None
    device: Literal["auto", "cpu", "cuda"] | None
    precision: Literal["auto", "bf16", "fp16", "fp32"] | None


class SettingsArguments(CommonSettings, total=False):
    """The fields of `Settings` as keyword arguments, for editors' completion."""

    multi_label: bool | None
    fit: Literal["stretch", "pad", "crop"] | None
    seed: int
    strict: bool
    group_pattern: str | None
    class_order: str | None
    store_limit: float | None


def with_settings(arguments: type) -> Callable[[_Function], _Function]:
    """Give a function with `**settings` a signature that lists them, for `help`, notebooks and scikit-learn.

    Args:
        arguments: `SettingsArguments` or `CommonSettings`.
    """

    def name_settings(function: _Function) -> _Function:
        defaults = {field.name: field.default for field in fields(Settings)}
        named = [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=defaults[name], annotation=annotation
            )
            for name, annotation in get_type_hints(arguments).items()
        ]
        signature = inspect.signature(function)
        own = [one for one in signature.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
        function.__signature__ = signature.replace(parameters=[*own, *named])  # pyright: ignore[reportFunctionMemberAccess]
        return function

    return name_settings
