"""Batches, made in two stages: on the host (the CPU) and on the device that trains the network.

The random choices of an epoch (`pictures/batches.py`) do not depend on where its batches are made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

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


class Batcher(Protocol):
    """Makes batches of pictures."""

    def host(self, epoch: batches.Epoch, positions: slice, size: tuple[int, int]) -> tuple[Tensor, ...]:
        """Make the host's part of a batch, which is sent to the device.

        Args:
            epoch: Order and augmentation of the epoch.
            positions: Positions of the batch in the epoch's order.
            size: Height and width of the pictures in the batch.
        """
        ...

    def device(self, sent: Sequence[Tensor], size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Make the batch from the result of `host`, which must be on the device.

        Returns:
            Maps (batch, channels, height, width), channels-last, in the training's precision, and labels
            (batch,) int64.
        """
        ...


@dataclass(frozen=True, slots=True)
class HostBatcher:
    """Makes batches on the host, with a fused kernel; the device only converts them.

    Attributes:
        store: The pictures.
        mean: (channels,) float32, in pixel values.
        std: (channels,) float32, in pixel values.
        precision: Precision of the maps.
        pinned: Whether to use pinned memory, so that a GPU can copy batches while it computes.
    """

    store: Store
    mean: NDArray[np.float32]
    std: NDArray[np.float32]
    precision: Precision
    pinned: bool = False

    def host(self, epoch: batches.Epoch, positions: slice, size: tuple[int, int]) -> tuple[Tensor, ...]:
        """Return maps (batch, channels, height, width), bfloat16 or float32, and labels (batch,)."""
        labels = torch.from_numpy(self.store.labels[epoch.order[positions]])
        is_bfloat16 = self.precision == "bf16"  # the kernel only writes bfloat16 or float32
        maps = torch.empty(
            (len(labels), self.store.pictures.shape[3], *size),
            dtype=torch.bfloat16 if is_bfloat16 else torch.float32,
            memory_format=torch.channels_last,
            pin_memory=self.pinned,
        )
        cells: NDArray[Any] = (
            maps.permute(0, 2, 3, 1).view(torch.uint16 if is_bfloat16 else maps.dtype).numpy()
        )
        batches.cut(self.store.pictures, epoch, positions, self.mean, self.std, cells)
        self.store.check_whole()
        return maps, labels

    def device(self, sent: Sequence[Tensor], size: tuple[int, int]) -> tuple[Tensor, Tensor]:  # noqa: ARG002
        """Return the maps in the training's precision, and the labels."""
        maps, labels = sent
        return maps.to(DTYPES[self.precision]), labels
