"""The settings of a training, each with its type, bounds and help text.

They are declared once, here. The command line, `convscope.train`, the estimator and the HTTP service use
them; `recipe.resolve` chooses the values that are None.
"""

from __future__ import annotations

import re
import reprlib
from dataclasses import dataclass, fields
from functools import cache
from typing import (
    Annotated,
    Any,
    Literal,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from convscope.errors import SettingError
from convscope.network.backbones import INSTALLED, NAMES

Device = Literal["cpu", "cuda"]
Precision = Literal["bf16", "fp16", "fp32"]
Strength = Literal["none", "light", "strong"]
NAMED_STARTS = (*NAMES, "scratch")
"""Starts that are not models: the pretrained features of a backbone, or from scratch."""
_FOR_EVERY_START = {
    *("start", "multi_label", "fit", "minutes", "seed", "strict", "store_limit", "device"),
    *("group_pattern", "class_order", "rejected_fraction"),
}
"""Settings that apply to every start; all others only apply to training from scratch."""


def _height_and_width(size: object) -> object:
    """Expand a single side: 16 becomes (16, 16)."""
    if isinstance(size, int) and not isinstance(size, bool):
        return size, size
    return tuple(size) if isinstance(size, list) else size  # pyright: ignore[reportUnknownVariableType]


_Side = Annotated[int, Field(ge=1, le=1_024)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a training; None leaves the choice to `recipe.resolve`.

    Raises:
        SettingError: A value has the wrong type or is out of range; the message lists what is valid.
        NotationError: The network's notation is invalid.

    Example:
        >>> Settings(epochs=3, size=16).size
        (16, 16)
        >>> Settings(epochs=0)
        Traceback (most recent call last):
        convscope.errors.SettingError: epochs cannot be 0
          try: give a whole number from 1 to 100,000
    """

    network: Annotated[
        str | None,
        Field(max_length=4_096, description="Network: a notation like 32C3-MP2-128N, or a preset."),
    ] = None
    start: Annotated[
        str | None,
        Field(
            max_length=4_096,
            description=f"Initial weights: pretrained features ({', '.join(NAMES)}), scratch, or the model "
            f"of an earlier run; by default, {INSTALLED} or scratch, whichever is better on these pictures.",
        ),
    ] = None
    multi_label: Annotated[
        bool | None,
        Field(
            description="Several labels per picture, with sigmoids instead of softmax; by default, if a "
            "table or array clearly has them.",
        ),
    ] = None
    size: Annotated[
        tuple[_Side, _Side] | None,
        BeforeValidator(_height_and_width, json_schema_input_type=int | tuple[_Side, _Side] | None),
        Field(description="Input size: height and width that pictures are resized to."),
    ] = None
    channels: Annotated[Literal[1, 3] | None, Field(description="1 (greyscale) or 3 (colour).")] = None
    fit: Annotated[
        Literal["stretch", "pad", "crop"] | None,
        Field(description="How pictures of another shape are resized: stretch, pad or crop."),
    ] = None
    epochs: Annotated[int | None, Field(ge=1, le=100_000, description="Passes over the training set.")] = None
    minutes: Annotated[
        float | None,
        Field(
            ge=0.01,
            le=1e6,
            description="Time limit; shortens the schedule. With pretrained features, enables fine-tuning.",
        ),
    ] = None
    batch_size: Annotated[int | None, Field(ge=2, le=65_536, description="Pictures per training step.")] = (
        None
    )
    learning_rate: Annotated[
        float | None,
        Field(
            ge=1e-6,
            le=10,
            description="Peak learning rate: the angle, in radians, that a step turns a filter.",
        ),
    ] = None
    label_smoothing: Annotated[
        float | None,
        Field(ge=0, le=0.9, description="Fraction of each label spread evenly over all classes."),
    ] = None
    flip: Annotated[
        bool | None,
        Field(description="Flip pictures left to right; by default, if a test shows that it is harmless."),
    ] = None
    augmentation: Annotated[
        Strength | None, Field(description="Strength of the augmentation: none, light or strong.")
    ] = None
    class_weights: Annotated[bool | None, Field(description="Give rare classes more weight in the loss.")] = (
        None
    )
    progressive: Annotated[
        bool | None, Field(description="Progressive resizing: smaller pictures in the first half of the run.")
    ] = None
    ema: Annotated[bool | None, Field(description="Use the moving average of the weights (EMA).")] = None
    class_order: Annotated[
        str | None,
        Field(
            max_length=1_000_000,
            description="Order of the classes: their names, separated by commas; natural order by default.",
        ),
    ] = None
    rejected_fraction: Annotated[
        float | None,
        Field(
            ge=0.001,
            le=0.5,
            description="Fraction of known pictures that may be rejected as unknown; 0.05 by default.",
        ),
    ] = None
    device: Annotated[
        Literal["auto", "cpu", "cuda"] | None, Field(description="Device: auto, cpu or cuda.")
    ] = None
    precision: Annotated[
        Literal["auto", "bf16", "fp16", "fp32"] | None,
        Field(description="Floating-point precision: auto, bf16, fp16 or fp32."),
    ] = None
    seed: Annotated[
        int, Field(ge=0, le=2**32 - 1, description="Random seed; the same seed gives the same model.")
    ] = 0
    strict: Annotated[bool, Field(description="Stop at the first picture that cannot be read.")] = False
    group_pattern: Annotated[
        str | None,
        Field(
            max_length=4_096,
            description="Regular expression that groups pictures by name: pictures with the same matched "
            "text stay on the same side of every split, for example '(.*)_frame'.",
        ),
    ] = None
    store_limit: Annotated[
        float | None,
        Field(
            ge=1e-6,
            le=1e6,
            description="Disk space in GB for prepared pictures; shards that need more are streamed.",
        ),
    ] = None

    def __post_init__(self) -> None:
        for name, adapter in _adapters().items():
            value = getattr(self, name)
            try:
                object.__setattr__(self, name, adapter.validate_python(_plain(value), strict=True))
            except ValidationError as error:
                raise _impossible(name, value) from error
        if self.precision == "fp16" and self.device != "cuda":
            raise SettingError("fp16 is for GPUs", remedy="choose the device cuda too, or another precision")
        if self.group_pattern is not None:
            _check_pattern(self.group_pattern)
        if self.network is not None:
            from convscope.network.notation import parse  # noqa: PLC0415  # not for a command's help

            parse(notation_of(self.network))


def _check_pattern(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise SettingError(
            f"group pattern cannot be {reprlib.repr(pattern)}",
            why=f"it is no regular expression: {error}",
            remedy="write one such as '(.*)_frame'",
        ) from error


def is_backbone(start: str | None) -> bool:
    """Whether a start is the pretrained features of a backbone.

    Example:
        >>> is_backbone("lite0"), is_backbone("scratch"), is_backbone(None)
        (True, False, False)
    """
    return start in NAMES


def backbone_name(settings: Settings) -> str:
    """Return the name of the backbone that pretrained features come from.

    Example:
        >>> backbone_name(Settings(start="repvgg-a0")), backbone_name(Settings())
        ('repvgg-a0', 'lite0')
    """
    return settings.start if settings.start in NAMES else INSTALLED


def is_model(start: str | None) -> bool:
    """Whether a start is a model file instead of a name.

    Example:
        >>> is_model("runs/pets"), is_model("scratch"), is_model(None)
        (True, False, False)
    """
    return start is not None and start not in NAMED_STARTS


def scratch_setting(settings: Settings) -> str | None:
    """Return the name of a setting that was given and only applies to training from scratch, if any.

    Example:
        >>> scratch_setting(Settings(minutes=3)), scratch_setting(Settings(minutes=3, epochs=5))
        (None, 'epochs')
    """
    return next(
        (
            field.name
            for field in fields(Settings)
            if field.name not in _FOR_EVERY_START and getattr(settings, field.name) is not None
        ),
        "device" if settings.device == "cuda" else None,
    )


def is_from_scratch(settings: Settings, processes: int) -> bool:
    """Whether training starts from scratch whatever the pictures are.

    Args:
        settings: The user's settings.
        processes: Number of processes that train together; several never try both starts.

    Example:
        >>> is_from_scratch(Settings(network="8C3"), 1), is_from_scratch(Settings(), 1)
        (True, False)
    """
    if settings.start is not None:
        return settings.start == "scratch"
    return processes > 1 or scratch_setting(settings) is not None


def notation_of(network: str) -> str:
    """Return the notation of a preset; any other text is returned as a notation."""
    from convscope.network.presets import PRESETS  # noqa: PLC0415  # not for a command's help

    return PRESETS.get(network, network)


def options(settings: Settings) -> list[str]:
    """Write settings as options of `convscope train`, without defaults.

    Example:
        >>> options(Settings(epochs=3, size=(48, 64), flip=False))
        ['--size=48x64', '--epochs=3', '--no-flip']
    """
    values = {field.name: (getattr(settings, field.name), field.default) for field in fields(Settings)}
    return [_option(name, value) for name, (value, default) in values.items() if value != default]


def _option(name: str, value: object) -> str:
    flag = name.replace("_", "-")
    if isinstance(value, bool):
        return f"--{flag}" if value else f"--no-{flag}"
    return f"--{flag}={'x'.join(map(str, value)) if isinstance(value, tuple) else value}"


def description(name: str) -> str:
    """Return the help text of a setting."""
    return next(note.description for note in _notes(name) if note.description)


def kind(name: str) -> Any:  # noqa: ANN401  # a type, or a special form like Literal
    """Return the type of a setting, without None.

    Example:
        >>> kind("epochs"), kind("fit")
        (<class 'int'>, typing.Literal['stretch', 'pad', 'crop'])
    """
    hint = get_args(_hints()[name])[0]
    return hint if isinstance(hint, type) else next(one for one in get_args(hint) if one is not type(None))


@cache
def _hints() -> dict[str, Any]:
    return get_type_hints(Settings, include_extras=True)


def _notes(name: str) -> list[FieldInfo]:
    return [note for note in get_args(_hints()[name]) if isinstance(note, FieldInfo)]


@cache
def _adapters() -> dict[str, TypeAdapter[Any]]:
    return {name: TypeAdapter(hint) for name, hint in _hints().items()}


def _plain(value: Any) -> Any:  # noqa: ANN401
    """Turn a NumPy scalar into a Python number."""
    return value.item() if hasattr(value, "dtype") and getattr(value, "shape", None) == () else value


def _impossible(name: str, value: object) -> SettingError:
    return SettingError(f"{name.replace('_', ' ')} cannot be {reprlib.repr(value)}", remedy=_possible(name))


def _possible(name: str) -> str:
    """Describe the valid values of a setting."""
    if name == "network":
        return "give a notation like 32C3-MP2-128N, or the name of a preset"
    if name == "size":
        return "give a side of 1 to 1,024 pixels, or height and width"
    if get_origin(kind(name)) is Literal or kind(name) is bool:
        return f"choose from {', '.join(map(str, get_args(kind(name)) or (True, False)))}"
    if kind(name) is str:
        return "give a text"
    bounds = [note for field in _notes(name) for note in field.metadata]
    low, high = (
        next(f"{getattr(note, key):,.6f}" for note in bounds if hasattr(note, key)).rstrip("0").rstrip(".")
        for key in ("ge", "le")
    )
    return f"give a {'whole number' if kind(name) is int else 'number'} from {low} to {high}"
