import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from convscope.network.threads import run
from convscope.pictures import augmentation
from convscope.pictures.batches import UNCHANGED, Augmentation, draw_epoch, unchanged
from convscope.training.data import device_pictures
from convscope.training.machine.engine import Engine

DEVICES = [
    torch.device("cpu"),
    pytest.param(
        torch.device("cuda"), marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
    ),
]
seeds = st.integers(0, 2**32 - 1)
shapes = st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3]))
sizes = st.tuples(st.integers(1, 9), st.integers(1, 9))
everything = Augmentation(
    mirror=True, shift=2, zoom_in=0.7, zoom_out=0.25, stretch=0.4, turn=20, colour=0.4, cutout=0.4
)


def noise(count, shape, seed):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), np.uint8)


def both(pictures, drawn, sides, device):
    """The batch from the kernel, and from a device."""
    channels = pictures.shape[3]
    mean, std = np.linspace(90, 150, channels, dtype=np.float32), np.full(channels, 64, np.float32)
    ours = np.empty((len(drawn.order), *sides, channels), np.float32)
    arrays = drawn.order, drawn.maps, drawn.colours, drawn.holes, mean, std
    run(augmentation.augment_batch, pictures, *arrays, ours)
    tensors = (torch.tensor(array, device=device) for array in (pictures, *arrays))
    return torch.from_numpy(ours), device_pictures.cut_batch(*tensors, sides).cpu()


@pytest.mark.parametrize("device", DEVICES)
@settings(max_examples=60)
@given(shape=shapes, sides=sizes, seed=seeds)
def test_whatever_is_drawn_the_batch_is_that_of_the_kernel(device, shape, sides, seed):
    pictures = noise(5, shape, seed)
    drawn = draw_epoch(np.arange(5), everything, shape[:2], seed=seed, epoch=seed % 2)
    ours, theirs = both(pictures, drawn, sides, device)
    # both in float32; a position that rounds to the other side of a pixel border mixes the same two
    torch.testing.assert_close(theirs, ours, rtol=0, atol=2e-4)


@pytest.mark.parametrize("device", DEVICES)
@given(shape=shapes, seed=seeds, shift=st.integers(0, 20), epoch=st.integers(0, 1))
def test_moves_by_whole_pixels_and_mirrors_are_exact(device, shape, seed, shift, epoch):
    pictures = noise(4, shape, seed)
    moves = Augmentation(mirror=True, shift=shift)
    drawn = draw_epoch(np.arange(4), moves, shape[:2], seed=seed, epoch=epoch)
    ours, theirs = both(pictures, drawn, shape[:2], device)
    assert torch.equal(theirs, ours)


def batch(batcher, device, drawn, positions, size):
    return batcher.device([one.to(device) for one in batcher.host(drawn, positions, size)], size)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("size", [(6, 5), (4, 3)])
def test_pictures_on_the_device_give_the_batches_of_the_store(make_data, device, precision, size):
    pictures, labels = noise(12, (6, 5, 3), 0), np.arange(12) % 3
    data = make_data(pictures, labels)
    drawn = draw_epoch(np.arange(12), Augmentation(mirror=True, shift=2), (6, 5), seed=1, epoch=0)
    host, there = (data.batcher(precision, engine) for engine in (Engine(), Engine(device, fused=False)))
    assert isinstance(there, device_pictures.DevicePictures)
    ours, our_labels = batch(host, torch.device("cpu"), drawn, slice(2, 9), size)
    theirs, their_labels = batch(there, device, drawn, slice(2, 9), size)
    assert theirs.device.type == their_labels.device.type == device.type
    assert theirs.dtype == ours.dtype
    assert theirs.is_contiguous(memory_format=torch.channels_last)
    assert their_labels.tolist() == our_labels.tolist()
    tolerance = 2**-8 if precision == "bf16" else 1e-6
    torch.testing.assert_close(theirs.cpu(), ours, rtol=tolerance, atol=1e-6)


@pytest.mark.parametrize("fused", [True, False])
def test_float16_holds_the_same_numbers(make_data, fused):
    data = make_data(noise(6, (6, 5, 3), 0), np.arange(6) % 3)
    cpu = torch.device("cpu")
    exact, found = (
        batch(data.batcher(precision, Engine(cpu, fused)), cpu, unchanged(np.arange(6)), slice(None), (6, 5))[
            0
        ]
        for precision in ("fp32", "fp16")
    )
    assert found.dtype == torch.float16
    torch.testing.assert_close(found.float(), exact, rtol=2**-10, atol=2**-14)


def test_too_many_pictures_stay_on_the_host(make_data, monkeypatch):
    data = make_data()
    size = data.kept.store.pictures.nbytes
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (2 * size, 0))
    gpu = Engine(torch.device("cuda"), fused=False)
    assert data.batcher("fp32", gpu) == data.host_batcher(data.kept.store, "fp32", gpu)


def test_nothing_drawn_changes_nothing():
    pictures = noise(3, (5, 4, 1), 0)
    drawn = draw_epoch(np.arange(3), UNCHANGED, (5, 4), seed=0, epoch=0)
    ours, theirs = both(pictures, drawn, (5, 4), torch.device("cpu"))
    assert torch.equal(ours, theirs)
