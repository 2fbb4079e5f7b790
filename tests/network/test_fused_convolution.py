import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from convscope.network import fused_convolution, vector_code
from convscope.network.fused import EPSILON, one_process, pool_and_sum
from convscope.network.fused_convolution import ConvolutionPoolNormReLU, computes, convolve_and_pool
from convscope.steps import convolution, max_pooling
from convscope.steps.windows import Windows

pytestmark = pytest.mark.skipif(
    vector_code.most_lanes() == 0, reason="this processor has no instructions for it"
)
PRECISIONS = [torch.float32, torch.bfloat16]
seeds = st.integers(0, 2**32 - 1)
channels, sides, margins = st.sampled_from([1, 3, 8, 16]), st.integers(5, 11), st.integers(0, 2)
kernels = st.sampled_from([(8, 3, 3), (16, 3, 3), (24, 2, 2), (48, 3, 3)])  # each shape is compiled


@pytest.fixture(params=[8, 16], ids=["AVX2", "AVX-512"], autouse=True)
def lanes(request, monkeypatch):
    if request.param > vector_code.most_lanes():
        pytest.skip("this processor has no such instructions")
    for module in (vector_code, fused_convolution):
        monkeypatch.setattr(module, "most_lanes", lambda: request.param)


def drawn(shape, kernel, precision=torch.float32, seed=0, *, whole=False):
    """Maps, weights and a shift; optionally small whole numbers, whose sums are exact."""
    random = np.random.default_rng(seed)

    def numbers(*shape):
        values = random.integers(-2, 3, shape) if whole else random.standard_normal(shape)
        return torch.from_numpy(values.astype(np.float32))

    maps = numbers(*shape).to(precision).to(memory_format=torch.channels_last)
    weight = numbers(kernel[0], shape[1], *kernel[1:])
    return maps, weight.to(precision).float(), numbers(kernel[0]), random


def step_by_step(maps, weight, shift, margins):
    pooled = F.max_pool2d(F.conv2d(maps, weight, None, 1, margins), 2)
    return F.batch_norm(pooled, None, None, None, shift, training=True, eps=EPSILON)


def at_once(maps, weight, shift, margins):
    return ConvolutionPoolNormReLU.apply(maps, weight, shift, margins, one_process)[0]


def differentiated(step, maps, weight, shift, margins, slopes):
    leaves = [tensor.detach().clone().requires_grad_() for tensor in (maps, weight, shift)]
    out = step(*leaves, margins)
    out.backward(slopes.to(out.dtype))
    return [out.detach().double(), *(leaf.grad.double() for leaf in leaves)]


def is_clear(maps, weight, normal, margins):
    """Whether rounding affects neither the winner of a window nor the sign of a number."""
    cells = F.unfold(F.conv2d(maps, weight, None, 1, margins).flatten(0, 1)[:, None], 2, stride=2)
    best = cells.topk(2, dim=1).values
    variance = normal.var(dim=(0, 2, 3), correction=0)
    return (best[:, 0] - best[:, 1]).min() > 1e-5 and normal.abs().min() > 1e-5 and variance.min() > 0.1


@pytest.mark.slow  # it compiles many kernels
@settings(max_examples=30, deadline=None)
@given(st.tuples(st.integers(4, 6), channels, sides, sides), kernels, margins, seeds)
def test_values_and_gradients_are_those_of_pytorchs_own_steps(shape, kernel, margin, seed):
    maps, weight, shift, random = drawn(shape, kernel, seed=seed)
    around = margin, min(margin, 1)
    double = maps.double(), weight.double(), shift.double()
    normal = step_by_step(*double, around)
    assume(is_clear(*double[:2], normal, around))
    slopes = torch.from_numpy(random.standard_normal(normal.shape))
    result = differentiated(at_once, maps, weight, shift, around, slopes.float())
    expected = differentiated(lambda *given: step_by_step(*given).relu(), *double, around, slopes)
    for ours, theirs in zip(result, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=5e-5 * float(theirs.abs().max() + 1))


@settings(max_examples=15, deadline=None)
@given(
    st.tuples(st.integers(1, 3), st.sampled_from([1, 3]), sides, sides),
    kernels,
    margins,
    st.sampled_from(PRECISIONS),
    seeds,
)
def test_maxima_and_winners_are_those_of_the_single_steps(shape, kernel, margin, precision, seed):
    """Also for equal numbers, which are frequent with whole numbers, whose sums are exact."""
    maps, weight, _, _ = drawn(shape, kernel, precision, seed, whole=True)
    pooled, winners, sums = convolve_and_pool(maps, weight, (margin, margin))
    sides = Windows((kernel[1], kernel[2]), (1, 1), (margin, margin))
    by_the_book = [
        max_pooling.forward(
            convolution.forward(picture, weight.numpy(), np.zeros(kernel[0], np.float32), windows=sides),
            Windows((2, 2), (2, 2), (0, 0)),
        )
        for picture in maps.float().numpy()
    ]
    assert np.array_equal(pooled.float().numpy(), np.stack(by_the_book))
    large = F.conv2d(maps.float(), weight, None, 1, margin)
    expected = pool_and_sum(large)
    assert torch.equal(winners, expected[1])
    assert np.array_equal(sums.sum(0), expected[2].sum(0))


