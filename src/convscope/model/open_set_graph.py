"""The open-set rule as part of an ONNX graph; it computes what the rule's `score` computes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from onnx import TensorProto, helper

from convscope.model.nearest import MIN_LENGTH, MOST_SIMILAR, Nearest
from convscope.model.virtual_logit import VirtualLogit

if TYPE_CHECKING:
    import onnx
    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.model.open_set import OpenSetRule


class Part(NamedTuple):
    """Part of a graph: nodes, outputs and constants."""

    nodes: list[onnx.NodeProto]
    outputs: list[onnx.ValueInfoProto]
    constants: dict[str, NDArray[Any]]


def open_set_part(model: Model) -> Part:
    """Build the nodes from the network's `tempered` to `score`, float32 (N), and `unknown`, bool (N).

    A rule of nearest pictures also has the outputs `nearest`, int64 (N, k), their positions in the rule, and
    `similarity`, float32 (N, k), their cosines, the largest first. The part is empty for a model without an
    open-set rule.
    """
    if model.open_set is None:
        return Part([], [], {})
    outputs = [
        helper.make_tensor_value_info("score", TensorProto.FLOAT, ["N"]),
        helper.make_tensor_value_info("unknown", TensorProto.BOOL, ["N"]),
    ]
    rule, features = model.open_set, model.chain.features.name
    if isinstance(rule, Nearest):
        nodes, count = _nearest(features), min(MOST_SIMILAR, len(rule.pictures))
        outputs += [
            helper.make_tensor_value_info("nearest", TensorProto.INT64, ["N", count]),
            helper.make_tensor_value_info("similarity", TensorProto.FLOAT, ["N", count]),
        ]
    else:
        nodes = _virtual_logit(features)
    return Part([*nodes, *_judgement()], outputs, _constants(rule))


def _virtual_logit(features: str) -> list[onnx.NodeProto]:
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
    ]


def _nearest(features: str) -> list[onnx.NodeProto]:
    make = helper.make_node
    return [
        make("Mul", [features, "open_set.scale"], ["scaled"]),
        make("ReduceL2", ["scaled"], ["exact_length"], axes=[1]),
        make("Add", ["exact_length", "open_set.min_length"], ["length"]),
        make("MatMul", ["scaled", "open_set.directions"], ["coordinates"]),
        make("Transpose", ["open_set.known"], ["known_columns"], perm=[1, 0]),
        make("MatMul", ["coordinates", "known_columns"], ["products"]),
        make("Div", ["products", "length"], ["cosines"]),
        make("TopK", ["cosines", "open_set.most_similar"], ["similarity", "nearest"], axis=1),
        make("ReduceMax", ["cosines"], ["score_column"], axes=[1]),
    ]


def _judgement() -> list[onnx.NodeProto]:
    make = helper.make_node
    return [
        make("Squeeze", ["score_column", "open_set.axis"], ["score"]),
        make("Less", ["score", "open_set.threshold"], ["unknown"]),
    ]


def _constants(rule: OpenSetRule) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = dict(rule.tensors())
    if isinstance(rule, Nearest):
        arrays["min_length"] = np.array(MIN_LENGTH, np.float32)
        arrays["most_similar"] = np.array([min(MOST_SIMILAR, len(rule.pictures))], np.int64)
    elif isinstance(rule, VirtualLogit):
        arrays["scale"] = np.array(rule.scale, np.float32)
    arrays["threshold"] = np.array(rule.threshold, np.float32)
    constants: dict[str, NDArray[Any]] = {f"open_set.{name}": array for name, array in arrays.items()}
    return constants | {"open_set.axis": np.array([1], np.int64)}
