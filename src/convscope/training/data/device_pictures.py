"""Pictures that lie on the device that learns from them, and batches that are cut there.

What is drawn (`pictures/batches.py`) is the same as on the processors, and so is the arithmetic of
`pictures/augmentation.py`, step by step, for all pictures of a batch at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from convscope.pictures import batches

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from convscope.pictures.store import Store

_SHARE = 1 / 3
"""Of the device's free memory: the rest is for what training computes."""


@dataclass(frozen=True, slots=True)
class Resident:
    """Pictures on a device.

    Attributes:
        pictures: (n, height, width, channels) uint8.
        labels: (n,) int64.
        mean: (channels,) float32, in pixel values.
        std: (channels,) float32, likewise.
    """

    pictures: Tensor
    labels: Tensor
    mean: Tensor
    std: Tensor

    def order(self, epoch: batches.Epoch, taken: slice, sides: tuple[int, int]) -> tuple[Tensor, ...]:
        """Say what is to be cut: all that has to be sent for a batch.

        Args:
            epoch: What was drawn.
            taken: Which places of its order.
            sides: Height and width to show the pictures in.

        Returns:
            Which pictures (batch,), where their pixels come from (batch, 2, 3), their colours and their
            holes (batch, 3).
        """
        moved = batches.shrunk(epoch.maps[taken], tuple(self.pictures.shape[1:3]), sides)
        drawn = epoch.order[taken], moved, epoch.colours[taken], epoch.holes[taken]
        return tuple(torch.from_numpy(array) for array in drawn)

    def cut(
        self, sent: Sequence[Tensor], dtype: torch.dtype, sides: tuple[int, int]
    ) -> tuple[Tensor, Tensor]:
        """Cut the batch that an order, sent to the device, asks for.

        Returns:
            Maps (batch, channels, height, width), channels-last, and labels (batch,), both on the device.
        """
        picks, maps, colours, holes = sent
        cells = cut_batch(self.pictures, picks, maps, colours, holes, self.mean, self.std, sides)
        return cells.to(dtype).permute(0, 3, 1, 2), self.labels[picks]


def bring(
    store: Store, mean: NDArray[np.float32], std: NDArray[np.float32], place: torch.device
) -> Resident | None:
    """Bring the pictures of a store to a device; None where they would fill too much of it."""
    if place.type == "cuda" and store.pictures.nbytes > _SHARE * torch.cuda.mem_get_info(place)[0]:
        return None
    pictures, labels, *scales = (
        torch.tensor(array, device=place) for array in (store.pictures, store.labels, mean, std)
    )
    return Resident(pictures, labels, *scales)


def cut_batch(
    pictures: Tensor,
    picks: Tensor,
    maps: Tensor,
    colours: Tensor,
    holes: Tensor,
    mean: Tensor,
    std: Tensor,
    sides: tuple[int, int],
) -> Tensor:
    """Cut the pictures of a batch: moved, mirrored, recoloured, cut out and normalised.

    Args:
        pictures: (n, tall, wide, channels) uint8.
        picks: (batch,) which of them.
        maps: (batch, 2, 3) float32, as `augmentation.augment_batch` says.
        colours: (batch, 3) float32, likewise.
        holes: (batch, 3) float32, likewise.
        mean: (channels,) float32, in pixel values.
        std: (channels,) float32, likewise.
        sides: Height and width to show them in.

    Returns:
        (batch, height, width, channels) float32.
    """
    (height, width), (tall, wide) = sides, pictures.shape[1:3]
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
    return ((values - mean) / std).masked_fill_(_hidden(holes, sides)[..., None], 0)


def _hidden(holes: Tensor, sides: tuple[int, int]) -> Tensor:
    """Say which places (batch, height, width) lie in the hole of their picture."""
    rows, columns = ((torch.arange(side, device=holes.device) + 0.5) / side for side in sides)
    down, right, half = holes[:, :, None, None].unbind(1)  # (batch, 1, 1)
    return ((rows[:, None] - down).abs() < half) & ((columns - right).abs() < half)


def _reflected(places: Tensor, size: int) -> Tensor:
    """Fold places beyond the border back inside, not repeating the border: -1 is 1, size is size - 2."""
    period = max(1, 2 * size - 2)
    folded = places.remainder(period)
    return torch.minimum(folded, (period - folded) % period)
