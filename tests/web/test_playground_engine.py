"""The playground's engine in a real browser: steps match NumPy, gradients match PyTorch's autograd."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from convscope.playground.page import network_document
from convscope.walkthrough.numpy_chain import forward
from convscope.web.modules import bundle

BOUND = 1e-5
NETWORKS = [
    ("6C5p0-MP2-12C3p0-MP2", (1, 28, 28)),  # the one that comes with convscope
    ("5C3x2s2x1p1x0-MP2o-6C3p0-AP2x3s1o-7N", (1, 17, 14)),  # sizes that differ in height and width
    ("4C3-MP3s2-4C3l-9N-5N", (1, 11, 12)),
]
_PREPARE = """() => { %s
  globalThis.engine = modules;
  globalThis.mapped = (object, change) =>
    Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
  const { Network } = modules["playground/engine/network.js"];
  globalThis.networkOf = (steps, weights) =>
    new Network(steps, mapped(weights, (list) => Float32Array.from(list)));
}"""
_RUN = """({ steps, weights, image, label }) => {
  const network = networkOf(steps, weights);
  network.forward(image);
  network.clearGradients();
  network.backward(label);
  return {
    outputs: network.outputs.map((output) => [...output]),
    loss: network.loss(label),
    gradients: Object.fromEntries(network.steps.filter(({ weight }) => weight.length).flatMap((step) => [
      [`${step.name}.weight`, [...step.weightGradient]], [`${step.name}.bias`, [...step.biasGradient]],
    ])),
  };
}"""


@pytest.fixture(scope="module")
def tab(browser):
    tab = browser.new_page()
    tab.evaluate(_PREPARE % bundle("playground/engine/trainer.js"))
    yield tab
    tab.close()


@pytest.fixture(scope="module", params=NETWORKS, ids=lambda network: network[0])
def computed(request, tab, make_model):
    """A model, a picture, and the browser's results."""
    notation, shape = request.param
    model = make_model(notation, shape, classes=4)
    pixels = np.random.default_rng(1).integers(0, 256, (*shape[1:], 1), np.uint8)
    run = {
        "steps": network_document(model, pixels, 0)["steps"],
        "weights": {name: weight.ravel().tolist() for name, weight in model.weights.items()},
        "image": ((pixels.ravel() - model.mean[0]) / model.std[0]).tolist(),
        "label": 2,
    }
    return model, pixels, tab.evaluate(_RUN, run)


def test_every_step_is_as_in_numpy(computed):
    model, pixels, found = computed
    expected = forward(model, pixels)
    assert len(found["outputs"]) == len(expected)
    for output, step in zip(found["outputs"], expected, strict=True):
        scale = max(1, np.abs(step.output).max())
        assert np.abs(np.array(output) - step.output.ravel()).max() <= BOUND * scale, step.name


def test_every_gradient_is_autograd_s(computed):
    model, pixels, found = computed
    weights = {
        name: torch.tensor(weight, dtype=torch.float64, requires_grad=True)
        for name, weight in model.weights.items()
    }
    loss = F.cross_entropy(logits(model, pixels, weights), torch.tensor([2]))
    loss.backward()
    assert found["loss"] == pytest.approx(loss.item(), abs=BOUND)
    for name, weight in weights.items():
        scale = max(1, weight.grad.abs().max().item())
        difference = np.abs(np.array(found["gradients"][name]) - weight.grad.numpy().ravel()).max()
        assert difference <= BOUND * scale, name


def logits(model, pixels, weights):
    """The network in PyTorch's own operations."""
    maps = torch.tensor((pixels[np.newaxis, np.newaxis, :, :, 0] - model.mean[0]) / model.std[0])
    for step in [*model.chain][1:-1]:
        weight, bias = weights.get(f"{step.name}.weight"), weights.get(f"{step.name}.bias")
        match step.kind:
            case "convolution":
                maps = F.conv2d(maps, weight, bias, step.windows.stride, step.windows.padding)
            case "relu":
                maps = maps.relu()
            case "max_pooling":
                windows = step.windows
                maps = F.max_pool2d(maps, windows.size, windows.stride, ceil_mode=windows.overhang)
            case "average_pooling":
                windows = step.windows
                maps = F.avg_pool2d(maps, windows.size, windows.stride, ceil_mode=windows.overhang)
            case "flattening":
                maps = maps.flatten(1)
            case "full_connection":
                maps = F.linear(maps, weight, bias)
    return maps


def test_a_step_of_training_is_pytorch_s_gradient_descent_with_momentum(tab, make_model):
    model = make_model("3C3-MP2", (1, 8, 8), classes=3)
    pixels = np.random.default_rng(2).integers(0, 256, (4, 8, 8), np.uint8)
    labels = [0, 1, 2, 1]
    begun, trained = tab.evaluate(
        """({ steps, weights, pixels, labels, scale }) => {
          const network = networkOf(steps, weights);
          const { Trainer } = engine["playground/engine/trainer.js"];
          const trainer = new Trainer(network, { pixels: Uint8Array.from(pixels), labels }, scale, 7);
          const listed = () => mapped(network.weights, (array) => [...array]);
          const begun = listed();
          for (let step = 0; step < 3; step++) trainer.learn({ learningRate: 0.05, batchSize: 4 });
          return [begun, listed()];
        }""",
        {
            "steps": network_document(model, pixels, 0)["steps"],
            "weights": {name: weight.ravel().tolist() for name, weight in model.weights.items()},
            "pixels": pixels.ravel().tolist(),
            "labels": labels,
            "scale": {"mean": 0, "std": 255},
        },
    )
    weights = {
        name: torch.tensor(begun[name], dtype=torch.float64).reshape(weight.shape).requires_grad_()
        for name, weight in model.weights.items()
    }
    optimiser = torch.optim.SGD(weights.values(), lr=0.05, momentum=0.9)
    plain = model.__class__(model.chain, model.classes, model.preparation, (0.0,), (255.0,), model.weights)
    for _ in range(3):
        optimiser.zero_grad()
        rows = torch.cat([logits(plain, one[:, :, np.newaxis], weights) for one in pixels])
        F.cross_entropy(rows, torch.tensor(labels)).backward()
        optimiser.step()
    for name, weight in weights.items():
        assert np.abs(np.array(trained[name]) - weight.detach().numpy().ravel()).max() <= BOUND, name
