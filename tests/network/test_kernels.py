import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given
from hypothesis import strategies as st

from convscope.network import kernels
from convscope.network.threads import run

PRECISIONS = [torch.float32, torch.bfloat16]
ROUNDING = {torch.float32: 1e-5, torch.bfloat16: 2**-7}

seeds = st.integers(0, 2**32 - 1)
counts, sides, channels = st.integers(1, 40), st.integers(2, 9), st.integers(1, 40)
precisions = st.sampled_from(PRECISIONS)


def stored(values, precision):
    """Arrays in the kernels' format, and their rounded values."""
    tensor = torch.from_numpy(np.asarray(values, np.float32)).to(precision).contiguous()
    cells = (tensor.view(torch.uint16) if precision == torch.bfloat16 else tensor).numpy()
    return cells, tensor.float().numpy()


def read(cells):
    if cells.dtype != np.uint16:
        return cells
    return torch.from_numpy(cells).view(torch.bfloat16).float().numpy()


def pool(cells, threads=None):
    n, height, width, c = cells.shape
    pooled = np.empty((n, height // 2, width // 2, c), cells.dtype)
    winners = np.empty(pooled.shape, np.uint8)
    sums = np.empty((kernels.CHUNKS, 2, c), np.float32)
    run(kernels.pool_and_sum, cells, pooled, winners, sums, threads=threads)
    return pooled, winners, sums


def pytorchs_pooling(values):
    """Maxima, and winners as indices in the window, like the kernel's."""
    maps = torch.from_numpy(values).permute(0, 3, 1, 2)
    maxima, places = F.max_pool2d(maps, 2, return_indices=True)
    rows, columns = places // maps.shape[3], places % maps.shape[3]
    winners = 2 * (rows % 2) + columns % 2
    return maxima.permute(0, 2, 3, 1).numpy(), winners.permute(0, 2, 3, 1).numpy()


@pytest.mark.parametrize("precision", PRECISIONS)
def test_every_kind_of_window_has_pytorchs_winner(precision):
    """All windows of numbers, equal numbers, signed zeros, infinities and NaN."""
    kinds = [-np.inf, -1, -0.0, 0.0, 1, np.inf, np.nan]
    cells, values = stored(np.array(list(itertools.product(kinds, repeat=4))).reshape(-1, 2, 2, 1), precision)
    pooled, winners, _ = pool(cells)
    maxima, expected = pytorchs_pooling(values)
    assert np.array_equal(read(pooled), maxima, equal_nan=True)
    zero = maxima == 0
    assert np.array_equal(np.signbit(read(pooled)[zero]), np.signbit(maxima[zero]))
    assert np.array_equal(winners, expected)


@given(counts, sides, sides, channels, precisions, seeds)
def test_pooling_is_pytorchs_for_every_shape(n, height, width, c, precision, seed):
    few_values = np.random.default_rng(seed).integers(-3, 4, (n, height, width, c))
    cells, values = stored(few_values, precision)
    pooled, winners, sums = pool(cells)
    maxima, expected = pytorchs_pooling(values)
    assert np.array_equal(read(pooled), maxima)
    assert np.array_equal(winners, expected)
    assert np.array_equal(sums.sum(axis=0)[0], maxima.sum(axis=(0, 1, 2)))
    assert np.array_equal(sums.sum(axis=0)[1], (maxima**2).sum(axis=(0, 1, 2)))


@given(counts, channels, precisions, seeds)
def test_rows_are_summed(rows, c, precision, seed):
    cells, values = stored(np.random.default_rng(seed).standard_normal((rows, c)), precision)
    sums = np.empty((kernels.CHUNKS, 2, c), np.float32)
    run(kernels.sum_rows, cells, sums)
    exact = values.astype(np.float64)
    np.testing.assert_allclose(sums.sum(axis=0)[0], exact.sum(axis=0), atol=1e-5)
    np.testing.assert_allclose(sums.sum(axis=0)[1], (exact**2).sum(axis=0), rtol=1e-5)


@given(counts, channels, precisions, seeds)
def test_what_is_normalised_is_cut_at_zero(rows, c, precision, seed):
    random = np.random.default_rng(seed)
    cells, values = stored(random.standard_normal((rows, c)), precision)
    scale, shift = random.random(c, np.float32) + 0.1, random.standard_normal(c, np.float32)
    out = np.empty_like(cells)
    run(kernels.normalise_relu, cells, scale, shift, out)
    rounding = ROUNDING[precision]
    np.testing.assert_allclose(read(out), np.maximum(scale * values + shift, 0), rtol=rounding, atol=1e-5)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_what_is_no_number_stays_none(precision):
    cells, _ = stored([[np.nan], [np.inf], [-np.inf], [-0.0]], precision)
    out = np.empty_like(cells)
    run(kernels.normalise_relu, cells, np.ones(1, np.float32), np.zeros(1, np.float32), out)
    assert np.array_equal(read(out).ravel(), [np.nan, np.inf, 0, 0], equal_nan=True)


@given(counts, channels, precisions, seeds)
def test_gradients_are_summed_where_relu_lets_them_through(rows, c, precision, seed):
    random = np.random.default_rng(seed)
    (cells, values), (slopes, gradient) = (
        stored(random.standard_normal((rows, c)), precision) for _ in range(2)
    )
    scale, shift, mean = (random.standard_normal(c, np.float32) for _ in range(3))
    sums = np.empty((kernels.CHUNKS, 2, c), np.float32)
    run(kernels.sum_gradients, slopes, cells, scale, shift, mean, sums)
    passed = np.where(values * scale + shift > 0, gradient, 0).astype(np.float64)
    np.testing.assert_allclose(sums.sum(axis=0)[0], passed.sum(axis=0), atol=1e-4)
    np.testing.assert_allclose(sums.sum(axis=0)[1], (passed * (values - mean)).sum(axis=0), atol=1e-4)


@given(counts, sides, sides, channels, precisions, seeds)
def test_the_gradient_is_spread_to_the_winners_and_nobody_else(n, height, width, c, precision, seed):
    random = np.random.default_rng(seed)
    shape = (n, height // 2, width // 2, c)
    (cells, values), (slopes, gradient) = (stored(random.standard_normal(shape), precision) for _ in range(2))
    winners = random.integers(0, 4, shape, np.uint8)
    scale, shift, by_input, constant = (random.standard_normal(c, np.float32) for _ in range(4))
    out = np.full((n, height, width, c), 1, cells.dtype)
    run(kernels.spread_gradient_to_winners, slopes, cells, winners, scale, shift, by_input, constant, out)
    passed = np.where(values * scale + shift > 0, gradient, 0)
    given_on = scale * passed + by_input * values + constant
    expected = np.zeros((n, height, width, c), np.float32)
    for place in range(4):
        cell = expected[:, place // 2 : height // 2 * 2 : 2, place % 2 : width // 2 * 2 : 2]
        cell[:] = np.where(winners == place, given_on, 0)
    np.testing.assert_allclose(read(out), expected, rtol=ROUNDING[precision], atol=1e-5)
    without_pooling = np.empty_like(cells)
    rows = [array.reshape(-1, c) for array in (slopes, cells)]
    run(kernels.spread_gradient, *rows, scale, shift, by_input, constant, without_pooling.reshape(-1, c))
    np.testing.assert_allclose(read(without_pooling), given_on, rtol=ROUNDING[precision], atol=1e-5)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("pictures", [1, 7, 40])
def test_the_number_of_threads_changes_no_bit(pictures, precision):
    cells, _ = stored(np.random.default_rng(0).standard_normal((pictures, 9, 8, 5)), precision)
    results = [pool(cells, threads) for threads in (1, 2, 5, 100)]
    for result in results[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(result, results[0], strict=True))


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_gradient_goes_back_to_the_winners_of_a_pooling_as_in_pytorch(precision):
    cells, values = stored(np.random.default_rng(0).standard_normal((3, 7, 5, 6)), precision)
    pooled, winners, _ = pool(cells)
    slopes, slope_values = stored(np.random.default_rng(1).standard_normal(pooled.shape), precision)
    out = np.full(cells.shape, 99, cells.dtype)
    run(kernels.unpool, slopes, winners, out)
    maps = torch.from_numpy(values).permute(0, 3, 1, 2).requires_grad_()
    F.max_pool2d(maps, 2).backward(torch.from_numpy(slope_values).permute(0, 3, 1, 2))
    assert np.array_equal(read(out), maps.grad.permute(0, 2, 3, 1).numpy())
