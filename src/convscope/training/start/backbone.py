"""A backbone: a trained network without a head, for training to start from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from convscope.network.chain_builder import build_chain
from convscope.network.notation import Join, Keep, Layer, write

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from convscope.network.chain import Chain
    from convscope.pictures.preparation import Preparation


@dataclass(frozen=True, slots=True, eq=False)
class Backbone:
    """A trained network without a head.

    Attributes:
        name: What people call it: `lite0`.
        blocks: Its layers but the last ones, in blocks counted from 0; a head may read the maps after each.
        last: The layers after the last block; a head always reads the means of their maps.
        joinable: Numbers of the blocks whose maps a head may also read, in order.
        tuned_from: Number of the first of those blocks that fine-tuning changes before all others.
        preparation: How a picture becomes its input.
        mean: One number per channel, on the scale of 0 to 255; the network sees (pixel - mean) / std.
        std: One number per channel, likewise.
        weights: float32 by name, as `Chain.parameters` lists them, those of the head excepted.
        origin: Who trained it on what, and where the weights come from.
        licence: Of the weights, as an SPDX identifier.
        digest: SHA-256 of the file that the weights were read from.
    """

    name: str
    blocks: tuple[tuple[Layer, ...], ...]
    last: tuple[Layer, ...]
    joinable: tuple[int, ...]
    tuned_from: int
    preparation: Preparation
    mean: tuple[float, ...]
    std: tuple[float, ...]
    weights: Mapping[str, NDArray[np.float32]] = field(repr=False)
    origin: str
    licence: str
    digest: str

    @property
    def receipt(self) -> dict[str, str]:
        """What the receipt of a model says about it."""
        return {
            "start_origin": self.origin,
            "start_licence": self.licence,
            "start_digest": self.digest,
        }

    def notation(self, joined: Collection[int] = ()) -> str:
        """Return the network whose head reads the means of some blocks' maps and of the last maps.

        Args:
            joined: Numbers of the blocks.

        Example:
            >>> from convscope.network.notation import parse
            >>> from convscope.pictures.preparation import Preparation
            >>> blocks = parse("8C3s2"), parse("(8C3)+")
            >>> tiny = Backbone("tiny", blocks, parse("32C1"), (1,), 1, Preparation(3, 32, 32),
            ...                 (127,) * 3, (128,) * 3, weights={}, origin="", licence="", digest="")
            >>> tiny.notation(), tiny.notation([1])
            ('8C3s2-(8C3)+-32C1-J', '8C3s2-(8C3)+-K-32C1-J')

        Raises:
            IndexError: There is no such block.
        """
        if not set(joined) <= set(range(len(self.blocks))):
            raise IndexError(f"{self.name} has blocks 0 to {len(self.blocks) - 1}, not {sorted(joined)}")
        layers: list[Layer] = []
        for number, block in enumerate(self.blocks):
            layers += [*block, Keep()] if number in joined else block
        return write([*layers, *self.last, Join()])

    def layers_from(self, block: int, chain: Chain) -> frozenset[str]:
        """Return the layers of a chain with this backbone that have weights and stand in a block or after it.

        Args:
            block: The number of the block.
            chain: Backbone and head.
        """
        layers = [layer for one in self.blocks[:block] for layer in one]
        before = build_chain(layers, self.preparation.shape, classes=2)
        frozen = {step.name for step in before.layers if step is not before.output}
        return frozenset(step.name for step in chain if step.parameters and step.name not in frozen)
