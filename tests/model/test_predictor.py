import dataclasses
from collections.abc import Callable

import numpy as np
import onnx
import pytest
import scipy.special
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn import functional

from convscope.errors import NetworkError, PictureError
from convscope.model.file import Model
from convscope.model.graph import build_graph
from convscope.model.predictor import Predictor
from convscope.network.chain_builder import build_chain
from convscope.network.notation import Convolution, FullConnection, Pooling, write
from convscope.steps import average_pooling, convolution, flattening, full_connection, max_pooling, relu
from convscope.steps.windows import Windows

MakeModel = Callable[..., Model]

small = st.integers(1, 3)
pairs = st.tuples(small, small)
windows = st.builds(Windows, pairs, pairs, st.tuples(st.integers(0, 2), st.integers(0, 2)))
pooling_windows = st.builds(Windows, pairs, pairs, overhang=st.booleans())
convolutions = st.builds(Convolution, st.integers(1, 4), windows)
poolings = st.builds(Pooling, st.sampled_from(["max_pooling", "average_pooling"]), pooling_windows)
neurons = st.builds(FullConnection, st.integers(1, 5))


@st.composite
def chains(draw: st.DrawFn) -> tuple[str, tuple[int, int, int]]:
    layers = [*draw(st.lists(convolutions | poolings, max_size=4)), *draw(st.lists(neurons, max_size=2))]
    shape = (draw(st.sampled_from([1, 3])), draw(st.integers(1, 12)), draw(st.integers(1, 12)))
    assume(layers)
    try:
        build_chain(layers, shape, 3)
    except NetworkError:
        assume(layers is None)
    return write(layers), shape


def pictures_for(model: Model, count: int) -> np.ndarray:
    size = model.preparation
    return np.random.default_rng(1).integers(
        0, 256, (count, size.height, size.width, size.channels), np.uint8
    )


def in_pytorch(model: Model, pictures: np.ndarray) -> np.ndarray:
    value = (torch.from_numpy(pictures).double() - torch.tensor(model.mean)) / torch.tensor(model.std)
    value = value.permute(0, 3, 1, 2)
    chain = model.chain
    weights = {name: torch.from_numpy(weight).double() for name, weight in model.weights.items()}
    for step in chain.layers:
        weight, bias = weights.get(f"{step.name}.weight"), weights.get(f"{step.name}.bias")
        match step.layer:
            case Convolution(_, windows):
                value = functional.conv2d(value, weight, bias, windows.stride, windows.padding).relu()
            case Pooling("max_pooling", windows):
                value = functional.max_pool2d(value, windows.size, windows.stride, ceil_mode=windows.overhang)
            case Pooling(_, windows):
                value = functional.avg_pool2d(value, windows.size, windows.stride, ceil_mode=windows.overhang)
            case FullConnection():
                value = functional.linear(value.flatten(1), weight, bias)
                value = value if step is chain.output else value.relu()
    return value.numpy()


def by_the_book(model: Model, picture: np.ndarray) -> np.ndarray:
    value = ((picture - np.array(model.mean)) / np.array(model.std)).transpose(2, 0, 1)
    chain = model.chain
    for step in chain.layers:
        weights = [model.weights[name] for name in step.parameters]
        match step.layer:
            case Convolution(_, windows):
                value = relu.forward(convolution.forward(value, *weights, windows))
            case Pooling(kind, windows):
                pooling = max_pooling if kind == "max_pooling" else average_pooling
                value = pooling.forward(value, windows)
            case FullConnection():
                column = value if value.ndim == 1 else flattening.forward(value)
                value = full_connection.forward(column, *weights)
                value = value if step is chain.output else relu.forward(value)
    return value


