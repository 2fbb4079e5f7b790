"""The metadata of a model file as a strict schema: everything but the tensors."""

from __future__ import annotations

import json
import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from convscope.common import strict_json
from convscope.common.printable import printable
from convscope.model.nearest import MAX_PICTURES

FORMAT = 1
_MAX_DEPTH = 16
_MAX_SIDE = 4_096
_MAX_CLASSES = 65_536
_UNSHOWABLE = {"Cc", "Cs", "Zl", "Zp"}  # control characters, surrogates, line and paragraph separators


def _is_showable(name: str) -> str:
    if not name.strip() or any(unicodedata.category(letter) in _UNSHOWABLE for letter in name):
        raise ValueError("the name of a class must have a letter and no control characters")
    return name


def _is_shallow(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    level: list[JsonValue] = [value]
    for _ in range(_MAX_DEPTH):
        level = [inner for outer in level for inner in _inside(outer)]
    if level:
        raise ValueError(f"nested more than {_MAX_DEPTH} levels deep")
    json.dumps(value, allow_nan=False)  # raises ValueError for NaN and infinity
    return value


def _inside(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


Number = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
ClassName = Annotated[str, Field(max_length=255), AfterValidator(_is_showable)]
Figures = Annotated[dict[str, JsonValue], AfterValidator(_is_shallow)]
ReceiptText = Annotated[str, Field(max_length=65_536)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class PreparationFields(_Strict):
    """How a picture becomes the network's input; sides in pixels."""

    channels: Literal[1, 3]
    height: int = Field(ge=1, le=_MAX_SIDE)
    width: int = Field(ge=1, le=_MAX_SIDE)
    fit: Literal["stretch", "pad", "crop"]


class VirtualLogitFields(_Strict):
    """Everything but the arrays of an open-set rule; `convscope.model.virtual_logit` explains it."""

    kind: Literal["virtual_logit"]
    directions: int = Field(ge=1)
    scale: float = Field(ge=0, le=1e9)
    threshold: float = Field(ge=-1e9, le=1e9)
    rejected_fraction: float = Field(gt=0, lt=1)


class NearestFields(_Strict):
    """Everything but the arrays of an open-set rule; `convscope.model.nearest` explains it."""

    kind: Literal["nearest"]
    directions: int = Field(ge=1)
    pictures: list[Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]] = Field(
        min_length=1, max_length=MAX_PICTURES
    )
    labels: list[Annotated[int, Field(ge=0)]]
    threshold: float = Field(ge=-1e9, le=1e9)
    rejected_fraction: float = Field(gt=0, lt=1)

    @model_validator(mode="after")
    def _belongs_together(self) -> NearestFields:
        if len(self.labels) != len(self.pictures):
            raise ValueError("each of the nearest pictures must have one label")
        return self


OpenSetFields = VirtualLogitFields | NearestFields


class Metadata(_Strict):
    """The fields of a model file; `convscope.model.file.Model` explains them."""

    format: Literal[1]
    notation: str = Field(max_length=4_096)
    classes: list[ClassName] = Field(min_length=2, max_length=_MAX_CLASSES)
    preparation: PreparationFields
    mean: list[Number]
    std: list[Positive]
    temperature: float = Field(ge=1e-3, le=1e3)
    open_set: Annotated[OpenSetFields, Field(discriminator="kind")] | None
    figures: Figures
    receipt: dict[Annotated[str, Field(max_length=255)], ReceiptText] = Field(max_length=256)
    thresholds: list[Annotated[float, Field(gt=0, lt=1)]] | None = None

    @model_validator(mode="after")
    def _belongs_together(self) -> Metadata:
        if len(set(self.classes)) != len(self.classes):
            raise ValueError("two classes have the same name")
        if not len(self.mean) == len(self.std) == self.preparation.channels:
            raise ValueError("mean and std must have one number for each channel")
        if self.thresholds is not None and len(self.thresholds) != len(self.classes):
            raise ValueError("each label must have one threshold")
        if self.thresholds is not None and self.open_set is not None:
            raise ValueError("there is no rule for unknown pictures where a picture may have no label")
        if isinstance(self.open_set, NearestFields) and max(self.open_set.labels) >= len(self.classes):
            raise ValueError("a nearest picture is of a class that the model does not have")
        return self


def parse_object(text: str | bytes) -> dict[str, JsonValue]:
    """Read a JSON object, as strictly as `strict_json.parse` does.

    Raises:
        ValueError: The text is not a JSON object.
    """
    value = strict_json.parse(text)
    if isinstance(value, dict):
        return value
    raise ValueError("not a JSON object")


def parse_metadata(text: str) -> Metadata:
    """Read and check the metadata of a model file.

    Raises:
        ValueError: It has a different format, belongs to a checkpoint, or is damaged.
        ValidationError: A field has the wrong type or is out of bounds.
    """
    found = (fields := parse_object(text)).get("format")
    if "position" in fields:
        raise ValueError(
            "it is a checkpoint of a run that has not ended: `convscope train --resume RUN` ends it"
        )
    if isinstance(found, int) and FORMAT < found < 1_000_000:  # beyond is damage
        raise ValueError(f"it is of format {found}, which takes a newer convscope; this one reads {FORMAT}")
    if found != FORMAT:
        raise ValueError(f"this version of convscope reads format {FORMAT}, and the file has another")
    return Metadata.model_validate(fields)


def first_fault(error: Exception) -> str:
    """Return the first fault as one short line: `classes.3: the name of a class must ...`."""
    if not isinstance(error, ValidationError):
        return printable(str(error).splitlines()[0])[:200]
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    field = ".".join(map(str, fault["loc"]))
    return printable(f"{field}: {fault['msg']}" if field else fault["msg"])[:200]
