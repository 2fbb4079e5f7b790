"""The model file: one `.safetensors` with the weights and, as validated JSON, everything else.

    8 bytes       length of the header
    header        JSON: type, shape and offset of each tensor; at __metadata__.convscope the fields of Model
    tensors       float32, little-endian, contiguous: the weights, then those of the open-set rule

Nothing in it is ever executed, and sizes are checked before memory is allocated for them.
Source: https://huggingface.co/docs/safetensors (the format).
"""

from __future__ import annotations

import io
import math
import os
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import safetensors
import safetensors.numpy
from pydantic import JsonValue

from convscope.common.atomic import replacing
from convscope.errors import ModelFileError, NetworkError, NotationError
from convscope.model.metadata import (
    FORMAT,
    Metadata,
    NearestFields,
    OpenSetFields,
    first_fault,
    parse_metadata,
    parse_object,
)
from convscope.model.nearest import Nearest
from convscope.model.thresholds import decisions
from convscope.model.virtual_logit import VirtualLogit
from convscope.network.chain_builder import parse_chain
from convscope.pictures.preparation import Preparation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from convscope.model.open_set import OpenSetRule
    from convscope.network.chain import Chain

_KEY = "convscope"
_NAME_IN_RUNS = "model"
_RULE = "open_set."
"""Prefix of the names of an open-set rule's tensors."""
_MAX_HEADER_BYTES = 32 * 2**20
_MAX_PARAMETERS = 2**28  # 1 GiB of float32; a graph cannot hold more than 2 GiB
_MAX_MAP_VALUES = 2**27  # values in a layer's output for one picture: 512 MiB
_UNUSABLE = (ValueError, safetensors.SafetensorError, NotationError, NetworkError)


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A trained network and everything needed to use it.

    Attributes:
        chain: The network's steps.
        classes: Names in the order of the output neurons, all different, without control characters.
        preparation: How a picture becomes the network's input.
        mean: One number per channel, on the scale of 0 to 255; the network sees (pixel - mean) / std.
        std: One number per channel, on the same scale, above 0.
        weights: float32 tensors by name (`convolution_1.weight`, ...), as `Chain.parameters` lists them.
        figures: Metrics as JSON: accuracy on the test set and others.
        receipt: Where the model comes from: digest of the data, settings, versions, seed.
        temperature: Divisor of the logits before softmax, for calibrated probabilities.
        open_set: The rule for pictures of unknown classes; None if there is none.
        thresholds: The probability from which on each label counts as present, if pictures may have several
            labels (the chain ends in sigmoids); None if they have one class.
    """

    chain: Chain
    classes: tuple[str, ...]
    preparation: Preparation
    mean: tuple[float, ...]
    std: tuple[float, ...]
    weights: Mapping[str, NDArray[np.float32]]
    figures: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    receipt: Mapping[str, str] = field(default_factory=dict[str, str])
    temperature: float = 1.0
    open_set: OpenSetRule | None = None
    thresholds: tuple[float, ...] | None = None

    @property
    def has_several_labels(self) -> bool:
        """Whether pictures may have several labels, or none."""
        return self.thresholds is not None

    def decide(self, probabilities: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Return decisions (n, classes): the most probable class, or the labels at their thresholds."""
        return decisions(probabilities, self.thresholds)

    @property
    def notation(self) -> str:
        """The network in notation, without the output layer."""
        return self.chain.notation


def save(model: Model, path: str | os.PathLike[str]) -> None:
    """Write a model file, completely or not at all.

    Raises:
        ModelFileError: A field or a weight cannot be stored in a model file; nothing was written.
        ConvscopeError: The file cannot be written.
    """
    path = Path(path)
    try:
        data = _to_bytes(model)
    except (ValueError, NotationError, NetworkError) as error:
        raise ModelFileError(f"cannot save this model as {path}", why=first_fault(error)) from error
    with replacing(path) as file:
        file.write(data)


