"""The steps of a walk as documents: the numbers of each step and their explanation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.steps import max_pooling, relu6
from convscope.steps.windows import output_size
from convscope.walkthrough.answer_documents import ANSWERS, LOSSES
from convscope.walkthrough.arrays import DEFLATED, DType, EncodedArray, encode, encode_rounded
from convscope.walkthrough.document import (
    AdditionStep,
    AnyStep,
    Contributions,
    ConvolutionStep,
    DepthwiseConvolutionStep,
    FlatteningStep,
    FullConnectionStep,
    JoiningStep,
    OutputSize,
    PoolingStep,
    ReceptiveField,
    Relu6Step,
    ReluStep,
    TemperatureStep,
)
from convscope.walkthrough.exact_cell import exact_cell
from convscope.walkthrough.previews import activities, preview_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.network.chain import Step
    from convscope.steps.arrays import Array
    from convscope.steps.windows import Windows
    from convscope.walkthrough.document import Preview, Relevance
    from convscope.walkthrough.numpy_chain import ComputedStep

MAX_WEIGHTS = 200_000
"""A full connection with more weights is described by its largest contributions only."""
MAX_INPUTS = 256
"""A neuron with more inputs is described by its `MAX_CONTRIBUTIONS` largest contributions."""
MAX_CONTRIBUTIONS = 64
MAX_FILTERS = 64
"""A saved walk holds at most this many filters of a step with more than `_MANY_WEIGHTS` weights."""
_LARGE_WALK, _LARGE_ARRAY, _MANY_WEIGHTS = 1_000_000, 8_192, 65_536


@dataclass(frozen=True, slots=True)
class StepWriter:
    """Writes the steps of one walk.

    Attributes:
        model: The model.
        outputs: The classes or labels that the losses must include, however improbable they are.
        relevance: Relevance of the inputs of the output layer, if there are data.
        coarse: Whether large arrays are rounded, to keep a page small.
        level: Compression level of arrays: `arrays.STORED` or `arrays.DEFLATED`.
        all_filters: Whether steps with many weights include all filters; else only those of the most active
            maps.
        previews: Whether each step has a small preview of one of its maps.
    """

    model: Model
    outputs: tuple[int, ...]
    relevance: Relevance | None
    coarse: bool
    level: int = DEFLATED
    all_filters: bool = True
    previews: bool = False

    def write(self, computed: ComputedStep, difference: float) -> AnyStep:
        """Write any step except the image."""
        write = DOCUMENTS.get(computed.kind) or DOCUMENTS[computed.step.family]
        common = common_fields(computed.step, difference)
        return write(self, computed, common | {"preview": self.preview(computed)})

    def temperature(self, last: ComputedStep, difference: float) -> TemperatureStep:
        """Write the temperature, by which the logits are divided before the last step."""
        common = common_fields(last.step, difference)
        common |= {"name": "temperature", "inputs": [self.model.chain.output.name]}
        return TemperatureStep(**common, temperature=self.model.temperature, output=last.input.tolist())

    def loss(self, last: ComputedStep, difference: float) -> AnyStep:
        """Write the losses, after the last step."""
        common = common_fields(last.step, difference)
        common |= {"name": "loss", "inputs": [last.name], "shape": []}
        return LOSSES[last.kind](last, self.outputs, common)

    def encode(self, values: NDArray[Any], *, coarse_negatives: bool = False) -> EncodedArray:
        """Write numbers as exactly as the size of the walk allows."""
        if not (self.coarse and values.size > _LARGE_ARRAY and values.ndim > 1):
            return self.encode_as("float32", values)
        return encode_rounded(values, self.level, coarse_negatives=coarse_negatives)

    def preview(self, computed: ComputedStep) -> Preview | None:
        """Return a small preview of one map of a step, if previews are requested."""
        return preview_of(computed, self.level) if self.previews else None

    def filters(self, computed: ComputedStep) -> tuple[NDArray[np.float32], list[int] | None]:
        """Return the filters to include, and the indices of their maps; None if all."""
        weights = self.model.weights[f"{computed.name}.weight"]
        if self.all_filters or weights.size <= _MANY_WEIGHTS:
            return weights, None
        kept = np.sort(np.argsort(-activities(computed.output), kind="stable")[:MAX_FILTERS])
        return weights[kept], kept.tolist()

    def encode_as(self, dtype: DType, values: NDArray[Any]) -> EncodedArray:
        """Write numbers of a type."""
        return encode(values, dtype, self.level)

    def parameters(self, step: Step) -> list[NDArray[np.float32]]:
        """Return the weights and biases of a step."""
        return [self.model.weights[name] for name in step.parameters]


def _convolution(writer: StepWriter, computed: ComputedStep, common: dict[str, Any]) -> ConvolutionStep:
    weights, bias = writer.parameters(computed.step)
    filters, held = writer.filters(computed)
    windows = computed.step.windows
    rectified = writer.model.chain.activation(computed.step) is not computed.step
    return ConvolutionStep(
        **common,
        filters=writer.encode(filters),
        held=held,
        bias=writer.encode(bias),
        window=[*windows.size],
        stride=[*windows.stride],
        padding=[*windows.padding],
        overhang=windows.overhang,
        output_size=_output_size(computed.step),
        output=writer.encode(computed.output, coarse_negatives=rectified),
        exact=exact_cell(computed, weights, held, writer.level) if writer.coarse else None,
    )


def _depthwise(
    writer: StepWriter, computed: ComputedStep, common: dict[str, Any]
) -> DepthwiseConvolutionStep:
    return DepthwiseConvolutionStep(
        **_convolution(writer, computed, common).model_dump(exclude={"kind", "filter_names"})
    )


def _addition(_writer: StepWriter, _computed: ComputedStep, common: dict[str, Any]) -> AdditionStep:
    return AdditionStep(**common)


def _joining(_writer: StepWriter, _computed: ComputedStep, common: dict[str, Any]) -> JoiningStep:
    return JoiningStep(**common)


def _relu6(writer: StepWriter, computed: ComputedStep, common: dict[str, Any]) -> Relu6Step:
    below = _relu(writer, computed, common)
    return Relu6Step(
        **below.model_dump(exclude={"kind"}), capped_fraction=float((computed.input > relu6.LIMIT).mean())
    )


def _relu(writer: StepWriter, computed: ComputedStep, common: dict[str, Any]) -> ReluStep:
    silenced = (computed.input < 0).reshape(len(computed.input), -1)
    by_channel = silenced.mean(axis=1) if computed.step.has_maps else silenced.mean(keepdims=True)[0]
    return ReluStep(
        **common,
        silenced=writer.encode_as("float32", by_channel),
        silenced_fraction=float(silenced.mean()),
    )


def _pooling(writer: StepWriter, computed: ComputedStep, common: dict[str, Any]) -> PoolingStep:
    return PoolingStep(
        **_pooling_fields(computed, common),
        output=writer.encode(computed.output),
        kept_fraction=computed.output.size / computed.input.size,
    )


def _max_pooling(writer: StepWriter, computed: ComputedStep, common: dict[str, Any]) -> PoolingStep:
    maps, windows = computed.input, computed.step.windows
    winners = max_pooling.winners(maps, windows)
    kept = np.zeros((len(maps), maps[0].size), np.bool_)
    np.put_along_axis(kept, winners.reshape(len(kept), -1), values=True, axis=1)
    small = np.prod(windows.size) <= 256
    return PoolingStep(
        **_pooling_fields(computed, common),
        winners=writer.encode_as("uint8" if small else "int32", _in_windows(winners, maps.shape[2], windows)),
        kept_fraction=float(kept.mean()),
        lost_fraction=_lost_fraction(maps, kept.reshape(maps.shape)),
    )


def _pooling_fields(computed: ComputedStep, common: dict[str, Any]) -> dict[str, Any]:
    windows = computed.step.windows
    return {
        **common,
        "kind": computed.kind,
        "window": [*windows.size],
        "stride": [*windows.stride],
        "overhang": windows.overhang,
        "output_size": _output_size(computed.step),
    }


def _flattening(_writer: StepWriter, computed: ComputedStep, common: dict[str, Any]) -> FlatteningStep:
    _, height, width = computed.input.shape
    formula = f"index = (map · {height} + row) · {width} + column"
    return FlatteningStep(**common, input_shape=[*computed.input.shape], formula=formula)


def _full_connection(
    writer: StepWriter, computed: ComputedStep, common: dict[str, Any]
) -> FullConnectionStep:
    weights, bias = writer.parameters(computed.step)
    is_output = computed.step == writer.model.chain.output
    return FullConnectionStep(
        **common,
        weights=writer.encode(weights) if weights.size <= MAX_WEIGHTS else None,
        bias=writer.encode(bias),
        output=writer.encode(computed.output),
        contributions=_contributions(writer, computed.input, weights, computed.output - bias),
        relevance=writer.relevance if is_output else None,
    )


def _contributions(
    writer: StepWriter, inputs: Array, weights: NDArray[np.float32], sums: Array
) -> Contributions:
    """Write the largest terms in the sum of each neuron, without the bias, and the sum of the rest."""
    count = len(inputs) if len(inputs) <= MAX_INPUTS else MAX_CONTRIBUTIONS
    chosen = np.array([_largest(inputs * of_neuron, count) for of_neuron in weights])
    chosen_weights = np.take_along_axis(weights, chosen, axis=1)
    products = inputs[chosen] * chosen_weights
    return Contributions(
        inputs=writer.encode_as("int32", chosen),
        weights=writer.encode_as("float32", chosen_weights),
        products=writer.encode_as("float32", products),
        rest_count=len(inputs) - count,
        rest_sums=writer.encode_as("float32", sums - products.sum(axis=1)),
    )


DOCUMENTS: dict[str, Callable[[StepWriter, ComputedStep, dict[str, Any]], AnyStep]] = {
    "convolution": _convolution,
    "depthwise_convolution": _depthwise,
    "relu": _relu,
    "relu6": _relu6,
    "addition": _addition,
    "joining": _joining,
    "max_pooling": _max_pooling,
    "pooling": _pooling,
    "flattening": _flattening,
    "full_connection": _full_connection,
    **ANSWERS,
}
"""The writer of each kind or family of steps except the image: (writer, computed step, common fields)."""


def is_large(model: Model) -> bool:
    """Whether a walk through a model has so many numbers that large arrays must be rounded."""
    values = sum(math.prod(step.shape) for step in model.chain.layers if step.has_maps)
    weights = [
        weight.size for weight in model.weights.values() if weight.ndim == 4 or weight.size <= MAX_WEIGHTS
    ]
    return values + sum(weights) > _LARGE_WALK


def common_fields(step: Step, difference: float) -> dict[str, Any]:
    """Return the fields that every step has."""
    return {
        "name": step.name,
        "inputs": [*step.inputs],
        "notation": step.notation,
        "shape": [*step.shape],
        "difference": difference,
        "parameters": step.parameter_count,
        "multiply_adds": step.multiply_adds,
        "receptive_field": ReceptiveField(
            size=[side.size for side in step.receptive_field],
            stride=[side.stride for side in step.receptive_field],
            start=[side.start for side in step.receptive_field],
        ),
    }


def _largest(products: Array, count: int) -> NDArray[np.intp]:
    """Return the positions of the largest absolute values, in order; of equal ones the first.

    Only the candidates are sorted, because a neuron may have thousands of inputs.
    """
    sizes = np.abs(products)
    candidates = np.flatnonzero(sizes >= np.partition(sizes, -count)[-count])
    return candidates[np.argsort(-sizes[candidates], kind="stable")[:count]]


def _in_windows(winners: NDArray[np.intp], columns: int, windows: Windows) -> NDArray[np.intp]:
    """Convert each winner's position in the map, with this many columns, to its position in the window."""
    _, down, across = np.indices(winners.shape)
    rows = winners // columns - down * windows.stride[0]
    return rows * windows.size[1] + winners % columns - across * windows.stride[1]


