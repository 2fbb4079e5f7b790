"""The description of a backbone, known before its weights are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from convscope.network.chain_builder import build_chain
from convscope.network.notation import Join, Keep, Layer, write

if TYPE_CHECKING:
    from collections.abc import Collection

    from convscope.network.backbones.weight_files import HubFile, PackageFile
    from convscope.network.chain import Chain, LastStep

Tensors = Mapping[str, NDArray[Any]]
"""The tensors of a file of weights, by name."""
Folded = Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]
"""Weight and bias of each layer, in the order of the chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A backbone: layers, input, origin, and where the weights are.

    Attributes:
        name: Its name in settings, as in `--start repvgg-a0`.
        title: The name its authors gave it.
        blocks: All layers except the last ones, in blocks counted from 0; a head may read the maps after
            each.
        last: The layers after the last block; a head always reads the means of their output maps.
        joinable: Indices of the blocks whose maps a head may also read, in order.
        tuned_from: Index of the block from which on fine-tuning trains the layers in its first stage.
        shape: Channels, height and width of the pictures it was trained on.
        mean: One number per channel, on the scale of 0 to 255; the network sees (pixel - mean) / std.
        std: One number per channel, on the same scale.
        trained: Who trained it, and on which data.
        licence: Licence of the weights, as an SPDX identifier.
        file: Where the weights are.
        fold: Converts the tensors of the file to weights and biases; raises `ValueError` if they are not
            those of the network.
    """

    name: str
    title: str
    blocks: tuple[tuple[Layer, ...], ...]
    last: tuple[Layer, ...]
    joinable: tuple[int, ...]
    tuned_from: int
    shape: tuple[Literal[3], int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    trained: str
    licence: str
    file: PackageFile | HubFile
    fold: Callable[[Tensors], Folded]

    @property
    def origin(self) -> str:
        """Who trained it, on which data, and where the weights come from."""
        return f"{self.title} by {self.trained}; {self.file.name}"

    def notation(self, joined: Collection[int] = ()) -> str:
        """Return the network whose head reads the means of the last maps and of some blocks' maps.

        Args:
            joined: Indices of these blocks.

        Example:
            >>> from convscope.network.backbones import design
            >>> design("mobilenetv1-100").notation([11]).rpartition("512C1r6-")[-1]
            'D3s2r6-1024C1r6-K-D3r6-1024C1r6-J'

        Raises:
            IndexError: There is no such block.
        """
        return write(self._layers(joined))

    def chain(
        self,
        shape: tuple[int, int, int],
        joined: Collection[int] = (),
        classes: int = 2,
        last_step: LastStep = "softmax",
    ) -> Chain:
        """Build the chain of this network and a head.

        Args:
            shape: Channels, height and width of the pictures.
            joined: Indices of the blocks whose maps the head also reads.
            classes: Number of neurons of the head; it does not matter where only features are computed.
            last_step: See `build_chain`.

        Example:
            >>> from convscope.network.backbones import design
            >>> design("lite0").chain((3, 224, 224)).output.parameters
            {'full_connection_1.weight': (2, 1280), 'full_connection_1.bias': (2,)}

        Raises:
            IndexError: There is no such block.
            NetworkError: The pictures are too small.
        """
        return build_chain(self._layers(joined), shape, classes, last_step)

    def _layers(self, joined: Collection[int]) -> list[Layer]:
        if not set(joined) <= set(range(len(self.blocks))):
            raise IndexError(f"{self.name} has blocks 0 to {len(self.blocks) - 1}, not {sorted(joined)}")
        layers: list[Layer] = []
        for number, block in enumerate(self.blocks):
            layers += [*block, Keep()] if number in joined else block
        return [*layers, *self.last, Join()]
