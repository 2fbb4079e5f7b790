import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from convscope.network.fused import EPSILON, PoolNormReLU, normalise_maps, one_process, pool_maps

seeds = st.integers(0, 2**32 - 1)
shapes = st.tuples(st.integers(4, 7), st.integers(1, 40), st.integers(2, 7), st.integers(2, 7))
PRECISIONS = [torch.float32, torch.bfloat16]


def drawn(shape, seed, precision=torch.float32):
    """Random maps, shift and gradient at the output, before and after pooling."""
    random = np.random.default_rng(seed)
    maps = torch.from_numpy(random.standard_normal(shape, np.float32)).to(precision)
    shift = torch.from_numpy(random.standard_normal(shape[1], np.float32))
    return maps.to(memory_format=torch.channels_last), shift, random


def in_pytorch(maps, shift, pool):
    pooled = F.max_pool2d(maps, 2) if pool else maps
    return F.batch_norm(pooled, None, None, None, shift, training=True, eps=EPSILON)


def fused(pool):
    return lambda maps, shift: PoolNormReLU.apply(maps, shift, pool, one_process)[0]


def is_clear(maps, normal, pool):
    """Whether no number is so close to zero, and no channel so flat, that rounding affects the result."""
    variance = (F.max_pool2d(maps.double(), 2) if pool else maps.double()).var(dim=(0, 2, 3), correction=0)
    return normal.abs().min() > 1e-5 and variance.min() > 0.1


def differentiated(step, maps, shift, slopes):
    maps, shift = maps.detach().clone().requires_grad_(), shift.detach().clone().requires_grad_()
    out = step(maps, shift)
    out.backward(slopes.to(out.dtype))
    return [tensor.detach().double() for tensor in (out, maps.grad, shift.grad)]


@settings(max_examples=40)
@given(shapes, st.booleans(), seeds)
def test_values_and_gradients_are_those_of_pytorchs_own_steps(shape, pool, seed):
    maps, shift, random = drawn(shape, seed)
    normal = in_pytorch(maps.double(), shift.double(), pool)
    assume(is_clear(maps, normal, pool))
    slopes = torch.from_numpy(random.standard_normal(normal.shape, np.float32))
    result = differentiated(fused(pool=pool), maps, shift, slopes)
    expected = differentiated(
        lambda m, s: in_pytorch(m, s, pool).relu(), maps.double(), shift.double(), slopes.double()
    )
    for ours, theirs in zip(result, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=2e-5 * float(theirs.abs().max() + 1))


@settings(max_examples=20)
@given(shapes, st.booleans(), seeds)
def test_in_bfloat16_only_the_rounding_of_what_is_stored_differs(shape, pool, seed):
    maps, shift, random = drawn(shape, seed, torch.bfloat16)
    normal = in_pytorch(maps.double(), shift.double(), pool)
    assume(is_clear(maps, normal, pool))
    slopes = torch.from_numpy(random.standard_normal(normal.shape, np.float32)).bfloat16()
    result = differentiated(fused(pool=pool), maps, shift, slopes)
    expected = differentiated(
        lambda m, s: in_pytorch(m, s, pool).relu(), maps.double(), shift.double(), slopes.double()
    )
    for ours, theirs in zip(result, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=2**-7, atol=1e-3 * float(theirs.abs().max() + 1))


@pytest.mark.parametrize("pool", [False, True])
def test_mean_and_variance_are_the_batchs(pool):
    maps, shift, _ = drawn((4, 3, 7, 6), 0)
    _, mean, variance = PoolNormReLU.apply(3 * maps + 5, shift, pool, one_process)
    seen = F.max_pool2d(3 * maps + 5, 2) if pool else 3 * maps + 5
    expected_variance, expected_mean = torch.var_mean(seen.double(), dim=(0, 2, 3), correction=0)
    torch.testing.assert_close(mean.double(), expected_mean)
    torch.testing.assert_close(variance.double(), expected_variance, rtol=1e-4, atol=0)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("pool", [False, True])
def test_the_number_of_threads_changes_no_bit(pool, precision, monkeypatch):
    maps, shift, random = drawn((9, 5, 6, 7), 0, precision)
    slopes = torch.from_numpy(random.standard_normal((9, 5, 3, 3) if pool else (9, 5, 6, 7)))
    results = []
    for threads in ("1", "2", "5"):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        results.append(differentiated(fused(pool=pool), maps, shift, slopes))
    for result in results[1:]:
        assert all(torch.equal(a, b) for a, b in zip(result, results[0], strict=True))


def test_maps_in_another_order_of_memory_give_the_same():
    maps, shift, random = drawn((3, 4, 6, 6), 0)
    slopes = torch.from_numpy(random.standard_normal((3, 4, 3, 3), np.float32))
    orders = (maps, maps.contiguous())
    first, second = (differentiated(fused(pool=True), order, shift, slopes) for order in orders)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_a_channel_that_is_constant_does_no_harm():
    maps, slopes = torch.full((4, 2, 4, 4), 7.0), torch.ones(4, 2, 2, 2)
    shift = torch.tensor([0.5, -0.5])
    out, at_maps, at_shift = differentiated(fused(pool=True), maps, shift, slopes)
    assert torch.equal(out.unique(), torch.tensor([0.0, 0.5]).double())
    assert torch.isfinite(at_maps).all()
    assert at_shift.tolist() == [16, 0]


@pytest.mark.parametrize("precision", PRECISIONS)
def test_without_gradients_the_given_mean_and_variance_count(precision):
    maps, shift, random = drawn((3, 5, 7, 6), 0, precision)
    mean = torch.from_numpy(random.standard_normal(5, np.float32))
    variance = torch.from_numpy(random.random(5, np.float32) + 0.1)
    assert torch.equal(pool_maps(maps), F.max_pool2d(maps, 2))
    result = normalise_maps(maps, mean, variance, shift)
    expected = F.batch_norm(maps.float(), mean, variance, None, shift, training=False, eps=EPSILON).relu()
    tolerance = 1e-5 if precision == torch.float32 else 2**-7
    torch.testing.assert_close(result.float(), expected, rtol=tolerance, atol=1e-5)
