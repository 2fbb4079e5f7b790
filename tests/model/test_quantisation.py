from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from convscope.model.quantisation import quantise
from convscope.model.raw_graph import build_raw_graph


def optimised(graph: onnx.ModelProto, path: Path) -> Counter[str]:
    """Count the operators that ONNX Runtime actually executes."""
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(path)
    options.log_severity_level = 3
    onnxruntime.InferenceSession(graph.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return Counter(node.op_type for node in onnx.load(path).graph.node)


@pytest.mark.parametrize("network", ["4C3-MP2-6C3-8N", "8C3s2p0or6-K-(16C1r6-D3r6-8C1l)+-12C1r6-J"])
def test_the_whole_network_computes_in_8_bits(make_model, network, tmp_path):
    model = make_model(network, (3, 16, 16))
    convolutions = sum("convolution" in step.kind for step in model.chain)
    pictures = np.random.default_rng(0).integers(0, 256, (40, 16, 16, 3), np.uint8)
    graph = build_raw_graph(model)
    quantised = quantise(graph, pictures)
    operators = optimised(quantised, tmp_path / "optimised.onnx")
    assert operators["QLinearConv"] == convolutions
    assert operators["QuantizeLinear"] == operators["DequantizeLinear"] == 1
    assert not operators.keys() & {"Conv", "Relu", "Clip", "MaxPool", "AveragePool", "Gemm"}
    exact, rounded = (
        onnxruntime.InferenceSession(one.SerializeToString()).run(["probabilities"], {"pictures": pictures})[
            0
        ]
        for one in (graph, quantised)
    )
    assert 0 < np.abs(exact - rounded).max() < 0.1
    assert (exact.argmax(axis=1) == rounded.argmax(axis=1)).mean() > 0.9
