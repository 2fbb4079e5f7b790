"""One step of the chain as a walk tells it: its numbers, and what they say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from convscope.steps import max_pooling, softmax
from convscope.steps.windows import output_size
from convscope.walkthrough.arrays import DEFLATED, DType, EncodedArray, encode, encode_rounded
from convscope.walkthrough.document import (
    AnyStep,
    AveragePoolingStep,
    Contributions,
    ConvolutionStep,
    FlatteningStep,
    FullConnectionStep,
    LossStep,
    MaxPoolingStep,
    OutputSize,
    ReceptiveField,
    ReluStep,
    SoftmaxStep,
)
from convscope.walkthrough.losses import foremost, losses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.network.notation import Convolution, Pooling
    from convscope.network.shapes import Row, Stage
    from convscope.steps.arrays import Array
    from convscope.walkthrough.chain import Step
    from convscope.walkthrough.document import Relevance
    from convscope.walkthrough.receptive_field import Field

MOST_WEIGHTS = 200_000
"""A full connection with more is told by its largest contributions alone."""
MOST_INPUTS = 256
"""Of a neuron with more inputs, only `MOST_CONTRIBUTIONS` are told."""
MOST_CONTRIBUTIONS = 64
_LARGE_WALK, _LARGE_ARRAY = 1_000_000, 65_536


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells the steps of one walk.

    Attributes:
        model: Whose chain it is.
        truth: Index of the true class, if it is known.
        relevance: Of the inputs of the output layer, if there are data.
        coarse: Whether large arrays are rounded, so that a page stays small.
        level: How hard arrays are deflated: `arrays.STORED` or `arrays.DEFLATED`.
    """

    model: Model
    truth: int | None
    relevance: Relevance | None
    coarse: bool
    level: int = DEFLATED

    def tell(self, step: Step, row: Row, field: Field, difference: float) -> AnyStep:
        """Tell any step but the image."""
        common = common_fields(step.name, row, field, difference)
        match step.kind:
            case "convolution":
                return self._convolution(step, common)
            case "relu":
                return self._relu(step, common)
            case "max_pooling" | "average_pooling":
                return self._pooling(step, common)
            case "flattening":
                return _flattening(step, common)
            case "full_connection":
                return self._full_connection(step, common)
            case _:
                return self._softmax(step, common)

    def loss(self, logits: Array, row: Row, field: Field, difference: float) -> LossStep:
        """Tell the losses, which follow softmax."""
        truths = [losses(logits, truth) for truth in foremost(logits, self.truth)]
        common = common_fields("loss", row, field, difference)
        common["shape"] = []
        return LossStep(**common, truths=truths)

    def encode(self, values: NDArray[Any]) -> EncodedArray:
        """Write numbers as exactly as the walk's size allows."""
        is_coarse = self.coarse and values.size > _LARGE_ARRAY and values.ndim > 1
        return encode_rounded(values, self.level) if is_coarse else self.encode_as("float32", values)

    def encode_as(self, dtype: DType, values: NDArray[Any]) -> EncodedArray:
        """Write numbers of a type."""
        return encode(values, dtype, self.level)

    def _convolution(self, step: Step, common: dict[str, Any]) -> ConvolutionStep:
        stage, layer = cast("Stage", step.stage), cast("Convolution", cast("Stage", step.stage).layer)
        return ConvolutionStep(
            **common,
            filters=self.encode(self.model.weights[f"{stage.name}.weight"]),
            bias=self.encode(self.model.weights[f"{stage.name}.bias"]),
            window=[*layer.size],
            stride=[*layer.stride],
            padding=[*layer.padding],
            output_size=_output_size(step, layer.size, layer.stride, layer.padding, overhang=False),
            output=self.encode(step.output),
        )

    def _relu(self, step: Step, common: dict[str, Any]) -> ReluStep:
        silent = (step.input < 0).reshape(len(step.input), -1)
        by_channel = silent.mean(axis=1) if step.input.ndim == 3 else silent.mean(keepdims=True)[0]
        silenced = self.encode_as("float32", by_channel)
        return ReluStep(**common, silenced=silenced, silenced_fraction=float(silent.mean()))

    def _pooling(self, step: Step, common: dict[str, Any]) -> MaxPoolingStep | AveragePoolingStep:
        layer = cast("Pooling", cast("Stage", step.stage).layer)
        fields: dict[str, Any] = {
            **common,
            "window": [*layer.window],
            "stride": [*layer.stride],
            "overhang": layer.overhang,
            "output_size": _output_size(step, layer.window, layer.stride, (0, 0), overhang=layer.overhang),
        }
        if layer.kind == "average":
            kept_fraction = step.output.size / step.input.size
            return AveragePoolingStep(**fields, output=self.encode(step.output), kept_fraction=kept_fraction)
        winners = max_pooling.winners(step.input, layer.window, layer.stride, overhang=layer.overhang)
        kept = np.zeros((len(step.input), step.input[0].size), np.bool_)
        np.put_along_axis(kept, winners.reshape(len(kept), -1), values=True, axis=1)
        return MaxPoolingStep(
            **fields,
            winners=self.encode_as(
                "uint8" if np.prod(layer.window) <= 256 else "int32",
                _in_windows(winners, step.input.shape[2], layer),
            ),
            kept_fraction=float(kept.mean()),
            lost_fraction=_lost_fraction(step.input, kept.reshape(step.input.shape)),
        )

    def _full_connection(self, step: Step, common: dict[str, Any]) -> FullConnectionStep:
        weights, bias = (self.model.weights[f"{step.name}.{part}"] for part in ("weight", "bias"))
        is_output = step.name == self.model.stages()[-1].name
        return FullConnectionStep(
            **common,
            weights=self.encode(weights) if weights.size <= MOST_WEIGHTS else None,
            bias=self.encode(bias),
            output=self.encode(step.output),
            contributions=self._contributions(step.input, weights, step.output - bias),
            relevance=self.relevance if is_output else None,
        )

    def _contributions(self, inputs: Array, weights: NDArray[np.float32], sums: Array) -> Contributions:
        """Tell what counts most in the sum of each neuron, bias left out, and what the rest adds up to."""
        count = len(inputs) if len(inputs) <= MOST_INPUTS else MOST_CONTRIBUTIONS
        told = np.array([_largest(inputs * of_neuron, count) for of_neuron in weights])
        weights_told = np.take_along_axis(weights, told, axis=1)
        products = inputs[told] * weights_told
        return Contributions(
            inputs=self.encode_as("int32", told),
            weights=self.encode_as("float32", weights_told),
            products=self.encode_as("float32", products),
            rest_count=len(inputs) - count,
            rest_sums=self.encode_as("float32", sums - products.sum(axis=1)),
        )

    def _softmax(self, step: Step, common: dict[str, Any]) -> SoftmaxStep:
        share = softmax.explain(step.input, class_index=0)
        return SoftmaxStep(
            **common,
            logits=step.input.tolist(),
            largest=share.largest,
            exponentials=[*share.exponentials],
            sum=share.total,
            output=step.output.tolist(),
            calibrated=softmax.forward(step.input / self.model.temperature).tolist(),
        )


