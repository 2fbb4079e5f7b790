"""The open-set rule as part of an ONNX graph; it computes what `open_set.score` computes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from onnx import TensorProto, helper

if TYPE_CHECKING:
    import onnx
    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.model.open_set import OpenSetRule

OUTPUTS = ("score", "unknown")


class Part(NamedTuple):
    """Part of a graph: nodes, outputs and constants."""

    nodes: list[onnx.NodeProto]
    outputs: list[onnx.ValueInfoProto]
    constants: dict[str, NDArray[Any]]


def open_set_part(model: Model) -> Part:
    """Build the nodes from the network's `tempered` to `score`, float32 (N), and `unknown`, bool (N).

    The part is empty for a model without an open-set rule.
    """
    if model.open_set is None:
        return Part([], [], {})
    outputs = [
        helper.make_tensor_value_info("score", TensorProto.FLOAT, ["N"]),
        helper.make_tensor_value_info("unknown", TensorProto.BOOL, ["N"]),
    ]
    return Part(_nodes(model.chain.features.name), outputs, _constants(model.open_set))


def _nodes(features: str) -> list[onnx.NodeProto]:
    make = helper.make_node
    return [
        make("ReduceMax", ["tempered"], ["strongest"], axes=[1]),
        make("Sub", ["tempered", "strongest"], ["behind"]),  # so that no exponential overflows
        make("ReduceLogSumExp", ["behind"], ["surplus"], axes=[1]),
        make("Add", ["strongest", "surplus"], ["energy"]),
        make("Sub", [features, "open_set.origin"], ["shifted"]),
        make("MatMul", ["shifted", "open_set.directions"], ["coordinates"]),
        make("Transpose", ["open_set.directions"], ["back"], perm=[1, 0]),
        make("MatMul", ["coordinates", "back"], ["inside"]),
        make("Sub", ["shifted", "inside"], ["outside"]),
        make("ReduceL2", ["outside"], ["length"], axes=[1]),
        make("Mul", ["length", "open_set.scale"], ["strangeness"]),
        make("Sub", ["energy", "strangeness"], ["score_column"]),
        make("Squeeze", ["score_column", "open_set.axis"], ["score"]),
        make("Less", ["score", "open_set.threshold"], ["unknown"]),
    ]


def _constants(rule: OpenSetRule) -> dict[str, NDArray[Any]]:
    return {
        "open_set.origin": rule.origin,
        "open_set.directions": rule.directions,
        "open_set.scale": np.array(rule.scale, np.float32),
        "open_set.threshold": np.array(rule.threshold, np.float32),
        "open_set.axis": np.array([1], np.int64),
    }
