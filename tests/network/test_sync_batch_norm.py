"""A batch spread over processes (here threads) is normalised as in a single process."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from convscope.network.fused import EPSILON
from convscope.network.sync_batch_norm import sync_batch_norm

SHARES = (1, 4, 3)


class Meeting:
    """Sums the contributions of all threads."""

    def __init__(self, size):
        self.brought = []
        self.met, self.taken = Barrier(size), Barrier(size)

    def add_up(self, tensors):
        (tensor,) = tensors
        self.brought.append(tensor.clone())
        self.met.wait()
        everything = sum(self.brought)
        if self.taken.wait() == 0:
            self.brought.clear()
        self.met.wait()
        tensor.copy_(everything)


@pytest.mark.parametrize("spread", [1.0, 1000.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_statistics_and_gradients_are_those_of_the_whole_batch(dtype, spread):
    """With a mean far from zero, where a variance computed as a difference of sums would lose its digits."""
    torch.manual_seed(0)
    whole = (torch.randn(sum(SHARES), 5, 4, 3) + spread * torch.rand(5, 1, 1)).to(dtype)
    whole = whole.to(memory_format=torch.channels_last)
    shift, weight = torch.randn(5), torch.randn(whole.shape)

    wide = whole.double().requires_grad_()
    expected_shift = shift.double().requires_grad_()
    expected = F.batch_norm(
        wide, None, None, torch.ones(5, dtype=torch.float64), expected_shift, training=True, eps=EPSILON
    )
    (expected.relu() * weight).sum().backward()

    meeting = Meeting(len(SHARES))

    def learn(maps, part):
        own, own_shift = maps.detach().requires_grad_(), shift.clone().requires_grad_()
        normal, mean, variance = sync_batch_norm(own, own_shift, meeting.add_up)
        (normal.relu() * part).sum().backward()
        return normal.detach(), mean, variance, own.grad, own_shift.grad

    with ThreadPoolExecutor(len(SHARES)) as pool:
        normal, means, variances, gradients, shifts = zip(
            *pool.map(learn, whole.split(SHARES), weight.split(SHARES)), strict=True
        )
    relative, absolute = (1e-4, 2e-6 * (50 + spread)) if dtype == torch.float32 else (0.02, 0.02)
    close = {"rtol": relative, "atol": absolute}
    assert all(part.dtype == dtype for part in normal)
    assert all(part.is_contiguous(memory_format=torch.channels_last) for part in normal)
    torch.testing.assert_close(torch.cat(normal).double(), expected.detach(), **close)
    torch.testing.assert_close(torch.cat(gradients).double(), wide.grad, **close)
    torch.testing.assert_close(sum(shifts).double(), expected_shift.grad, rtol=relative, atol=10 * absolute)
    variance, mean = torch.var_mean(wide.detach(), (0, 2, 3), correction=0)
    for one in range(len(SHARES)):
        torch.testing.assert_close(means[one].double(), mean, rtol=1e-6, atol=1e-6)
        torch.testing.assert_close(variances[one].double(), variance, rtol=1e-4, atol=0)


def test_one_process_alone_is_batch_normalisation():
    torch.manual_seed(0)
    maps, shift = torch.randn(6, 3, 5, 5), torch.randn(3)
    normal, *_ = sync_batch_norm(maps, shift, lambda _: None)
    expected = F.batch_norm(maps, None, None, torch.ones(3), shift, training=True, eps=EPSILON)
    torch.testing.assert_close(normal, expected, rtol=1e-5, atol=1e-5)
