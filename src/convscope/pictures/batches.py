"""Training batches: pictures of the store, shuffled and augmented differently in each epoch.

The random choices for a picture depend on the seed, the epoch and its position in the epoch, but not on the
number of threads or on interruptions of the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Ranges from which the augmentation of each picture is drawn in every epoch.

    Attributes:
        mirror: Whether pictures are flipped left to right in every other epoch.
        shift: Largest shift in whole pixels, vertically and horizontally.
        zoom_in: Crops have at least exp(-zoom_in) of the picture's sides.
        zoom_out: Or the picture gets a reflected border; together at most exp(zoom_out) of its sides.
        stretch: The crop's aspect ratio changes by up to exp(stretch).
        turn: Largest rotation in degrees, in both directions.
        colour: Contrast and saturation change by up to exp(colour), brightness by up to 100 * colour of 255.
        cutout: Side of a hidden square as a fraction of the picture's (DeVries and Taylor 2017,
            https://arxiv.org/abs/1708.04552); its centre may be anywhere, so it may be cut off at the border.
    """

    mirror: bool = False
    shift: int = 0
    zoom_in: float = 0.0
    zoom_out: float = 0.0
    stretch: float = 0.0
    turn: float = 0.0
    colour: float = 0.0
    cutout: float = 0.0


UNCHANGED = Augmentation()


@dataclass(frozen=True, slots=True)
class Epoch:
    """The random choices for one epoch: the order of the pictures and the augmentation of each.

    Attributes:
        order: (n,) indices of the pictures, in order.
        maps: (n, 2, 3) float32, see `augment_batch`.
        colours: (n, 3) float32, see `augment_batch`.
        holes: (n, 3) float32, see `augment_batch`.
    """

    order: NDArray[np.int64]
    maps: NDArray[np.float32]
    colours: NDArray[np.float32]
    holes: NDArray[np.float32]


def draw_epoch(
    indices: NDArray[np.int64],
    augmentation: Augmentation,
    sides: tuple[int, int],
    *,
    seed: int,
    epoch: int,
    block: int = 0,
) -> Epoch:
    """Draw the order of the pictures and the augmentation of each.

    Args:
        indices: The training pictures, as indices into the store.
        augmentation: The ranges to draw from.
        sides: Height and width of the pictures.
        seed: The run's seed.
        epoch: The epoch, from 0; a picture flipped in one is not flipped in the next (alternating flip,
            Jordan 2024, https://arxiv.org/abs/2404.00498).
        block: Number of the block within the epoch (`stream_blocks`).
    """
    rng, order = _ordered(indices, seed, epoch, block)
    mirrored = augmentation.mirror & (_halves(order, seed) ^ (epoch % 2 == 1))
    maps = _draw_maps(rng, augmentation, sides, mirrored)
    colours = _draw_colours(rng, augmentation, len(order))
    return Epoch(order, maps, colours, _draw_holes(rng, augmentation, len(order)))


def draw_order(indices: NDArray[np.int64], *, seed: int, epoch: int, block: int) -> NDArray[np.int64]:
    """Draw only the order, the same as in `draw_epoch`."""
    return _ordered(indices, seed, epoch, block)[1]


def unchanged(indices: NDArray[np.int64], *, mirror: bool = False) -> Epoch:
    """Return an epoch without augmentation, in the given order; with `mirror`, all pictures are flipped."""
    rng = np.random.default_rng(0)  # no effect, because every range is empty
    maps = _draw_maps(rng, UNCHANGED, (1, 1), np.full(len(indices), mirror))
    colours = _draw_colours(rng, UNCHANGED, len(indices))
    return Epoch(indices, maps, colours, _draw_holes(rng, UNCHANGED, len(indices)))


