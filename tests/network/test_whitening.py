import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from convscope.network.chain_builder import parse_chain
from convscope.network.whitening import can_be_whitened, whitening_filters


def first_layer(notation, shape):
    return parse_chain(notation, shape, 10).layers[0]


def smooth(channels, seed=0):
    """Pictures with correlated neighbouring pixels and channels, as in photographs; mean 0, variance 1."""
    noise = np.random.default_rng(seed).standard_normal((300, channels, 12, 10))
    rough = torch.from_numpy(noise).float()
    grey = rough.mean(dim=1, keepdim=True)
    maps = F.avg_pool2d(rough + 3 * grey, 3, stride=1)
    return (maps - maps.mean()) / maps.std()


@pytest.mark.parametrize(("notation", "channels"), [("24C2", 3), ("18C3", 1), ("16C3", 1), ("12C2x3p0", 1)])
def test_what_comes_out_is_uncorrelated_and_of_equal_size(notation, channels):
    maps = smooth(channels)
    step = first_layer(notation, maps.shape[1:])
    filters = whitening_filters(maps.split(64), step)
    half = len(filters) // 2
    assert tuple(filters.shape) == step.parameters[f"{step.name}.weight"]
    out = F.conv2d(maps, filters[:half]).transpose(0, 1).flatten(1).double()
    covariance = out @ out.T / out.shape[1]
    sizes = covariance.diagonal()
    # the term added to the variances makes the weakest directions slightly weaker
    torch.testing.assert_close(sizes, torch.ones(half, dtype=torch.float64), rtol=0, atol=0.05)
    assert (covariance - torch.diag(sizes)).abs().max() < 1e-3
    assert torch.equal(filters[half:], -filters[:half])


def test_the_strongest_direction_comes_first_and_noise_is_not_blown_up():
    maps = smooth(1) + 1e-4 * torch.randn(300, 1, 10, 8)
    maps[:, :, :, 1::2] = maps[:, :, :, ::2]  # pairs of equal columns: some directions have zero variance
    filters = whitening_filters([maps], first_layer("18C3", (1, 10, 8)))
    sizes = filters[:9].flatten(1).norm(dim=1)
    assert torch.equal(sizes, sizes.sort().values)
    assert sizes.max() < 1 / np.sqrt(5e-4) + 1


@pytest.mark.parametrize(
    ("notation", "shape", "can"),
    [
        ("24C2", (3, 8, 8), True),
        ("18C3-MP2", (1, 8, 8), True),
        ("36C3x2", (3, 8, 8), True),
        ("24C2", (1, 8, 8), False),
        ("18C3", (1, 3, 3), True),
        ("18C3", (1, 8, 2), False),
        ("MP2-24C2", (3, 8, 8), False),
        ("24N", (3, 8, 8), False),
    ],
)
def test_only_a_first_convolution_of_the_right_size_can_be_whitened(notation, shape, can):
    assert can_be_whitened(first_layer(notation, shape)) == can
