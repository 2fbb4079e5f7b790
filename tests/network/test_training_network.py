import math

import pytest
import torch
from torch import nn

from convscope.network.blocks import (
    ConvolutionBlock,
    FullConnectionBlock,
    OutputBlock,
    PoolingBlock,
    WhitenedConvolution,
)
from convscope.network.chain_builder import parse_chain
from convscope.network.training_network import TrainingNetwork

SHAPE, CLASSES = (3, 12, 10), 4
NOTATIONS = [
    "5C3-MP2-7C3-MP2-6N",
    "5C3-AP2-6N-5N",
    "5C3s2-MP3x2-7C2",
    "MP2-5C3-MP2o-MP2",
    "5C3-MP3s2-7C3p0",
    "AP3o",
    "6N",
]


def network(notation, *, fused, whitened=None, seed=0):
    torch.manual_seed(seed)
    return TrainingNetwork(parse_chain(notation, SHAPE, CLASSES), whitened=whitened, fused=fused)


def pictures(count=8, seed=1):
    drawn = torch.randn(count, *SHAPE, generator=torch.Generator().manual_seed(seed))
    return drawn.to(memory_format=torch.channels_last)


@pytest.mark.parametrize("notation", NOTATIONS)
def test_fused_and_unfused_networks_are_the_same_in_training_and_evaluation(notation):
    fused, plain = (network(notation, fused=choice) for choice in (True, False))
    for maps in (pictures(seed=1), pictures(seed=2)):
        values = []
        for one in (fused, plain):
            logits = one(maps)
            logits.square().mean().backward()
            values.append(logits)
        torch.testing.assert_close(*values, rtol=1e-3, atol=1e-4)
    for (name, ours), theirs in zip(fused.state_dict().items(), plain.state_dict().values(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-5, msg=name)
    for ours, theirs in zip(fused.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-2, atol=1e-4)
    with torch.inference_mode():
        torch.testing.assert_close(
            fused.eval()(pictures(seed=3)), plain.eval()(pictures(seed=3)), rtol=1e-3, atol=1e-4
        )


def test_only_plain_pooling_by_two_is_done_together_with_normalisation():
    kinds = {
        "5C3-MP2": [ConvolutionBlock, nn.Identity, OutputBlock],
        "5C3-MP2-MP2": [ConvolutionBlock, nn.Identity, PoolingBlock, OutputBlock],
        "5C3-MP2o": [ConvolutionBlock, PoolingBlock, OutputBlock],
        "5C3-MP2s1": [ConvolutionBlock, PoolingBlock, OutputBlock],
        "5C3-AP2": [ConvolutionBlock, PoolingBlock, OutputBlock],
        "MP2-6N": [PoolingBlock, FullConnectionBlock, OutputBlock],
    }
    for notation, expected in kinds.items():
        blocks = network(notation, fused=True).blocks
        assert [type(block) for block in blocks] == expected, notation
        assert not isinstance(blocks[0], ConvolutionBlock) or blocks[0].normalise.pool == (
            nn.Identity in expected
        )


def test_normalised_maps_have_no_mean_and_variance_one_before_relu():
    one = network("5C3-6N", fused=True)
    one.blocks[0].normalise.shift.data += 20  # ReLU has no effect
    maps = one.blocks[0](pictures(64)) - 20
    torch.testing.assert_close(maps.mean(dim=(0, 2, 3)), torch.zeros(5), rtol=0, atol=1e-4)
    torch.testing.assert_close(maps.var(dim=(0, 2, 3), correction=0), torch.ones(5), rtol=1e-3, atol=0)


def test_statistics_move_a_tenth_of_the_way():
    one = network("5C3", fused=True)
    maps = pictures(64)
    sums = nn.functional.conv2d(maps, one.blocks[0].weight, None, padding=1).detach()
    one(maps)
    variance, mean = torch.var_mean(sums, dim=(0, 2, 3), correction=0)
    torch.testing.assert_close(one.blocks[0].normalise.mean, 0.1 * mean, rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(one.blocks[0].normalise.variance, 0.9 + 0.1 * variance, rtol=1e-3, atol=1e-5)


def test_weights_begin_as_he_drew_them_with_the_first_filters_passing_their_channel_on():
    one = network("200C3-100N", fused=True)
    filters, full = one.blocks[0].weight.detach(), one.blocks[1].weight.detach()
    maps = pictures(2)
    passed = nn.functional.conv2d(maps, filters[:3], padding=1)
    assert torch.equal(passed, maps)
    assert filters[3:].std().item() == pytest.approx(math.sqrt(2 / 27), rel=0.05)
    assert full.std().item() == pytest.approx(math.sqrt(2 / full.shape[1]), rel=0.05)


def test_logits_have_about_the_same_size_whatever_the_width():
    for notation in ("8N", "2000N"):
        logits = network(notation, fused=True)(pictures(32))
        assert 0.3 < logits.std().item() < 3


def test_a_whitened_convolution_is_kept_but_not_learned():
    filters = torch.randn(24, 3, 2, 2)
    one = network("24C2-5C3", fused=True, whitened=filters)
    assert isinstance(one.blocks[0], WhitenedConvolution)
    assert not any(name.startswith("blocks.0.") for name, _ in one.named_parameters())
    assert torch.equal(one.state_dict()["blocks.0.weight"], filters)
    one(pictures()).sum().backward()


def test_maps_may_be_bfloat16_and_logits_never_are():
    one = network("5C3-MP2-6N", fused=True)
    logits = one(pictures().bfloat16())
    assert logits.dtype == torch.float32
    torch.testing.assert_close(logits, network("5C3-MP2-6N", fused=True)(pictures()), rtol=0.1, atol=0.1)


@pytest.mark.parametrize("kind", ["MP", "AP"])
def test_a_pooling_of_the_whole_map_takes_pictures_of_other_sizes(kind):
    one = network(f"5C3-MP2-6C3-{kind}6x5", fused=True).eval()
    small = torch.randn(2, 3, 8, 9, generator=torch.Generator().manual_seed(0))
    maps = one.blocks[2](one.blocks[1](one.blocks[0](small)))
    whole = maps.amax((2, 3)) if kind == "MP" else maps.mean((2, 3))
    torch.testing.assert_close(one(small), one.blocks[4](whole[:, :, None, None]))


def test_a_network_that_flattens_several_cells_takes_one_size_alone():
    with pytest.raises(RuntimeError):
        network("5C3-MP2", fused=True)(torch.zeros(2, 3, 8, 9))


@pytest.mark.parametrize("notation", ["24C2-MP2-5C3", "24C2p0-MP2-5C3", "24C2s2-MP2-5C3", "10C2-MP2-5C3"])
def test_a_whitened_convolution_that_is_pooled_is_that_of_single_steps(notation):
    """Whole numbers, whose sums are exact in any order."""
    filters = torch.randint(-3, 4, (int(notation.partition("C")[0]), 3, 2, 2)).float()
    maps = torch.randint(-3, 4, (4, *SHAPE)).float().to(memory_format=torch.channels_last)
    fused, unfused = (network(notation, fused=fused, whitened=filters) for fused in (True, False))
    expected = unfused.blocks[1](unfused.blocks[0](maps))
    assert torch.equal(fused.blocks[1](fused.blocks[0](maps)), expected)