def cut(
    pictures: NDArray[np.uint8],
    epoch: Epoch,
    taken: slice,
    mean: NDArray[np.float32],
    std: NDArray[np.float32],
    out: NDArray[Any],
) -> None:
    """Augment one batch.

    Args:
        pictures: (n, height, width, channels) uint8, the store.
        epoch: The random choices for the epoch.
        taken: The batch, as a slice of the epoch's order.
        mean: (channels,) in pixel values.
        std: (channels,) in pixel values.
        out: (batch, height, width, channels) float32, or bfloat16 viewed as uint16; written. If it is smaller
            than the pictures, they are scaled down.
    """
    # importing these takes half a second, and pretrained features need no batches
    from convscope.network.threads import run  # noqa: PLC0415
    from convscope.pictures.augmentation import augment_batch  # noqa: PLC0415

    maps = shrunk(epoch.maps[taken], pictures.shape[1:3], out.shape[1:3])
    drawn = epoch.order[taken], maps, epoch.colours[taken], epoch.holes[taken]
    run(augment_batch, pictures, *drawn, mean, std, out)


def shrunk(maps: NDArray[np.float32], stored: tuple[int, ...], shown: tuple[int, ...]) -> NDArray[np.float32]:
    """Adapt maps to an output whose height and width differ from the stored pictures."""
    if shown == stored:
        return maps
    return maps * np.append(np.divide(stored, shown, dtype=np.float32), np.float32(1))


def batches(count: int, size: int, *, start: int = 0) -> Iterator[slice]:
    """Yield the slice of each batch of an epoch from batch `start`; an incomplete last one is dropped.

    Example:
        >>> list(batches(7, 3))
        [slice(0, 3, None), slice(3, 6, None)]
    """
    for first in range(start * size, count - size + 1, size):
        yield slice(first, first + size)


def _ordered(
    indices: NDArray[np.int64], seed: int, epoch: int, block: int
) -> tuple[np.random.Generator, NDArray[np.int64]]:
    rng = np.random.default_rng((seed, epoch, block))
    return rng, indices[rng.permutation(len(indices))]


def _halves(indices: NDArray[np.int64], seed: int) -> NDArray[np.bool_]:
    """Assign each picture to one of two halves, independently of the others.

    This is the last bit of SplitMix64 (Steele, Lea, Flood 2014, https://doi.org/10.1145/2660193.2660195), a
    hash whose bits look random.
    """
    mixed = indices.astype(np.uint64) + (np.uint64(seed) << np.uint64(32)) + np.uint64(1)
    mixed *= np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (mixed ^ (mixed >> np.uint64(31))) & np.uint64(1) == 1


def _draw_maps(
    rng: np.random.Generator, aug: Augmentation, sides: tuple[int, int], mirrored: NDArray[np.bool_]
) -> NDArray[np.float32]:
    count = len(mirrored)
    shown = np.exp(-rng.uniform(-aug.zoom_out, aug.zoom_in, count))
    stretch = np.exp(rng.uniform(-aug.stretch, aug.stretch, count) / 2)
    angle = np.deg2rad(rng.uniform(-aug.turn, aug.turn, count))
    shares = np.stack([shown * stretch, shown / stretch])  # of the height and of the width
    room = np.maximum(1 - shares, 0) / 2 * np.array(sides)[:, None]
    offset = rng.integers(-aug.shift, aug.shift, (2, count), endpoint=True) + room * rng.uniform(
        -1, 1, (2, count)
    )
    maps = np.empty((count, 2, 3), np.float32)
    maps[:, 0] = np.stack([shares[0] * np.cos(angle), -shares[0] * np.sin(angle), offset[0]], axis=1)
    maps[:, 1] = np.stack([shares[1] * np.sin(angle), shares[1] * np.cos(angle), offset[1]], axis=1)
    maps[mirrored, :, 1] *= -1
    return maps


def _draw_colours(rng: np.random.Generator, aug: Augmentation, count: int) -> NDArray[np.float32]:
    contrast, saturation = np.exp(rng.uniform(-aug.colour, aug.colour, (2, count)))
    brightness = 100 * rng.uniform(-aug.colour, aug.colour, count)
    return np.stack([contrast, brightness, saturation], axis=1).astype(np.float32)


def _draw_holes(rng: np.random.Generator, aug: Augmentation, count: int) -> NDArray[np.float32]:
    middles = rng.uniform(0, 1, (count, 2))
    return np.c_[middles, np.full(count, aug.cutout / 2)].astype(np.float32)
