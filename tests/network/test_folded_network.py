import numpy as np
import pytest
import torch

from convscope.model.features import StepExtractor
from convscope.model.file import Model
from convscope.network.chain_builder import parse_chain
from convscope.network.folded_network import FoldedNetwork, frontier
from convscope.pictures.preparation import Preparation
from convscope.walkthrough.numpy_chain import forward

NOTATIONS = ["4C3s2o-(D3r6-4C1l)+-K-6C3-J", "3C3-MP2-K-4C3p0-AP2-J", "3C3-MP2-5N"]


@pytest.fixture(params=NOTATIONS)
def model(request):
    chain = parse_chain(request.param, (3, 12, 10), 2)
    random = np.random.default_rng(0)
    weights = {
        name: random.normal(0, 0.4, shape).astype(np.float32) for name, shape in chain.parameters.items()
    }
    return Model(chain, ("a", "b"), Preparation(3, 12, 10), (127.0,) * 3, (128.0,) * 3, weights)


def test_it_computes_what_the_book_says_from_wherever_it_starts(model):
    pictures = np.random.default_rng(1).integers(0, 256, (2, 12, 10, 3), np.uint8)
    network, chain = FoldedNetwork(model.chain, model.weights), model.chain
    last = chain.layers[-2:]
    names = frontier(chain, [step.name for step in last])
    extractor = StepExtractor(chain, names, model.mean, model.std, model.weights)
    batches = [found for _, found in extractor.compute(pictures, np.arange(2))]
    found = [np.concatenate(parts) for parts in zip(*batches, strict=True)]
    image = torch.from_numpy(((pictures - 127.0) / 128).transpose(0, 3, 1, 2).astype(np.float32))
    with torch.no_grad():
        whole = network({"image": image}).numpy()
        end = network({name: torch.from_numpy(one) for name, one in zip(names, found, strict=True)}).numpy()
    for row, picture in enumerate(pictures):
        steps = {one.step.name: one.output for one in forward(model, picture)}
        np.testing.assert_allclose(whole[row], steps[chain.output.name], rtol=1e-4, atol=1e-4)
        for name, one in zip(names, found, strict=True):
            np.testing.assert_allclose(one[row], steps[name], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(end, whole, rtol=1e-4, atol=1e-4)


def test_its_weights_are_those_of_the_chain(model):
    weights = FoldedNetwork(model.chain, model.weights).by_name
    assert weights.keys() == model.weights.keys()
    assert all(np.array_equal(weights[name].detach(), one) for name, one in model.weights.items())


def test_what_lies_before_the_trained_layers_is_computed_once():
    chain = parse_chain("2C1-K-2C1-K-2C1-J", (1, 4, 4), 2)
    assert frontier(chain, ["convolution_3", "full_connection_1"]) == [
        "convolution_2.relu",
        "average_pooling_1",
        "average_pooling_2",
    ]
