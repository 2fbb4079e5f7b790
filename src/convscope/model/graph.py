"""The model as an ONNX graph, built in memory: every step of the chain is one node with the same name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from convscope.model.open_set_graph import open_set_part
from convscope.steps import relu6

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.network.chain import Chain, LastStep, Step

    Pixels = tuple[float, ...]
    Weights = Mapping[str, NDArray[np.float32]]

_LIMITS = {"relu6.least": np.array(0, np.float32), "relu6.most": np.array(relu6.LIMIT, np.float32)}
"""Constants of all ReLU6. They are not nodes, because quantisation only fuses a Clip with constant bounds."""
_OPSET = 17  # supported by every runtime since 2022
_IR_VERSION = 8  # the IR version of that opset


def build_graph(model: Model) -> onnx.ModelProto:
    """Build the graph from prepared pictures to logits and probabilities.

    Its input `pictures` is uint8 of shape (N, height, width, channels), its outputs are `logits`, float32 of
    shape (N, classes), and `probabilities`, float64 of the same shape: softmax(logits / temperature), or the
    sigmoid with several labels. In between: (pixel - mean) / std, then the chain. A model that rejects
    unknown pictures also has the outputs `score`, float32 (N), and `unknown`, bool (N).

    Example:
        >>> from convscope.model.file import Model
        >>> from convscope.network.chain_builder import parse_chain
        >>> from convscope.pictures.preparation import Preparation
        >>> weights = {"full_connection_1.weight": np.ones((2, 4), np.float32),
        ...            "full_connection_1.bias": np.zeros(2, np.float32),
        ...            "convolution_1.weight": np.ones((1, 1, 1, 1), np.float32),
        ...            "convolution_1.bias": np.zeros(1, np.float32)}
        >>> chain = parse_chain("1C1", (1, 2, 2), 2)
        >>> model = Model(chain, ("cat", "dog"), Preparation(1, 2, 2), (0.0,), (255.0,), weights)
        >>> print(*(node.op_type for node in build_graph(model).graph.node))
        Cast Transpose Sub Div Conv Relu Flatten Gemm Div Cast Div Softmax
    """
    network = network_nodes(model)
    open_set = open_set_part(model)
    answers = ["N", len(model.classes)]
    return assemble(
        [*_arrange_pictures(), *network, *_exact_probabilities(model.chain), *open_set.nodes],
        [_pictures_input(model.preparation.shape)],
        [
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, answers),
            helper.make_tensor_value_info("probabilities", TensorProto.DOUBLE, answers),
            *open_set.outputs,
        ],
        {
            **network_constants(model),
            **open_set.constants,
            "exact_temperature": np.array(model.temperature, np.float64),
        },
    )


def build_step_graph(
    chain: Chain, names: Sequence[str], mean: Pixels, std: Pixels, weights: Weights
) -> onnx.ModelProto:
    """Build the graph from prepared pictures to the outputs of some steps, each named after its step.

    Args:
        chain: The network.
        names: Names of the steps, except the image and the output layer.
        mean: One number per channel, on the scale of 0 to 255.
        std: One number per channel, on the same scale.
        weights: Weights by name; those of later steps are not needed.

    Example:
        >>> from convscope.network.chain_builder import parse_chain
        >>> chain = parse_chain("AP2-MP2", (1, 8, 8), 2)
        >>> print(*(one.name for one in build_step_graph(chain, ["average_pooling_1"], (0.0,), (255.0,),
        ...                                              {}).graph.output))
        average_pooling_1
    """
    last = max(chain.steps.index(chain[name]) for name in names)
    steps = chain.steps[: last + 1]
    return assemble(
        [*_arrange_pictures(), *_normalise(), *_nodes_of(chain, steps)],
        [_pictures_input(chain.input_shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *chain[name].shape]) for name in names],
        {
            **_pixel_constants(mean, std),
            **_limits(steps),
            **{name: weights[name] for step in steps for name in step.parameters},
        },
    )


def _exact_probabilities(chain: Chain) -> list[onnx.NodeProto]:
    """Build the nodes from `logits` to `probabilities` in float64, so that the softmax sums to 1.

    Calling NumPy for each of these operations would take longer: for a small network, a tenth of its own
    time.
    """
    return [
        helper.make_node("Cast", ["logits"], ["exact_logits"], to=TensorProto.DOUBLE),
        helper.make_node("Div", ["exact_logits", "exact_temperature"], ["exact_tempered"]),
        LAST_NODES[chain.last_step]("exact_tempered", "probabilities"),
    ]


def assemble(
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[onnx.ValueInfoProto],
    constants: Mapping[str, NDArray[Any]],
) -> onnx.ModelProto:
    """Assemble a graph from nodes and the constants they use, in the ONNX version of all graphs here."""
    values = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "convscope", inputs, outputs, values)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)


def network_nodes(model: Model) -> list[onnx.NodeProto]:
    """Build the nodes from `image`, float32 (N, channels, height, width) of pixel values, to `logits`.

    The last node divides them by the temperature: `tempered`.
    """
    return [
        *_normalise(),
        *_nodes_of(model.chain, model.chain),
        helper.make_node("Div", ["logits", "temperature"], ["tempered"]),
    ]


def _pictures_input(shape: tuple[int, int, int]) -> onnx.ValueInfoProto:
    channels, height, width = shape
    return helper.make_tensor_value_info("pictures", TensorProto.UINT8, ["N", height, width, channels])


def _arrange_pictures() -> list[onnx.NodeProto]:
    """Build the nodes from `pictures` to `image`."""
    return [
        helper.make_node("Cast", ["pictures"], ["pixels"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["pixels"], ["image"], perm=[0, 3, 1, 2]),
    ]


def _normalise() -> list[onnx.NodeProto]:
    """Build the nodes from `image` to `normalised`."""
    return [
        helper.make_node("Sub", ["image", "mean"], ["centred"]),
        helper.make_node("Div", ["centred", "std"], ["normalised"]),
    ]


def _nodes_of(chain: Chain, steps: Iterable[Step]) -> list[onnx.NodeProto]:
    """Build the nodes of some steps of a chain."""
    return [
        node
        for step in steps
        if step.kind in NODES
        for node in NODES[step.kind](
            step, [value_name(chain[name], chain) for name in step.inputs], value_name(step, chain)
        )
    ]


def value_name(step: Step, chain: Chain) -> str:
    """Return the name of a step's output in the graph: the step's own name, except for the first and last."""
    return {"image": "normalised", chain.output.name: "logits"}.get(step.name, step.name)


def network_constants(model: Model) -> dict[str, NDArray[Any]]:
    """Return the constants of the network's nodes: mean, standard deviation, weights, temperature."""
    return {
        **_pixel_constants(model.mean, model.std),
        **_limits(model.chain),
        **model.weights,
        "temperature": np.array(model.temperature, np.float32),
    }


