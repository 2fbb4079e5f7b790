"""Variants of a network: without activations, with another pooling, on pictures of another size."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from convscope.errors import NetworkError
from convscope.network.chain_builder import build_chain
from convscope.network.notation import (
    Convolution,
    DepthwiseConvolution,
    FullConnection,
    Layer,
    Pooling,
    Shortcut,
)
from convscope.steps.windows import Windows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from convscope.network.chain import Chain

HALVING = Pooling("max_pooling", Windows((2, 2), (2, 2)))
"""The pooling that training fuses with the convolution before it."""


def without_activations(chain: Chain) -> Chain:
    """Remove every ReLU and ReLU6.

    Example:
        >>> from convscope.network.chain_builder import parse_chain
        >>> [step.name for step in without_activations(parse_chain("2C3", (1, 4, 4), 2))]
        ['image', 'convolution_1', 'flattening', 'full_connection_1', 'softmax']
    """

    def change(layer: Layer) -> Layer:
        if isinstance(layer, (Convolution, DepthwiseConvolution, FullConnection)):
            return replace(layer, activation="linear")
        return layer

    return with_layers(chain, change)


def with_pooling(chain: Chain, kind: str) -> Chain:
    """Return the chain with another kind of pooling.

    Example:
        >>> from convscope.network.chain_builder import parse_chain
        >>> [step.kind for step in with_pooling(parse_chain("MP2", (1, 4, 4), 2), "average_pooling")]
        ['image', 'average_pooling', 'flattening', 'full_connection', 'softmax']
    """

    def change(layer: Layer) -> Layer:
        return replace(layer, kind=kind) if isinstance(layer, Pooling) else layer

    return with_layers(chain, change)


def with_layers(chain: Chain, change: Callable[[Layer], Layer]) -> Chain:
    """Return the chain of a network with every layer mapped by a function, also inside shortcuts."""
    layers = change_layers(chain.network, change)
    return build_chain(layers, chain.input_shape, chain.output.shape[0], chain.last_step)


def change_layers(layers: Iterable[Layer], change: Callable[[Layer], Layer]) -> tuple[Layer, ...]:
    """Map every layer by a function, also inside shortcuts."""
    return tuple(
        Shortcut(change_layers(layer.layers, change)) if isinstance(layer, Shortcut) else change(layer)
        for layer in layers
    )


def takes_sides(chain: Chain, sides: tuple[int, int]) -> bool:
    """Whether a network also works on pictures of another size, because it ends with global pooling.

    The window of that pooling shrinks with the maps, unless it is the 2x2 max pooling that training fuses
    with the convolution before it.

    Args:
        chain: The network.
        sides: Height and width of the other pictures.
    """
    positions = [position for position, step in enumerate(chain.layers) if step.pools_whole_maps]
    if not positions:
        return False
    end = positions[0] + (chain.layers[positions[0]].layer == HALVING)
    fixed = [step.layer for step in chain.layers[:end] if step.layer]
    try:
        build_chain(fixed, (chain.input_shape[0], *sides), 1)
    except NetworkError:
        return False
    return True
