"""The chain: every step of a network, from the image to softmax, as one value.

`32C3-MP2` on a picture of 3x8x8 with two classes is the chain

    image, convolution_1, convolution_1.relu, max_pooling_1, flattening, full_connection_1, softmax

Each step says which steps it reads, so a network with shortcuts is a chain, too. Everything that computes,
draws or exports a network goes through its steps and looks up the `kind` of each in its own table: NumPy in
`walkthrough/numpy_chain.py`, PyTorch in `network/modules.py`, ONNX in `model/graph.py`, the offline page in
`offline/layers.py`, the walk's documents in `walkthrough/step_documents.py`.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from convscope.errors import NetworkError
from convscope.network.notation import Convolution, FullConnection, Layer, Pooling, parse, write
from convscope.network.receptive_field import ReceptiveField
from convscope.steps.windows import Windows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_TITLES = {"relu": "ReLU"}
_NO_PARAMETERS: Mapping[str, tuple[int, ...]] = {}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the chain.

    Attributes:
        name: Unique: `image`, `convolution_1`, `convolution_1.relu`, `max_pooling_1`, `flattening`, ...
        kind: The key of the engines' tables: `image`, `convolution`, `relu`, `max_pooling`,
            `average_pooling`, `flattening`, `full_connection` or `softmax`.
        inputs: Names of the steps it reads: none for the image, two for an addition.
        input_shape: Shape of what it reads; of its first input if there are several.
        shape: Shape of what it gives out: (channels, height, width), or (values,) from flattening on.
        layer: The layer it stands for, None for image, ReLU, flattening and softmax.
        notation: That layer in notation; empty for the output layer, which is not written.
        receptive_field: Which part of the picture one number of its output can see.
        parameters: Names and shapes of its weights and biases, in PyTorch's layout.
        multiply_adds: How many products are summed for one picture; biases are not counted.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    input_shape: tuple[int, ...]
    shape: tuple[int, ...]
    layer: Layer | None = None
    notation: str = ""
    receptive_field: ReceptiveField = ReceptiveField()  # noqa: RUF009 - a tuple
    parameters: Mapping[str, tuple[int, ...]] = field(default_factory=lambda: _NO_PARAMETERS)
    multiply_adds: int = 0

    @property
    def title(self) -> str:
        """What a course calls it: `max pooling`, `full connection`, `ReLU`."""
        return _TITLES.get(self.kind, self.kind.replace("_", " "))

    @property
    def family(self) -> str:
        """Its kind, but `pooling` for every kind of pooling: the key where all poolings are treated alike."""
        return "pooling" if isinstance(self.layer, Pooling) else self.kind

    @property
    def windows(self) -> Windows:
        """How its windows slide.

        Raises:
            TypeError: It has no windows.
        """
        if not isinstance(self.layer, (Convolution, Pooling)):
            raise TypeError(f"{self.name} has no windows")
        return self.layer.windows

    @property
    def parameter_count(self) -> int:
        """How many weights and biases it has."""
        return sum(map(math.prod, self.parameters.values()))

    @property
    def has_maps(self) -> bool:
        """Whether it gives out maps, (channels, height, width)."""
        return len(self.shape) == 3

    @property
    def pools_whole_maps(self) -> bool:
        """Whether it is a pooling whose one window is the whole map."""
        return isinstance(self.layer, Pooling) and self.layer.windows.size == self.input_shape[1:]


@dataclass(frozen=True)
class Chain:
    """The steps of a network in order; each reads only steps before it."""

    steps: tuple[Step, ...]

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, name: str) -> Step:
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    @cached_property
    def _by_name(self) -> dict[str, Step]:
        return {step.name: step for step in self.steps}

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of a prepared picture."""
        channels, height, width = self.steps[0].shape
        return channels, height, width

    @cached_property
    def layers(self) -> tuple[Step, ...]:
        """The steps that stand for layers, the output layer last."""
        return tuple(step for step in self.steps if step.layer)

    @property
    def output(self) -> Step:
        """The output layer: a full connection that gives the logits, one per class."""
        return self.layers[-1]

    @property
    def features(self) -> Step:
        """The last hidden step: what the output layer reads."""
        return self[self.output.inputs[0]]

    @property
    def notation(self) -> str:
        """The network in canonical notation."""
        return "-".join(step.notation for step in self.layers[:-1])

    @cached_property
    def parameters(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of all weights and biases, in order."""
        return {name: shape for step in self.steps for name, shape in step.parameters.items()}

    @property
    def parameter_count(self) -> int:
        """How many weights and biases there are."""
        return sum(step.parameter_count for step in self.steps)

    @property
    def multiply_adds(self) -> int:
        """How many products are summed for one picture."""
        return sum(step.multiply_adds for step in self.steps)

    def readers(self, step: Step) -> tuple[Step, ...]:
        """Return the steps that read a step's output."""
        return tuple(reader for reader in self.steps if step.name in reader.inputs)

    def activation(self, step: Step) -> Step:
        """Return the ReLU that follows a layer, or the layer itself if none does."""
        return next((reader for reader in self.readers(step) if reader.kind == "relu"), step)

    def without(self, kind: str) -> Chain:
        """Leave out every step of a kind that passes on one input; its readers read that input instead.

        Example:
            >>> [step.name for step in parse_chain("2C3", (1, 4, 4), 2).without("relu")]
            ['image', 'convolution_1', 'flattening', 'full_connection_1', 'softmax']
        """
        instead: dict[str, str] = {}
        steps: list[Step] = []
        for step in self.steps:
            inputs = tuple(instead.get(name, name) for name in step.inputs)
            if step.kind == kind:
                instead[step.name] = inputs[0]
            else:
                steps.append(replace(step, inputs=inputs))
        return Chain(tuple(steps))

    def with_pooling(self, kind: str) -> Chain:
        """Return the chain with every pooling of another kind; names and shapes stay.

        Example:
            >>> [step.kind for step in parse_chain("MP2", (1, 4, 4), 2).with_pooling("average_pooling")]
            ['image', 'average_pooling', 'flattening', 'full_connection', 'softmax']
        """
        return Chain(
            tuple(_with_kind(step, kind) if isinstance(step.layer, Pooling) else step for step in self)
        )


def _with_kind(pooling: Step, kind: str) -> Step:
    layer = Pooling(kind, pooling.windows)
    return replace(pooling, kind=kind, layer=layer, notation=write([layer]))


def parse_chain(notation: str, input_shape: tuple[int, int, int], classes: int) -> Chain:
    """Build the chain of a network in notation; arguments and errors as for `parse` and `build_chain`.

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
    return build_chain(parse(notation), input_shape, classes)


def build_chain(layers: Iterable[Layer], input_shape: tuple[int, int, int], classes: int) -> Chain:
    """Build the chain of layers for pictures of one shape.

    Args:
        layers: What `parse` returns; the output layer is added.
        input_shape: (channels, height, width) of a prepared picture.
        classes: How many neurons the output layer has.

    Raises:
        NetworkError: The network is too deep for the picture.
    """
    builder = _Builder(input_shape)
    for position, layer in enumerate(layers, start=1):
        builder.add_layer(layer, position)
        if not isinstance(layer, Pooling):
            builder.add("relu", f"{builder.last.name}.relu")
    builder.add_output(classes)
    builder.add("softmax", "softmax")
    return Chain(tuple(builder.steps))


def takes_sides(chain: Chain, sides: tuple[int, int]) -> bool:
    """Whether a network also works on pictures of another size, because its last maps are pooled whole.

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


HALVING = Pooling("max_pooling", Windows((2, 2), (2, 2)))
"""The pooling that training fuses with the convolution before it."""


class _Builder:
    """Appends steps, each reading the one before."""

    def __init__(self, input_shape: tuple[int, int, int]) -> None:
        self.steps = [Step("image", "image", (), input_shape, input_shape)]
        self._counts = Counter[str]()

    @property
    def last(self) -> Step:
        return self.steps[-1]

    def add(self, kind: str, name: str) -> None:
        """Append a step without a layer; its shape and receptive field are those of the step before."""
        shape = self.last.shape
        self.steps.append(
            Step(name, kind, (self.last.name,), shape, shape, receptive_field=self.last.receptive_field)
        )

    def add_layer(self, layer: Layer, position: int) -> None:
        """Append the step of a layer; maps are flattened before the first full connection."""
        if isinstance(layer, FullConnection):
            self._add_full_connection(layer)
        else:
            self._add_windows(layer, position)

    def add_output(self, classes: int) -> None:
        """Append the output layer."""
        self._add_full_connection(FullConnection(classes))
        self.steps[-1] = replace(self.last, notation="")

    def _add_full_connection(self, layer: FullConnection) -> None:
        _, height, width = (*self.last.shape, 1, 1)[:3]
        if self.last.has_maps:
            self.add("flattening", "flattening")
            self.steps[-1] = replace(self.last, shape=(math.prod(self.last.input_shape),))
        weight = (layer.neurons, *self.last.shape)
        self._append(layer, (layer.neurons,), weight, Windows((height, width)), cells=1)

    def _add_windows(self, layer: Convolution | Pooling, position: int) -> None:
        channels, height, width = self.last.shape
        windows = layer.windows
        try:
            rows, columns = windows.output_shape(height, width)
        except NetworkError as error:
            raise NetworkError(
                f"the network is too deep for the picture: {write([layer])} (layer {position}) does not fit",
                why=f"its input has {height}x{width} cells, its window is {'x'.join(map(str, windows.size))}",
                remedy="leave this layer out, or use larger pictures",
            ) from error
        if isinstance(layer, Convolution):
            weight = (layer.filters, channels, *windows.size)
            self._append(layer, (layer.filters, rows, columns), weight, windows, cells=rows * columns)
        else:
            self._append(layer, (channels, rows, columns), (), windows, cells=0)

    def _append(
        self, layer: Layer, shape: tuple[int, ...], weight: tuple[int, ...], windows: Windows, *, cells: int
    ) -> None:
        self._counts[layer.kind] += 1
        name = f"{layer.kind}_{self._counts[layer.kind]}"
        self.steps.append(
            Step(
                name,
                layer.kind,
                (self.last.name,),
                self.last.shape,
                shape,
                layer,
                write([layer]),
                self.last.receptive_field.through(windows),
                {f"{name}.weight": weight, f"{name}.bias": weight[:1]} if weight else _NO_PARAMETERS,
                math.prod(weight) * cells,
            )
        )