def _limits(steps: Iterable[Step]) -> Mapping[str, NDArray[np.float32]]:
    return _LIMITS if any(step.kind == "relu6" for step in steps) else {}


def _pixel_constants(mean: Pixels, std: Pixels) -> dict[str, NDArray[np.float32]]:
    per_channel = {"mean": mean, "std": std}
    return {name: np.array(value, np.float32).reshape(1, -1, 1, 1) for name, value in per_channel.items()}


def _convolution(step: Step, inputs: list[str], output: str) -> list[onnx.NodeProto]:
    windows = step.windows
    geometry: dict[str, Any] = {
        "kernel_shape": windows.size,
        "strides": windows.stride,
        "pads": _pads(step) if windows.overhang else [*windows.padding, *windows.padding],
        "group": step.shape[0] if step.kind == "depthwise_convolution" else 1,
    }
    return [helper.make_node("Conv", [*inputs, *step.parameters], [output], step.name, **geometry)]


def _relu(step: Step, inputs: list[str], output: str) -> list[onnx.NodeProto]:
    return [helper.make_node("Relu", inputs, [output], step.name)]


def _relu6(step: Step, inputs: list[str], output: str) -> list[onnx.NodeProto]:
    return [helper.make_node("Clip", [*inputs, *_LIMITS], [output], step.name)]


def _addition(step: Step, inputs: list[str], output: str) -> list[onnx.NodeProto]:
    return [helper.make_node("Add", inputs, [output], step.name)]


def _joining(step: Step, inputs: list[str], output: str) -> list[onnx.NodeProto]:
    return [helper.make_node("Concat", inputs, [output], step.name, axis=1)]


def _pooling(operator: str, step: Step, inputs: list[str], output: str) -> list[onnx.NodeProto]:
    geometry: dict[str, Any] = {
        "kernel_shape": step.windows.size,
        "strides": step.windows.stride,
        "pads": _pads(step),
    }
    return [helper.make_node(operator, inputs, [output], step.name, **geometry)]


def _flattening(step: Step, inputs: list[str], output: str) -> list[onnx.NodeProto]:
    return [helper.make_node("Flatten", inputs, [output], step.name, axis=1)]


def _full_connection(step: Step, inputs: list[str], output: str) -> list[onnx.NodeProto]:
    return [helper.make_node("Gemm", [*inputs, *step.parameters], [output], step.name, transB=1)]


def _first_cell(step: Step, inputs: list[str], output: str) -> list[onnx.NodeProto]:
    """Keep the first cell of every window (subsampling), which the invariance lab compares with pooling."""
    ends = [count * stride for count, stride in zip(step.shape[1:], step.windows.stride, strict=True)]
    bounds = {"starts": [0, 0], "ends": ends, "axes": [2, 3], "steps": [*step.windows.stride]}
    constants = [
        helper.make_node("Constant", [], [f"{step.name}.{name}"], value_ints=numbers)
        for name, numbers in bounds.items()
    ]
    slicing = [*inputs, *(constant.output[0] for constant in constants)]
    return [*constants, helper.make_node("Slice", slicing, [output], step.name)]


NODES: dict[str, Callable[[Step, list[str], str], list[onnx.NodeProto]]] = {
    "convolution": _convolution,
    "depthwise_convolution": _convolution,
    "relu": _relu,
    "relu6": _relu6,
    "addition": _addition,
    "joining": _joining,
    "max_pooling": partial(_pooling, "MaxPool"),
    "average_pooling": partial(_pooling, "AveragePool"),
    "first_cell": _first_cell,
    "flattening": _flattening,
    "full_connection": _full_connection,
}
"""The ONNX nodes of each kind of step: (step, names of its inputs, name of its output) to nodes."""


LAST_NODES: dict[LastStep, Callable[[str, str], onnx.NodeProto]] = {
    "softmax": lambda logits, output: helper.make_node("Softmax", [logits], [output], axis=1),
    "sigmoid": lambda logits, output: helper.make_node("Sigmoid", [logits], [output]),
}
"""The ONNX node from logits to probabilities: (name of the logits, name of the output) to a node."""


def _pads(step: Step) -> list[int]:
    """Return the padding of a step's windows in ONNX's order: above, left, below, right.

    It includes the overhang of the last windows. ONNX has `ceil_mode` for that, but before opset 22 it was
    not specified that no window starts outside, and runtimes differ.
    """
    (above, below), (left, right) = step.windows.margins(*step.input_shape[1:])
    return [above, left, below, right]
