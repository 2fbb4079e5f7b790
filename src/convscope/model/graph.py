"""The model as an ONNX graph, built in memory: every step of the chain is one node under its own name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from convscope.model.rejection_graph import rejection_part
from convscope.network.notation import Convolution, FullConnection, Pooling

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.network.shapes import Stage

PoolingKind = Literal["max", "average", "none"]

_OPSET = 17  # read by every runtime since 2022
_IR_VERSION = 8  # the one that came with it


def build_graph(model: Model, *, rectify: bool = True, pooling: PoolingKind | None = None) -> onnx.ModelProto:
    """Build the graph from prepared pictures to logits and probabilities.

    Its input `pictures` is uint8 of shape (N, height, width, channels), its outputs are `logits`, float32 of
    shape (N, classes), and `probabilities`, softmax(logits / temperature), float64 of the same shape. On the
    way: (pixel - mean) / std, then the chain. A model that rejects unknown pictures also gives out `score`,
    float32 (N), and `unknown`, bool (N).

    Args:
        model: The model.
        rectify: Whether ReLU takes part, as in every trained network; without it there are no such nodes, and
            nothing is rejected: what is known of the features is known of those after ReLU.
        pooling: What every pooling does, whatever it is in the model; `none` keeps each window's first cell.

    Example:
        >>> from convscope.model.file import Model
        >>> from convscope.pictures.preparation import Preparation
        >>> weights = {"full_connection_1.weight": np.ones((2, 4), np.float32),
        ...            "full_connection_1.bias": np.zeros(2, np.float32),
        ...            "convolution_1.weight": np.ones((1, 1, 1, 1), np.float32),
        ...            "convolution_1.bias": np.zeros(1, np.float32)}
        >>> model = Model("1C1", ("cat", "dog"), Preparation(1, 2, 2), (0.0,), (255.0,), weights)
        >>> print(*(node.op_type for node in build_graph(model).graph.node))
        Cast Transpose Sub Div Conv Relu Flatten Gemm Div Cast Div Softmax
    """
    size = model.preparation
    pictures = ["N", size.height, size.width, size.channels]
    arrangement = [
        helper.make_node("Cast", ["pictures"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["pixels"], ["image"], perm=[0, 3, 1, 2]),
    ]
    network = network_nodes(model, rectify=rectify, pooling=pooling)
    rejection = rejection_part(model if rectify else replace(model, rejection=None))
    answers = ["N", len(model.classes)]
    return assemble(
        [*arrangement, *network, *_exact_probabilities(), *rejection.nodes],
        [helper.make_tensor_value_info("pictures", TensorProto.UINT8, pictures)],
        [
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, answers),
            helper.make_tensor_value_info("probabilities", TensorProto.DOUBLE, answers),
            *rejection.outputs,
        ],
        {
            **network_constants(model),
            **rejection.constants,
            "exact_temperature": np.array(model.temperature, np.float64),
        },
    )


def _exact_probabilities() -> list[onnx.NodeProto]:
    """Build the nodes from `logits` to `probabilities` in float64, so that these sum to 1.

    A call of NumPy for each step would take longer than all of this, and for a small network a tenth of the
    time that the network takes.
    """
    return [
        helper.make_node("Cast", ["logits"], ["exact_logits"], to=TensorProto.DOUBLE),
        helper.make_node("Div", ["exact_logits", "exact_temperature"], ["exact_tempered"]),
        helper.make_node("Softmax", ["exact_tempered"], ["probabilities"], axis=1),
    ]


def assemble(
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[onnx.ValueInfoProto],
    constants: Mapping[str, NDArray[Any]],
) -> onnx.ModelProto:
    """Put nodes and the constants they use together, in the version of ONNX that all graphs here have."""
    values = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "convscope", inputs, outputs, values)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)


def network_nodes(
    model: Model, *, rectify: bool = True, pooling: PoolingKind | None = None
) -> list[onnx.NodeProto]:
    """Build the nodes from `image`, float32 (N, channels, height, width) of pixel values, to `logits`.

    The last one divides these by the temperature: `tempered`.
    """
    normalisation = [
        helper.make_node("Sub", ["image", "mean"], ["centred"]),
        helper.make_node("Div", ["centred", "std"], ["normalised"]),
    ]
    tempering = helper.make_node("Div", ["logits", "temperature"], ["tempered"])
    return [*normalisation, *_chain(model.stages(), rectify=rectify, pooling=pooling), tempering]


def network_constants(model: Model) -> dict[str, NDArray[Any]]:
    """Give what the nodes of the network need: mean, standard deviation, weights, temperature."""
    per_channel = {"mean": model.mean, "std": model.std}
    shaped = {name: np.array(value, np.float32).reshape(1, -1, 1, 1) for name, value in per_channel.items()}
    return {**shaped, **model.weights, "temperature": np.array(model.temperature, np.float32)}


def _chain(chain: tuple[Stage, ...], *, rectify: bool, pooling: PoolingKind | None) -> list[onnx.NodeProto]:
    nodes: list[onnx.NodeProto] = []
    value = "normalised"
    for stage in chain:
        if stage.name == "full_connection_1":
            nodes.append(helper.make_node("Flatten", [value], ["flattening"], axis=1))
            value = "flattening"
        is_output = stage is chain[-1]
        nodes += _nodes(stage, value, "logits" if is_output else stage.name, pooling)
        value = stage.name
        if rectify and not is_output and not isinstance(stage.layer, Pooling):
            nodes.append(helper.make_node("Relu", [value], [f"{value}.relu"]))
            value = f"{value}.relu"
    return nodes


def _nodes(stage: Stage, source: str, target: str, pooling: PoolingKind | None) -> list[onnx.NodeProto]:
    inputs = [source, *stage.weight_shapes]
    match stage.layer:
        case Convolution(_, size, stride, padding):
            window: dict[str, Any] = {"kernel_shape": size, "strides": stride, "pads": [*padding, *padding]}
            return [helper.make_node("Conv", inputs, [target], stage.name, **window)]
        case Pooling(kind, size, stride):
            if pooling == "none":
                return _first_cells(stage, source, target, stride)
            operator = "MaxPool" if (pooling or kind) == "max" else "AveragePool"
            window = {"kernel_shape": size, "strides": stride, "pads": _overhang(stage, size, stride)}
            return [helper.make_node(operator, inputs, [target], stage.name, **window)]
        case FullConnection():
            return [helper.make_node("Gemm", inputs, [target], stage.name, transB=1)]


def _first_cells(stage: Stage, source: str, target: str, stride: tuple[int, int]) -> list[onnx.NodeProto]:
    """Keep the cells where the windows start."""
    ends = [count * step for count, step in zip(stage.output_shape[1:], stride, strict=True)]
    bounds = {"starts": [0, 0], "ends": ends, "axes": [2, 3], "steps": [*stride]}
    constants = [
        helper.make_node("Constant", [], [f"{stage.name}.{name}"], value_ints=numbers)
        for name, numbers in bounds.items()
    ]
    inputs = [source, *(constant.output[0] for constant in constants)]
    return [*constants, helper.make_node("Slice", inputs, [target], stage.name)]


def _overhang(stage: Stage, window: tuple[int, int], stride: tuple[int, int]) -> list[int]:
    """How far the last windows stick out at the bottom and on the right, as padding that no pooling counts.

    ONNX has `ceil_mode` for it, but says only from opset 22 on that no window starts outside, and runtimes
    differ.
    """
    sides, counts = stage.input_shape[1:], stage.output_shape[1:]
    reach = [(counts[i] - 1) * stride[i] + window[i] - sides[i] for i in (0, 1)]
    return [0, 0, *(max(0, cells) for cells in reach)]
