"""The rejection of unknown pictures as a part of an ONNX graph: what `rejection.score` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from onnx import TensorProto, helper

if TYPE_CHECKING:
    import onnx
    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.model.rejection import Rejection

OUTPUTS = ("score", "unknown")


class Part(NamedTuple):
    """What a graph is extended by."""

    nodes: list[onnx.NodeProto]
    outputs: list[onnx.ValueInfoProto]
    constants: dict[str, NDArray[Any]]


def rejection_part(model: Model) -> Part:
    """Build what makes `score`, float32 (N), and `unknown`, bool (N), from the network's `tempered`.

    It is empty for a model that rejects nothing.
    """
    if model.rejection is None:
        return Part([], [], {})
    outputs = [
        helper.make_tensor_value_info("score", TensorProto.FLOAT, ["N"]),
        helper.make_tensor_value_info("unknown", TensorProto.BOOL, ["N"]),
    ]
    return Part(_nodes(model.chain.features.name), outputs, _constants(model.rejection))


def _nodes(features: str) -> list[onnx.NodeProto]:
    make = helper.make_node
    return [
        make("ReduceMax", ["tempered"], ["strongest"], axes=[1]),
        make("Sub", ["tempered", "strongest"], ["behind"]),  # so that no exponential overflows
        make("ReduceLogSumExp", ["behind"], ["surplus"], axes=[1]),
        make("Add", ["strongest", "surplus"], ["energy"]),
        make("Sub", [features, "rejection.origin"], ["shifted"]),
        make("MatMul", ["shifted", "rejection.directions"], ["coordinates"]),
        make("Transpose", ["rejection.directions"], ["back"], perm=[1, 0]),
        make("MatMul", ["coordinates", "back"], ["inside"]),
        make("Sub", ["shifted", "inside"], ["outside"]),
        make("ReduceL2", ["outside"], ["length"], axes=[1]),
        make("Mul", ["length", "rejection.scale"], ["strangeness"]),
        make("Sub", ["energy", "strangeness"], ["score_column"]),
        make("Squeeze", ["score_column", "rejection.axis"], ["score"]),
        make("Less", ["score", "rejection.threshold"], ["unknown"]),
    ]


def _constants(rejection: Rejection) -> dict[str, NDArray[Any]]:
    return {
        "rejection.origin": rejection.origin,
        "rejection.directions": rejection.directions,
        "rejection.scale": np.array(rejection.scale, np.float32),
        "rejection.threshold": np.array(rejection.threshold, np.float32),
        "rejection.axis": np.array([1], np.int64),
    }