@pytest.mark.parametrize("pictures", [1, 2, 16, 45])
@pytest.mark.parametrize(("channels", "kernel"), [(3, (16, 3, 3)), (4, (32, 2, 2)), (32, (48, 3, 3))])
def test_pairs_of_bfloat16_give_the_gradient_at_the_weights_of_float32(pictures, channels, kernel):
    """Also for the last picture of an odd number. Products are exact, so only their sum is rounded."""
    maps, weight, _, random = drawn((pictures, channels, 9, 10), kernel, torch.bfloat16)
    large = F.conv2d(maps.float(), weight, None, 1, 1)
    winners = pool_and_sum(large)[1]
    passed = torch.from_numpy(random.standard_normal(winners.shape)).bfloat16()
    passed = passed.contiguous(memory_format=torch.channels_last)
    found = [
        fused_convolution._at_weight(one, weight, (1, 1), slopes, winners)
        for one, slopes in ((maps, passed), (maps.float(), passed.float()))
    ]
    torch.testing.assert_close(found[0], found[1], rtol=1e-5, atol=1e-5 * float(found[1].abs().max()))


def test_numbers_that_are_none_win_as_in_pytorch():
    maps, weight, _, _ = drawn((2, 3, 6, 6), (8, 1, 1))
    maps[0, 0, 1, 1], maps[1, 1, 2, 3] = float("nan"), float("nan")
    pooled, winners, _ = convolve_and_pool(maps, weight, (0, 0))
    expected = pool_and_sum(F.conv2d(maps, weight))
    assert torch.equal(winners, expected[1])
    assert torch.equal(pooled.isnan(), expected[0].isnan())


@pytest.mark.parametrize("channels", [1, 3, 32])
def test_in_bfloat16_only_the_rounding_of_what_is_stored_differs(channels):
    maps, weight, shift, random = drawn((16, channels, 12, 14), (16, 3, 3), torch.bfloat16)
    slopes = torch.from_numpy(random.standard_normal((16, 16, 6, 7))).bfloat16()
    double = maps.double(), weight.double(), shift.double()
    result = differentiated(at_once, maps, weight, shift, (1, 1), slopes)
    expected = differentiated(lambda *rest: step_by_step(*rest).relu(), *double, (1, 1), slopes.double())
    for ours, theirs in zip(result, expected, strict=True):
        assert (ours - theirs).norm() < 0.1 * theirs.norm()  # with rounding, a few numbers cross zero


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_number_of_threads_changes_no_bit(precision, monkeypatch):
    maps, weight, shift, random = drawn((19, 3, 6, 7), (16, 3, 3), precision)
    slopes = torch.from_numpy(random.standard_normal((19, 16, 3, 3)))
    results = []
    for threads in ("1", "2", "5"):
        monkeypatch.setenv("OMP_NUM_THREADS", threads)
        results.append(differentiated(at_once, maps, weight, shift, (1, 1), slopes))
    for result in results[1:]:
        assert all(torch.equal(a, b) for a, b in zip(result, results[0], strict=True))


def test_sums_of_many_filters_are_made_in_groups(monkeypatch):
    maps, weight, shift, random = drawn((4, 8, 8, 8), (64, 3, 3))
    slopes = torch.from_numpy(random.standard_normal((4, 64, 4, 4)))
    whole = differentiated(at_once, maps, weight, shift, (1, 1), slopes)
    monkeypatch.setattr(fused_convolution, "_LARGEST_SUMS", 1000)
    for ours, theirs in zip(differentiated(at_once, maps, weight, shift, (1, 1), slopes), whole, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


def test_large_pictures_whose_tables_are_made_in_bands():
    maps, weight, shift, random = drawn((2, 16, 40, 44), (16, 3, 3), whole=True)
    slopes = torch.from_numpy(random.standard_normal((2, 16, 20, 22)))
    double = maps.double(), weight.double(), shift.double()
    result = differentiated(at_once, maps, weight, shift, (1, 1), slopes.float())
    expected = differentiated(lambda *numbers: step_by_step(*numbers).relu(), *double, (1, 1), slopes)
    for ours, theirs in zip(result, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4 * float(theirs.abs().max()))


@pytest.mark.parametrize("pairs", [False, True])
def test_many_channels_in_bfloat16_need_products_of_pairs(pairs, monkeypatch):
    monkeypatch.setattr(fused_convolution, "multiplies_pairs", lambda: pairs)
    maps = torch.zeros(128, 16, 32, 32, dtype=torch.bfloat16)
    assert computes(maps, torch.zeros(16, 16, 3, 3)) is (pairs and vector_code.most_lanes() == 16)


@pytest.mark.parametrize(
    ("shape", "precision", "side", "expected"),
    [
        ((16, 3, 3, 3), torch.bfloat16, 8, True),  # few channels
        ((16, 16, 3, 3), torch.float32, 32, True),
        ((16, 16, 3, 3), torch.float32, 8, False),  # few products
        ((12, 3, 3, 3), torch.float32, 32, False),  # not a multiple of a vector
        ((160, 35, 1, 1), torch.float32, 32, False),  # not a multiple of a table
    ],
)
def test_other_convolutions_are_left_to_pytorch(shape, precision, side, expected):
    maps = torch.zeros(128, shape[1], side, side, dtype=precision)
    assert computes(maps, torch.zeros(shape)) is expected