def _lost_fraction(values: Array, kept: NDArray[np.bool_]) -> float | None:
    total = float(values.sum())
    if total <= 0 or (values < 0).any():
        return None
    return float(values[~kept].sum()) / total


def _output_size(step: Step) -> OutputSize:
    windows = step.windows
    sides = zip(step.input_shape[1:], windows.size, windows.stride, windows.padding, strict=True)
    height, width = (_formula(*side, overhang=windows.overhang) for side in sides)
    return OutputSize(height=height, width=width)


def _formula(size: int, window: int, stride: int, padding: int, *, overhang: bool) -> str:
    """Insert the numbers into the formula of `steps.windows`.

    Example:
        >>> _formula(64, 3, 1, 1, overhang=False)
        'floor((64 + 2·1 − 3) / 1) + 1 = 64'
    """
    padded = f"{size} + 2·{padding}" if padding else f"{size}"
    windows = output_size(size, window, stride, padding, overhang=overhang)
    rounding = "ceil" if overhang else "floor"
    formula = f"{rounding}(({padded} − {window}) / {stride}) + 1"
    last_starts_outside = overhang and windows != -(-(size + 2 * padding - window) // stride) + 1
    return f"{formula} − 1 = {windows}" if last_starts_outside else f"{formula} = {windows}"