@given(chains())
@settings(max_examples=60)
def test_logits_are_those_of_pytorch_and_numpy(
    make_model: MakeModel, chain: tuple[str, tuple[int, int, int]]
) -> None:
    model = make_model(*chain)
    pictures = pictures_for(model, 3)
    logits = Predictor(model, threads=1).logits(pictures)
    expected = in_pytorch(model, pictures)
    tolerance = 1e-4 * max(1.0, np.abs(expected).max())
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=tolerance)
    np.testing.assert_allclose(logits[0], by_the_book(model, pictures[0]), rtol=1e-4, atol=tolerance)


@given(chains())
@settings(max_examples=20)
def test_the_graph_is_valid_onnx(make_model: MakeModel, chain: tuple[str, tuple[int, int, int]]) -> None:
    graph = build_graph(make_model(*chain))
    onnx.checker.check_model(graph, full_check=True)
    assert graph.opset_import[0].version == 17


def test_average_pooling_divides_by_the_cells_inside(make_model: MakeModel) -> None:
    model = dataclasses.replace(
        make_model("AP2o", (1, 3, 3), 4),
        mean=(0.0,),
        std=(1.0,),
        weights={
            "full_connection_1.weight": np.eye(4, dtype=np.float32),
            "full_connection_1.bias": np.zeros(4, np.float32),
        },
    )
    picture = np.array([[1, 2, 3], [5, 8, 7], [4, 6, 9]], np.uint8).reshape(1, 3, 3, 1)
    assert Predictor(model).logits(picture).tolist() == [[4.0, 5.0, 5.0, 9.0]]


def test_probabilities_are_the_softmax_at_the_temperature(make_model: MakeModel) -> None:
    model = dataclasses.replace(make_model(), temperature=2.5)
    predictor = Predictor(model)
    pictures = pictures_for(model, 7)
    expected = scipy.special.softmax(predictor.logits(pictures).astype(np.float64) / 2.5, axis=1)
    np.testing.assert_allclose(predictor.probabilities(pictures), expected, rtol=1e-12)


def test_huge_logits_do_not_overflow(make_model: MakeModel) -> None:
    model = make_model()
    weights = {name: weight * np.float32(1e6) for name, weight in model.weights.items()}
    predictor = Predictor(dataclasses.replace(model, weights=weights))
    assert np.isfinite(predictor.probabilities(pictures_for(model, 5))).all()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 600])
def test_batches_are_put_together_in_order(make_model: MakeModel, count: int, threads: int) -> None:
    model = make_model("2C3-MP2", (1, 6, 6))
    pictures = pictures_for(model, count)
    predictor = Predictor(model, threads)
    logits = predictor.logits(pictures)
    assert logits.shape == (count, 3)
    assert logits.dtype == np.float32
    shares = scipy.special.softmax(logits.astype(np.float64), axis=1)
    np.testing.assert_allclose(predictor.probabilities(pictures), shares, rtol=1e-12)
    assert len(predictor.answers(pictures)) == count
    for n in {0, count // 2, count - 1} & set(range(count)):
        np.testing.assert_allclose(logits[n], predictor.logits(pictures[n : n + 1])[0], rtol=1e-5, atol=1e-5)


def test_large_pictures_go_in_small_batches(make_model: MakeModel) -> None:
    assert Predictor(make_model("64C3-MP64", (3, 512, 512))).batch_size == 1
    assert Predictor(make_model("2C3", (1, 8, 8))).batch_size == 256


def test_a_view_that_is_not_contiguous(make_model: MakeModel) -> None:
    model = make_model()
    pictures = pictures_for(model, 6)
    predictor = Predictor(model)
    np.testing.assert_array_equal(predictor.logits(pictures[::-2]), predictor.logits(pictures[::-2].copy()))


@pytest.mark.parametrize(
    "pictures",
    [np.zeros((2, 8, 8, 3), np.float32), np.zeros((2, 8, 8, 1), np.uint8), np.zeros((8, 8, 3), np.uint8)],
)
def test_pictures_that_are_not_prepared(make_model: MakeModel, pictures: np.ndarray) -> None:
    with pytest.raises(PictureError, match="uint8"):
        Predictor(make_model()).logits(pictures)
