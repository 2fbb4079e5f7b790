import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from convscope.pictures.batches import unchanged
from convscope.training.data.sampling import spread
from convscope.training.machine.engine import Engine


def noise(count=30, seed=0):
    pictures = np.random.default_rng(seed).integers(0, 256, (count, 6, 5, 3), np.uint8)
    return pictures, np.arange(count) % 3


def batch(data, indices, positions=slice(None), precision="fp32"):
    batcher = data.batcher(precision, Engine())
    size = data.shape[1:]
    return batcher.device(batcher.host(unchanged(indices), positions, size), size)


def test_mean_and_standard_deviation_are_those_of_the_training_pictures_alone(make_data):
    pictures, labels = noise()
    pictures[20:] = 255
    data = make_data(pictures, labels, validation=10)
    np.testing.assert_allclose(data.mean, pictures[:20].mean(axis=(0, 1, 2)), rtol=1e-6)
    np.testing.assert_allclose(data.std, pictures[:20].std(axis=(0, 1, 2)), rtol=1e-6)


def test_pictures_all_alike_are_divided_by_something(make_data):
    pictures, labels = noise()
    data = make_data(np.full_like(pictures, 7), labels)
    maps, _ = batch(data, np.arange(4))
    assert torch.equal(maps, torch.zeros(4, 3, 6, 5))


@pytest.mark.parametrize(("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_a_batch_is_normalised_channels_last_and_labelled(make_data, precision, dtype):
    pictures, labels = noise()
    data = make_data(pictures, labels)
    maps, numbers = batch(data, np.array([4, 9, 2, 7]), slice(1, 4), precision)
    expected = torch.from_numpy((pictures[[9, 2, 7]] - data.mean) / data.std).permute(0, 3, 1, 2)
    assert maps.dtype == dtype
    assert maps.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(maps.float(), expected, rtol=2**-8, atol=1e-5)
    assert numbers.tolist() == labels[[9, 2, 7]].tolist()


def test_statistics_count_the_training_pictures(make_data):
    data = make_data(*noise(), validation=8)
    assert data.statistics.class_counts == (8, 7, 7)
    assert data.statistics.pictures == 22
    assert data.statistics.shape == data.shape == (3, 6, 5)


def test_the_sample_holds_pictures_as_they_are(make_data):
    pictures, labels = noise()
    data = make_data(pictures, labels, validation=10)
    sample = torch.cat([*data.sample()]).permute(0, 2, 3, 1).numpy() * data.std + data.mean
    assert np.array_equal(np.rint(sample), pictures[:20])


@given(st.integers(1, 300), st.integers(1, 100))
def test_a_spread_is_even(count, most):
    taken = spread(np.arange(1000, 1000 + count), most)
    assert len(taken) == min(count, most)
    steps = np.diff(taken)
    assert len(steps) == 0 or (steps.min() >= 1 and steps.max() - steps.min() <= 1)
