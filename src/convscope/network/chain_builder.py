"""Builds the chain of a network for pictures of one shape."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

from convscope.errors import NetworkError
from convscope.network.chain import ACTIVATIONS, NO_PARAMETERS, Chain, LastStep, Step
from convscope.network.notation import (
    Convolution,
    DepthwiseConvolution,
    FullConnection,
    Join,
    Keep,
    Layer,
    Pooling,
    Shortcut,
    parse,
    write,
)
from convscope.network.receptive_field import ReceptiveField
from convscope.steps.windows import Windows, output_size

if TYPE_CHECKING:
    from collections.abc import Iterable

_WithStep = Convolution | DepthwiseConvolution | Pooling | FullConnection


def parse_chain(
    notation: str, input_shape: tuple[int, int, int], classes: int, last_step: LastStep = "softmax"
) -> Chain:
    """Build the chain of a network in notation; same arguments and errors as `parse` and `build_chain`.

    Example:
        >>> for step in parse_chain("4C3-MP2", (1, 8, 8), 2):
        ...     print(step.title, step.shape, step.parameter_count, step.multiply_adds)
        image (1, 8, 8) 0 0
        convolution (4, 8, 8) 40 2304
        ReLU (4, 8, 8) 0 0
        max pooling (4, 4, 4) 0 0
        flattening (64,) 0 0
        full connection (2,) 130 128
        softmax (2,) 0 0
    """
    return build_chain(parse(notation), input_shape, classes, last_step)


def build_chain(
    layers: Iterable[Layer],
    input_shape: tuple[int, int, int],
    classes: int,
    last_step: LastStep = "softmax",
) -> Chain:
    """Build the chain of layers for pictures of one shape.

    Args:
        layers: The result of `parse`; the output layer is added.
        input_shape: (channels, height, width) of a prepared picture.
        classes: Number of neurons of the output layer.
        last_step: The step after it: softmax, or sigmoids for several labels per picture.

    Raises:
        NetworkError: The network is too deep for the picture.
    """
    network = tuple(layers)
    builder = _Builder(input_shape)
    for layer in network:
        builder.add_layer(layer)
    builder.add_output(classes)
    builder.add(last_step, last_step)
    return Chain(tuple(builder.steps), network)


class _Builder:
    """Appends steps; each takes the output of the one before."""

    def __init__(self, input_shape: tuple[int, int, int]) -> None:
        self.steps = [Step("image", "image", (), input_shape, input_shape)]
        self._counts = Counter[str]()
        self._kept: list[Step] = []

    @property
    def last(self) -> Step:
        return self.steps[-1]

    def add(self, kind: str, name: str) -> None:
        """Append a step without a layer; it inherits shape and receptive field from the step before."""
        shape = self.last.shape
        self.steps.append(
            Step(name, kind, (self.last.name,), shape, shape, receptive_field=self.last.receptive_field)
        )

    def add_layer(self, layer: Layer) -> None:
        """Append the steps of a layer and of its activation."""
        match layer:
            case Shortcut(layers):
                self._add_shortcut(layers)
                return
            case Keep():
                self._kept.append(self.last)
                return
            case Join():
                self._add_joining()
                return
            case FullConnection():
                self._add_full_connection(layer)
            case _:
                self._add_windows(layer)
        if not isinstance(layer, Pooling) and layer.activation in ACTIVATIONS:
            self.add(layer.activation, f"{self.last.name}.{layer.activation}")

    def add_output(self, classes: int) -> None:
        """Append the output layer."""
        self._add_full_connection(FullConnection(classes))
        self.steps[-1] = replace(self.last, notation="")

    def _add_shortcut(self, layers: tuple[Layer, ...]) -> None:
        start = self.last
        for layer in layers:
            self.add_layer(layer)
        if self.last.shape != start.shape:
            raise NetworkError(
                f"a shortcut cannot add maps of {_times(start.shape)} to maps of {_times(self.last.shape)}",
                why=f"the block {write(layers)} changes the shape of its input",
                remedy="let its last convolution have as many filters as maps go in, and no stride",
            )
        self._counts["addition"] += 1
        field = self.last.receptive_field.union(start.receptive_field)
        name = f"addition_{self._counts['addition']}"
        inputs = self.last.name, start.name
        self.steps.append(Step(name, "addition", inputs, start.shape, start.shape, receptive_field=field))

    def _add_joining(self) -> None:
        means = [self._add_mean(maps) for maps in [*self._kept, self.last]]
        if len(means) > 1:
            shape = sum(mean.shape[0] for mean in means), 1, 1
            field = reduce(ReceptiveField.union, (mean.receptive_field for mean in means))
            names = tuple(mean.name for mean in means)
            self.steps.append(Step("joining", "joining", names, means[0].shape, shape, receptive_field=field))

    def _add_mean(self, maps: Step) -> Step:
        """Append global average pooling of the maps of any step: one window, the whole map."""
        channels, height, width = maps.shape
        layer = Pooling("average_pooling", Windows((height, width), (height, width)))
        self._append(layer, (channels, 1, 1), (), layer.windows, cells=0, source=maps)
        return self.last

    def _add_full_connection(self, layer: FullConnection) -> None:
        _, height, width = (*self.last.shape, 1, 1)[:3]
        if self.last.has_maps:
            self.add("flattening", "flattening")
            self.steps[-1] = replace(self.last, shape=(math.prod(self.last.input_shape),))
        weight = (layer.neurons, *self.last.shape)
        self._append(layer, (layer.neurons,), weight, Windows((height, width)), cells=1)

    def _add_windows(self, layer: Convolution | DepthwiseConvolution | Pooling) -> None:
        channels, *sides = self.last.shape
        windows = layer.windows
        geometry = zip(sides, windows.size, windows.stride, windows.padding, strict=True)
        rows, columns = (output_size(*side, overhang=windows.overhang) for side in geometry)
        if min(rows, columns) < 1:
            raise NetworkError(
                f"the network is too deep for the picture: {write([layer])} (layer {self._position()}) "
                "does not fit",
                why=f"its input has {_times(sides)} cells, its window is {_times(windows.size)}",
                remedy="leave this layer out, or use larger pictures",
            )
        filters = layer.filters if isinstance(layer, Convolution) else channels
        weight: tuple[int, ...] = ()
        if not isinstance(layer, Pooling):
            weight = (filters, channels if isinstance(layer, Convolution) else 1, *windows.size)
        self._append(layer, (filters, rows, columns), weight, windows, cells=rows * columns)

    def _position(self) -> int:
        return 1 + sum(step.layer is not None for step in self.steps)

    def _append(
        self,
        layer: _WithStep,
        shape: tuple[int, ...],
        weight: tuple[int, ...],
        windows: Windows,
        *,
        cells: int,
        source: Step | None = None,
    ) -> None:
        source = source or self.last
        self._counts[layer.kind] += 1
        name = f"{layer.kind}_{self._counts[layer.kind]}"
        parameters = {f"{name}.weight": weight, f"{name}.bias": weight[:1]} if weight else NO_PARAMETERS
        self.steps.append(
            Step(
                name,
                layer.kind,
                (source.name,),
                source.shape,
                shape,
                layer,
                write([layer]),
                source.receptive_field.through(windows),
                parameters,
                math.prod(weight) * cells if weight else 0,
            )
        )


def _times(sides: Iterable[int]) -> str:
    return "x".join(map(str, sides))