def load(path: str | os.PathLike[str]) -> Model:
    """Read and check a model file.

    Args:
        path: The file, or the run folder that contains it.

    Raises:
        ModelFileError: There is no such file, or it is damaged, truncated, malicious, or not from convscope.
    """
    path = model_path(path)
    if not path.is_file():
        why = "it is not a file" if path.exists() else "no such file"
        raise ModelFileError(
            f"cannot read the model {path}",
            why=why,
            remedy="name a model file or the folder of a finished run",
        )
    try:
        with path.open("rb") as file:
            return _from_file(file, os.fstat(file.fileno()).st_size)
    except OSError as error:
        raise ModelFileError(f"cannot read the model {path}", why=error.strerror or str(error)) from error
    except _UNUSABLE as error:
        raise _unusable(str(path), error) from error


def model_path(path: str | os.PathLike[str]) -> Path:
    """Return the model file for a path: the file itself, or the model in a run folder.

    Example:
        >>> model_path("digits.safetensors").name
        'digits.safetensors'
    """
    path = Path(path)
    return path / "model.safetensors" if path.is_dir() else path


def name_of_model(path: str | os.PathLike[str]) -> str:
    """Return a model's display name: its file name, or its folder name if the file is `model`, as in a run.

    Example:
        >>> name_of_model("runs/pets/model.safetensors"), name_of_model("digits.safetensors")
        ('pets', 'digits')
    """
    path = Path(path)
    return path.absolute().parent.name if path.stem == _NAME_IN_RUNS else path.stem


def from_bytes(data: bytes) -> Model:
    """Read and check the bytes of a model file.

    Raises:
        ModelFileError: They are damaged, truncated, malicious, or not from convscope.
    """
    try:
        return _from_file(io.BytesIO(data), len(data))
    except _UNUSABLE as error:
        raise _unusable("this upload", error) from error


def _to_bytes(model: Model) -> bytes:
    rule = model.open_set
    metadata = Metadata.model_validate(
        {
            "format": FORMAT,
            "notation": model.notation,
            "classes": list(model.classes),
            "preparation": asdict(model.preparation),
            "mean": list(model.mean),
            "std": list(model.std),
            "temperature": model.temperature,
            "open_set": rule and rule.numbers(),
            "figures": dict(model.figures),
            "receipt": dict(model.receipt),
            "thresholds": None if model.thresholds is None else list(model.thresholds),
        }
    )
    if model.chain != _chain(metadata):
        raise ValueError("its network does not fit its notation, picture size or classes")
    tensors = {
        name: np.ascontiguousarray(tensor)
        for name, tensor in {**model.weights, **_rule_tensors(rule)}.items()
    }
    entries = {name: (_type_name(tensor), [*tensor.shape]) for name, tensor in tensors.items()}
    _check_tensors(entries, _expected_shapes(model, metadata.open_set))
    _check_finite(tensors)
    text = metadata.model_dump_json()
    if len(text) > _MAX_HEADER_BYTES // 2:
        raise ValueError("figures, receipt and class names are too long together")
    return safetensors.numpy.save(tensors, {_KEY: text})


def _type_name(tensor: NDArray[np.generic]) -> str:
    return "F32" if tensor.dtype == np.float32 else tensor.dtype.name


def _from_file(file: BinaryIO, size: int) -> Model:
    text = _header_text(file, size)
    header = parse_object(text)
    metadata = _metadata(header)
    model = _without_tensors(metadata)
    shapes = _expected_shapes(model, metadata.open_set)
    _check_tensors(_tensors(header), shapes)
    expected = 8 + len(text) + 4 * sum(map(math.prod, shapes.values()))
    if size != expected:
        raise ValueError(f"it has {size:,} bytes instead of {expected:,}")
    file.seek(0)
    tensors = safetensors.numpy.load(file.read())
    _check_finite(tensors)
    # in the chain's order: the order in safetensors differs between processes
    weights = {name: tensors[name] for name in model.chain.parameters}
    return replace(model, weights=weights, open_set=_rule(metadata.open_set, tensors))


def _header_text(file: BinaryIO, size: int) -> bytes:
    length = int.from_bytes(file.read(8), "little")
    if not 2 <= length <= size - 8:
        raise ValueError("it does not begin like a safetensors file, or is truncated")
    if length > _MAX_HEADER_BYTES:
        raise ValueError(f"its header is longer than {_MAX_HEADER_BYTES:,} bytes")
    return file.read(length)


