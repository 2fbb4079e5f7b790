"""Pictures stored on the device, and batches made there.

The random choices (`pictures/batches.py`) are the same as on the host, and so is the arithmetic of
`pictures/augmentation.py`, operation by operation, for all pictures of a batch at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from convscope.pictures import batches
from convscope.training.machine.precision import DTYPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from convscope.pictures.store import Store
    from convscope.training.settings import Precision

_SHARE = 1 / 3
"""Share of the device's free memory for pictures; the rest is for training."""


@dataclass(frozen=True, slots=True)
class DevicePictures:
    """A `Batcher` for pictures on a device: the host sends the random choices, the device makes the batch.

    Attributes:
        pictures: (n, height, width, channels) uint8.
        labels: (n,) int64.
        mean: (channels,) float32, in pixel values.
        std: (channels,) float32, in pixel values.
        dtype: Type of the maps.
    """

    pictures: Tensor
    labels: Tensor
    mean: Tensor
    std: Tensor
    dtype: torch.dtype

    def host(self, epoch: batches.Epoch, positions: slice, size: tuple[int, int]) -> tuple[Tensor, ...]:
        """Return the random choices for a batch.

        Returns:
            Indices of the pictures (batch,), affine maps to their pixels (batch, 2, 3), their colour changes
            and their holes (batch, 3).
        """
        maps = batches.shrunk(epoch.maps[positions], tuple(self.pictures.shape[1:3]), size)
        drawn = epoch.order[positions], maps, epoch.colours[positions], epoch.holes[positions]
        return tuple(torch.from_numpy(array) for array in drawn)

    def device(self, sent: Sequence[Tensor], size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Crop and augment the batch."""
        picks, maps, colours, holes = sent
        cells = cut_batch(self.pictures, picks, maps, colours, holes, self.mean, self.std, size)
        return cells.to(self.dtype).permute(0, 3, 1, 2), self.labels[picks]


def to_device(
    store: Store,
    mean: NDArray[np.float32],
    std: NDArray[np.float32],
    precision: Precision,
    device: torch.device,
) -> DevicePictures | None:
    """Copy the pictures of a store to a device; None if they would fill too much of its memory."""
    if device.type == "cuda" and store.pictures.nbytes > _SHARE * torch.cuda.mem_get_info(device)[0]:
        return None
    arrays = store.pictures, store.labels, mean, std
    return DevicePictures(*(torch.tensor(array, device=device) for array in arrays), dtype=DTYPES[precision])


def cut_batch(
    pictures: Tensor,
    picks: Tensor,
    maps: Tensor,
    colours: Tensor,
    holes: Tensor,
    mean: Tensor,
    std: Tensor,
    size: tuple[int, int],
) -> Tensor:
    """Crop, augment and normalise the pictures of a batch.

    Args:
        pictures: (n, tall, wide, channels) uint8.
        picks: (batch,) indices of the pictures.
        maps: (batch, 2, 3) float32, see `augmentation.augment_batch`.
        colours: (batch, 3) float32, see `augmentation.augment_batch`.
        holes: (batch, 3) float32, see `augmentation.augment_batch`.
        mean: (channels,) float32, in pixel values.
        std: (channels,) float32, in pixel values.
        size: Height and width of the result.

    Returns:
        (batch, height, width, channels) float32.
    """
    (height, width), (tall, wide) = size, pictures.shape[1:3]
    r = (torch.arange(height, device=pictures.device, dtype=torch.float32) - 0.5 * (height - 1))[:, None]
    s = torch.arange(width, device=pictures.device, dtype=torch.float32) - 0.5 * (width - 1)
    m = maps[:, :, :, None, None]
    y = m[:, 0, 0] * r + m[:, 0, 1] * s + m[:, 0, 2] + 0.5 * (tall - 1)  # (batch, height, width)
    x = m[:, 1, 0] * r + m[:, 1, 1] * s + m[:, 1, 2] + 0.5 * (wide - 1)
    y0, x0 = y.floor(), x.floor()
    v, u = (y - y0)[..., None], (x - x0)[..., None]
    rows = [_reflected(y0.long() + step, tall) for step in (0, 1)]
    columns = [_reflected(x0.long() + step, wide) for step in (0, 1)]
    picked = picks[:, None, None]
    above, below = (
        pictures[picked, row, columns[0]] * (1 - u) + pictures[picked, row, columns[1]] * u for row in rows
    )
    values = above * (1 - v) + below * v
    contrast, brightness, saturation = colours[:, :, None, None, None].unbind(1)
    grey = values.mean(3, keepdim=True)
    values = mean + contrast * (grey + saturation * (values - grey) - mean) + brightness
    return ((values - mean) / std).masked_fill_(_hidden(holes, size)[..., None], 0)


def _hidden(holes: Tensor, size: tuple[int, int]) -> Tensor:
    """Return which pixels (batch, height, width) are in the hole of their picture."""
    rows, columns = ((torch.arange(side, device=holes.device) + 0.5) / side for side in size)
    down, right, half = holes[:, :, None, None].unbind(1)  # (batch, 1, 1)
    return ((rows[:, None] - down).abs() < half) & ((columns - right).abs() < half)


def _reflected(places: Tensor, size: int) -> Tensor:
    """Reflect positions at the border without repeating it: -1 becomes 1, size becomes size - 2."""
    period = max(1, 2 * size - 2)
    folded = places.remainder(period)
    return torch.minimum(folded, (period - folded) % period)
