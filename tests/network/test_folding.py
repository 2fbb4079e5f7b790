from functools import reduce

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from convscope.model.file import Model
from convscope.model.predictor import Predictor
from convscope.network.chain import Step
from convscope.network.chain_builder import parse_chain
from convscope.network.folding import fold
from convscope.network.notation import Convolution, FullConnection, Pooling
from convscope.network.training_network import TrainingNetwork
from convscope.network.whitening import whitening_filters
from convscope.pictures.preparation import Preparation
from convscope.steps import average_pooling, convolution, flattening, full_connection, max_pooling, relu
from convscope.training.learning.optimiser import Optimiser

SHAPE, CLASSES = (3, 10, 9), 3
MEAN, STD = np.array([100, 120, 140], np.float32), np.array([50, 60, 70], np.float32)
NOTATIONS = [
    "5C3-MP2-6C3-MP2-7N",
    "24C2-6C3-MP2",
    "5C3s2-AP2-7N-6N",
    "5C3-MP3s2-6C3p0",
    "5C3-MP2o-AP2o",
    "MP2-5C2-6C1",
    "7N",
]


@pytest.fixture(scope="module", params=NOTATIONS)
def trained(request):
    """A network after some steps on noise, so that all means, variances and shifts have changed."""
    torch.manual_seed(0)
    chain = parse_chain(request.param, SHAPE, CLASSES)
    pixels, labels = torch.randint(0, 256, (40, *SHAPE)), torch.randint(0, CLASSES, (40,))
    maps = normalised(pixels)
    whitened = whitening_filters([maps], chain.layers[0]) if request.param.startswith("24C2") else None
    network = TrainingNetwork(chain, whitened=whitened, fused=True)
    optimiser = Optimiser(network, batch_size=40, filter_rate=0.1)
    for _ in range(10):
        F.cross_entropy(network(maps), labels).backward()
        optimiser.step(torch.tensor(1.0))
    return network.eval(), pixels[:8]


def normalised(pixels):
    mean, std = (torch.from_numpy(array)[:, None, None] for array in (MEAN, STD))
    return ((pixels - mean) / std).to(memory_format=torch.channels_last)


def by_the_book(weights, step: Step, value):
    tensors = [weights[name] for name in step.parameters]
    match step.layer:
        case Convolution(_, windows):
            return relu.forward(convolution.forward(value, *tensors, windows))
        case Pooling(kind, windows):
            pooling = max_pooling if kind == "max_pooling" else average_pooling
            return pooling.forward(value, windows)
        case FullConnection():
            column = flattening.forward(value) if value.ndim == 3 else value
            sums = full_connection.forward(column, *tensors)
            return sums if step.shape == (CLASSES,) else relu.forward(sums)


def test_the_plain_chain_in_numpy_gives_the_trained_networks_logits(trained):
    network, pixels = trained
    weights = fold(network)
    maps = normalised(pixels)
    with torch.inference_mode():
        expected = network(maps)
    result = [
        reduce(lambda value, step: by_the_book(weights, step, value), network.chain.layers, picture)
        for picture in maps.double().numpy()
    ]
    np.testing.assert_allclose(result, expected.numpy(), rtol=1e-3, atol=1e-4)


def test_the_predictor_gives_the_trained_networks_logits(trained):
    network, pixels = trained
    preparation = Preparation(3, *SHAPE[1:])
    model = Model(network.chain, ("a", "b", "c"), preparation, tuple(MEAN), tuple(STD), fold(network))
    with torch.inference_mode():
        expected = network(normalised(pixels))
    result = Predictor(model, threads=1).logits(pixels.permute(0, 2, 3, 1).numpy().astype(np.uint8))
    np.testing.assert_allclose(result, expected.numpy(), rtol=1e-3, atol=1e-4)


def test_names_and_shapes_are_those_of_the_plain_chain(trained):
    network, _ = trained
    weights = fold(network)
    assert {name: weight.shape for name, weight in weights.items()} == network.chain.parameters
    assert all(weight.dtype == np.float32 for weight in weights.values())


def test_what_is_folded_is_a_copy(trained):
    network, _ = trained
    before, changed = fold(network), fold(network)
    for name in changed:
        changed[name][...] = np.nan
    assert all(np.array_equal(weight, before[name]) for name, weight in fold(network).items())