def _metadata(header: dict[str, JsonValue]) -> Metadata:
    notes = header.get("__metadata__")
    text = notes.get(_KEY) if isinstance(notes, dict) else None
    if not text:
        raise ValueError("it is a safetensors file, but not one that convscope wrote")
    return parse_metadata(str(text))


def _without_tensors(metadata: Metadata) -> Model:
    size = metadata.preparation
    preparation = Preparation(size.channels, size.height, size.width, size.fit)
    return Model(
        chain=_chain(metadata),
        classes=tuple(metadata.classes),
        preparation=preparation,
        mean=tuple(metadata.mean),
        std=tuple(metadata.std),
        weights={},
        figures=metadata.figures,
        receipt=metadata.receipt,
        temperature=metadata.temperature,
        thresholds=None if metadata.thresholds is None else tuple(metadata.thresholds),
    )


def _chain(metadata: Metadata) -> Chain:
    shape = (metadata.preparation.channels, metadata.preparation.height, metadata.preparation.width)
    last_step = "softmax" if metadata.thresholds is None else "sigmoid"
    return parse_chain(metadata.notation, shape, len(metadata.classes), last_step)


def _rule_tensors(rule: OpenSetRule | None) -> dict[str, NDArray[np.float32]]:
    return {_RULE + name: tensor for name, tensor in rule.tensors().items()} if rule else {}


def _rule(fields: OpenSetFields | None, tensors: Mapping[str, NDArray[np.float32]]) -> OpenSetRule | None:
    if fields is None:
        return None
    shares = (fields.threshold, fields.rejected_fraction)
    directions = tensors[_RULE + "directions"]
    if isinstance(fields, NearestFields):
        scale, known = tensors[_RULE + "scale"], tensors[_RULE + "known"]
        return Nearest(scale, directions, known, tuple(fields.pictures), tuple(fields.labels), *shares)
    return VirtualLogit(tensors[_RULE + "origin"], directions, fields.scale, *shares)


def _rule_shapes(fields: OpenSetFields, inputs: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    shapes = {"directions": (*inputs, fields.directions)}
    if isinstance(fields, NearestFields):
        shapes |= {"scale": inputs, "known": (len(fields.pictures), fields.directions)}
    else:
        shapes |= {"origin": inputs}
    return {_RULE + name: shape for name, shape in shapes.items()}


def _tensors(header: dict[str, JsonValue]) -> dict[str, tuple[JsonValue, JsonValue]]:
    tensors: dict[str, tuple[JsonValue, JsonValue]] = {}
    for name, entry in header.items():
        if name != "__metadata__":
            fields = entry if isinstance(entry, dict) else {}
            tensors[name] = fields.get("dtype"), fields.get("shape")
    return tensors


def _expected_shapes(model: Model, rule: OpenSetFields | None) -> dict[str, tuple[int, ...]]:
    shapes = dict(model.chain.parameters)
    if rule:
        shapes |= _rule_shapes(rule, model.chain.features.shape)
    if sum(map(math.prod, shapes.values())) > _MAX_PARAMETERS:
        raise ValueError(f"the network has more than {_MAX_PARAMETERS:,} parameters")
    if max(math.prod(step.shape) for step in model.chain) > _MAX_MAP_VALUES:
        raise ValueError(
            f"a layer of the network has more than {_MAX_MAP_VALUES:,} numbers in its output for one picture"
        )
    return shapes


def _check_tensors(
    entries: Mapping[str, tuple[object, object]], shapes: Mapping[str, tuple[int, ...]]
) -> None:
    for name in sorted(shapes.keys() | entries.keys()):
        if name not in entries:
            raise ValueError(f"the tensor {name} is missing")
        if name not in shapes:
            raise ValueError(f"the network has no tensor {name[:100]!r}")
        if entries[name] != ("F32", [*shapes[name]]):
            raise ValueError(f"the tensor {name} is not float32 of shape {shapes[name]}")


def _check_finite(weights: Mapping[str, NDArray[np.float32]]) -> None:
    for name, weight in weights.items():
        if not np.isfinite(weight).all():
            raise ValueError(f"the tensor {name} has a number that is not finite")


def _unusable(what: str, error: Exception) -> ModelFileError:
    return ModelFileError(
        f"{what} is not a model file that can be used",
        why=first_fault(error),
        remedy="give the undamaged model.safetensors of a run, train again, or install the newest convscope",
    )
