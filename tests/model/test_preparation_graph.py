from collections.abc import Callable
from functools import cache

import numpy as np
import onnx
import openvino
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from onnx import TensorProto, helper

from convscope.model.graph import assemble
from convscope.model.preparation_graph import preparation_nodes
from convscope.model.session import Session
from convscope.pictures.preparation import Preparation, prepare

FITS = ("stretch", "pad", "crop")
SIDES = st.integers(1, 60)
PICTURES = st.tuples(SIDES, SIDES, st.sampled_from([1, 3])).flatmap(lambda shape: arrays(np.uint8, shape))
PREPARATIONS = st.builds(
    Preparation,
    st.sampled_from([1, 3]),
    st.sampled_from([1, 7, 28]),
    st.sampled_from([1, 8, 30]),
    st.sampled_from(FITS),
)


def graph_of(preparation: Preparation) -> onnx.ModelProto:
    nodes, constants = preparation_nodes(preparation)
    pictures = helper.make_tensor_value_info("pictures", TensorProto.UINT8, ["N", "H", "W", "C"])
    shape = ["N", preparation.channels, preparation.height, preparation.width]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)
    return assemble(nodes, [pictures], [image], constants)


@cache
def in_onnxruntime(preparation: Preparation) -> Callable[[np.ndarray], np.ndarray]:
    session = Session(lambda: graph_of(preparation), threads=1)
    return lambda pictures: session.run(None, {"pictures": pictures})[0].transpose(0, 2, 3, 1)


@given(PICTURES, PREPARATIONS)
@settings(max_examples=150)
def test_onnx_runtime_prepares_as_pillow_to_the_last_pixel(
    picture: np.ndarray, preparation: Preparation
) -> None:
    result = in_onnxruntime(preparation)(picture[np.newaxis])
    np.testing.assert_array_equal(result[0], prepare(picture, preparation))


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 2_000, 1), (2_000, 1, 3), (600, 801, 3), (1_025, 13, 1)])
def test_extreme_shapes(shape: tuple[int, int, int], fit: str) -> None:
    preparation = Preparation(3, 24, 32, fit)
    picture = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    result = in_onnxruntime(preparation)(picture[np.newaxis])
    np.testing.assert_array_equal(result[0], prepare(picture, preparation))


def test_pictures_of_one_size_may_come_together() -> None:
    preparation = Preparation(1, 8, 8, "pad")
    pictures = np.random.default_rng(0).integers(0, 256, (5, 20, 11, 3), np.uint8)
    expected = np.stack([prepare(picture, preparation) for picture in pictures])
    np.testing.assert_array_equal(in_onnxruntime(preparation)(pictures), expected)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("channels", [1, 3])
def test_the_graph_is_valid_onnx(fit: str, channels: int) -> None:
    onnx.checker.check_model(graph_of(Preparation(channels, 9, 7, fit)), full_check=True)


@pytest.mark.parametrize("fit", FITS)
def test_openvino_is_one_level_off_at_most_and_seldom(fit: str) -> None:
    """It computes the weights in float32, ONNX Runtime in float64."""
    preparation = Preparation(3, 32, 32, fit)
    model = openvino.Core().read_model(graph_of(preparation).SerializeToString())
    # on processors with bfloat16, OpenVINO would use it by default
    network = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    random, differences = np.random.default_rng(0), []
    for _ in range(20):
        picture = random.integers(0, 256, (*random.integers(5, 200, 2), 3), np.uint8)
        result = network({"pictures": picture[np.newaxis]})[0][0].transpose(1, 2, 0)
        differences.append(np.abs(result - prepare(picture, preparation).astype(np.float32)))
    assert np.max(differences) <= 1
    assert np.count_nonzero(differences) / np.size(differences) < 0.02
