import numpy as np
import pytest
import torch
from numba import njit

from convscope.network.bfloat16 import narrow, widen

ALL_BFLOATS = np.arange(2**16, dtype=np.uint32).astype(np.uint16)


@njit
def widened(values):
    out = np.empty(len(values), np.float32)
    for i in range(len(values)):
        out[i] = widen(values[i], values)
    return out


@njit
def narrow_into(values, out):
    for i in range(len(values)):
        out[i] = narrow(values[i], out)


def narrowed(values):
    out = np.empty(len(values), np.uint16)
    narrow_into(values, out)
    return out


def test_every_bfloat16_is_widened_as_pytorch_does():
    expected = torch.from_numpy(ALL_BFLOATS).view(torch.bfloat16).float().numpy()
    assert np.array_equal(widened(ALL_BFLOATS).view(np.uint32), expected.view(np.uint32))


@pytest.mark.parametrize("cut_off", [0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF])
def test_every_bfloat16_and_what_lies_around_the_half_above_it_is_narrowed_as_pytorch_does(cut_off):
    values = (ALL_BFLOATS.astype(np.uint32) << 16 | cut_off).view(np.float32)
    expected = torch.from_numpy(values).bfloat16().view(torch.uint16).numpy()
    missing = np.isnan(values)
    assert np.array_equal(narrowed(values)[~missing], expected[~missing])
    assert np.isnan(widened(narrowed(values)[missing])).all()


def test_random_floats_are_narrowed_as_pytorch_does():
    bits = np.random.default_rng(0).integers(0, 2**32, 100_000, np.uint32)
    values = bits.view(np.float32)[~np.isnan(bits.view(np.float32))]
    expected = torch.from_numpy(values).bfloat16().view(torch.uint16).numpy()
    assert np.array_equal(narrowed(values), expected)


def test_float32_stays_as_it_is():
    values = np.array([1.1, -np.inf, np.nan, -0.0], np.float32)
    out = np.empty_like(values)
    narrow_into(values, out)
    assert np.array_equal(out.view(np.uint32), values.view(np.uint32))
    assert np.array_equal(widened(values).view(np.uint32), values.view(np.uint32))
