"""The model as an ONNX graph for raw pictures: preparation, network and prediction in one."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from onnx import TensorProto, helper

from convscope.model.graph import LAST_NODES, assemble, network_constants, network_nodes
from convscope.model.open_set_graph import open_set_part
from convscope.model.preparation_graph import preparation_nodes

if TYPE_CHECKING:
    from collections.abc import Mapping

    import onnx
    from numpy.typing import NDArray

    from convscope.model.file import Model

FORMAT = 1


def build_raw_graph(model: Model, licence: str = "") -> onnx.ModelProto:
    """Build the graph from raw pictures to predictions; `docs/reference/onnx.md` describes it for users.

    Its input `pictures` is uint8 of shape (N, height, width, 1 or 3), any height and width. Its outputs are
    `probabilities`, softmax(logits / temperature), float32 (N, classes), and `label`, the index of the
    largest, int64 (N). A model with an open-set rule also has the outputs `score`, float32 (N), and
    `unknown`, bool (N). With several labels per picture, the outputs are `probabilities`,
    sigmoid(logits / temperature), and `labels`, bool (N, classes): the labels that reach their threshold.

    Args:
        model: The trained model.
        licence: The terms under which the model may be used.
    """
    preparation, constants = preparation_nodes(model.preparation)
    open_set = open_set_part(model)
    decision = _labels(model.thresholds) if model.thresholds else _LABEL
    graph = assemble(
        [
            *preparation,
            *network_nodes(model),
            LAST_NODES[model.chain.last_step]("tempered", "probabilities"),
            decision.node,
            *open_set.nodes,
        ],
        [helper.make_tensor_value_info("pictures", TensorProto.UINT8, ["N", "height", "width", "channels"])],
        [
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", len(model.classes)]),
            decision.output,
            *open_set.outputs,
        ],
        {**constants, **network_constants(model), **decision.constants, **open_set.constants},
    )
    for key, value in _properties(
        model, licence
    ).items():  # in a fixed order, so that the same model gives the same bytes
        graph.metadata_props.add(key=key, value=value)
    return graph


class _Decision(NamedTuple):
    """The node for the decision, its output, and its constants."""

    node: onnx.NodeProto
    output: onnx.ValueInfoProto
    constants: Mapping[str, NDArray[np.float32]]


_LABEL = _Decision(
    helper.make_node("ArgMax", ["probabilities"], ["label"], axis=1, keepdims=0),
    helper.make_tensor_value_info("label", TensorProto.INT64, ["N"]),
    {},
)


def _labels(thresholds: tuple[float, ...]) -> _Decision:
    return _Decision(
        helper.make_node("GreaterOrEqual", ["probabilities", "thresholds"], ["labels"]),
        helper.make_tensor_value_info("labels", TensorProto.BOOL, ["N", len(thresholds)]),
        {"thresholds": np.array(thresholds, np.float32)},
    )


def _properties(model: Model, licence: str) -> dict[str, str]:
    """Return the metadata of the file; values that are not plain text are JSON."""
    return {
        "convscope_format": str(FORMAT),
        "classes": json.dumps(model.classes, ensure_ascii=False),
        "preparation": json.dumps(asdict(model.preparation)),
        "network": model.notation,
        "temperature": json.dumps(model.temperature),
        **({"thresholds": json.dumps(model.thresholds)} if model.thresholds else {}),
        "open_set": json.dumps(model.open_set and model.open_set.numbers()),
        "licence": licence or "not stated",
        "figures": json.dumps(dict(model.figures)),
        "receipt": json.dumps(dict(model.receipt)),
    }