def is_large(model: Model) -> bool:
    """Whether a walk through a model holds so many numbers that large arrays must be rounded."""
    values = sum(stage.output_shape[0] * _cells(stage.output_shape) for stage in model.stages())
    told = [
        weight.size for weight in model.weights.values() if weight.ndim == 4 or weight.size <= MOST_WEIGHTS
    ]
    return values + sum(told) > _LARGE_WALK


def common_fields(name: str, row: Row, field: Field, difference: float) -> dict[str, Any]:
    """What every step has."""
    return {
        "name": name,
        "notation": row.notation,
        "shape": [*row.output_shape],
        "difference": difference,
        "parameters": row.parameters,
        "multiply_adds": row.multiply_adds,
        "receptive_field": ReceptiveField(
            size=[side.size for side in field],
            stride=[side.stride for side in field],
            start=[side.start for side in field],
        ),
    }


def _flattening(step: Step, common: dict[str, Any]) -> FlatteningStep:
    _, height, width = step.input.shape
    formula = f"index = (map · {height} + row) · {width} + column"
    return FlatteningStep(**common, input_shape=[*step.input.shape], formula=formula)


def _largest(products: Array, count: int) -> NDArray[np.intp]:
    """Where the largest absolute values stand, in order; of equal ones the first.

    Only those that come into question are sorted: a neuron may have thousands of inputs.
    """
    sizes = np.abs(products)
    candidates = np.flatnonzero(sizes >= np.partition(sizes, -count)[-count])
    return candidates[np.argsort(-sizes[candidates], kind="stable")[:count]]


def _in_windows(winners: NDArray[np.intp], columns: int, layer: Pooling) -> NDArray[np.intp]:
    """Count each winner within its window, row by row, from its place in a map of so many columns."""
    _, down, across = np.indices(winners.shape)
    rows = winners // columns - down * layer.stride[0]
    return rows * layer.window[1] + winners % columns - across * layer.stride[1]


def _lost_fraction(values: Array, kept: NDArray[np.bool_]) -> float | None:
    total = float(values.sum())
    if total <= 0 or (values < 0).any():
        return None
    return float(values[~kept].sum()) / total


def _output_size(
    step: Step,
    window: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    *,
    overhang: bool,
) -> OutputSize:
    sides = zip(step.input.shape[1:], window, stride, padding, strict=True)
    height, width = (_formula(*side, overhang=overhang) for side in sides)
    return OutputSize(height=height, width=width)


def _formula(size: int, window: int, stride: int, padding: int, *, overhang: bool) -> str:
    """Fill the formula of `steps.windows` in.

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


def _cells(shape: Sequence[int]) -> int:
    return int(np.prod(shape[1:]))
