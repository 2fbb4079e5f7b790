"""What every step of a network gives out, and what it costs.

The one place that walks a chain with its running shape: the table of `convscope network`, the modules that
train, the graph that predicts and the check of a model file all ask here.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from convscope.errors import NetworkError, SettingError
from convscope.network.notation import Convolution, FullConnection, Layer, Pooling, write
from convscope.steps.windows import output_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HALVING = Pooling("max", (2, 2), (2, 2), overhang=False)
"""The pooling that training takes along in the convolution before it: its window is always 2x2."""
_LONGEST_SIDE = 65_536


@dataclass(frozen=True, slots=True)
class Stage:
    """One layer in its place in the chain.

    Attributes:
        name: `convolution_1`, `max_pooling_1`, `full_connection_1`, ...; numbered from 1 within its kind.
        layer: The layer; the last stage is the output layer, a FullConnection with a neuron for every class.
        input_shape: (channels, height, width); for a full connection (inputs,), flattened if need be.
        output_shape: (channels, height, width); for a full connection (neurons,).
    """

    name: str
    layer: Layer
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]

    @property
    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of its trainable tensors, in PyTorch's layout; empty for a pooling."""
        match self.layer:
            case Convolution(filters, size):
                shape = (filters, self.input_shape[0], *size)
            case FullConnection(neurons):
                shape = (neurons, *self.input_shape)
            case Pooling():
                return {}
        return {f"{self.name}.weight": shape, f"{self.name}.bias": shape[:1]}


@dataclass(frozen=True, slots=True)
class Row:
    """One step of the chain as a person reads it.

    Attributes:
        step: Image, convolution, ReLU, max pooling, average pooling, flattening, full connection or softmax.
        notation: The piece of the notation it comes from; empty for a step that no piece stands for.
        output_shape: (channels, height, width), flattened (values,).
        parameters: How many weights and biases are trained.
        multiply_adds: How many products are summed for one picture; biases are not counted.
        receptive_field: (height, width) of the part of the picture one output number depends on, never more
            than the picture.
    """

    step: str
    notation: str
    output_shape: tuple[int, ...]
    parameters: int
    multiply_adds: int
    receptive_field: tuple[int, int]


def parse_shape(text: str) -> tuple[int, int, int]:
    """Read a picture's shape, channels first.

    Raises:
        SettingError: The text is not three whole numbers from 1 to 65536 joined by `x`.

    Example:
        >>> parse_shape("3x32x32")
        (3, 32, 32)
    """
    found = re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})x([0-9]{1,5})", text, re.IGNORECASE)
    sizes = [int(number) for number in found.groups()] if found else [0]
    if not all(1 <= size <= _LONGEST_SIDE for size in sizes):
        raise SettingError(
            f"{text!r} is not the shape of a picture",
            remedy="write channels x height x width, each 1 to 65536: 3x32x32",
        )
    return sizes[0], sizes[1], sizes[2]


def stages(layers: Iterable[Layer], input_shape: tuple[int, int, int], classes: int) -> tuple[Stage, ...]:
    """Walk the chain, output layer included, with the shape that reaches every layer.

    Args:
        layers: What `parse` returns.
        input_shape: (channels, height, width) of a prepared picture.
        classes: How many neurons the output layer has.

    Raises:
        NetworkError: The network is too deep for the picture.

    Example:
        >>> [(s.name, s.output_shape) for s in stages([Convolution(4, (3, 3), (1, 1), (0, 0))], (1, 7, 7), 2)]
        [('convolution_1', (4, 5, 5)), ('full_connection_1', (2,))]
    """
    shape: tuple[int, ...] = input_shape
    counts: dict[str, int] = {}
    chain: list[Stage] = []
    for place, layer in enumerate((*layers, FullConnection(classes)), start=1):
        kind = step_name(layer).replace(" ", "_")
        counts[kind] = counts.get(kind, 0) + 1
        if isinstance(layer, FullConnection):
            shape = (math.prod(shape),)
        after = _output_shape(layer, shape, place)
        chain.append(Stage(f"{kind}_{counts[kind]}", layer, shape, after))
        shape = after
    return tuple(chain)


def weight_shapes(chain: Iterable[Stage]) -> dict[str, tuple[int, ...]]:
    """Names and shapes of all trainable tensors of a chain, in order."""
    return {name: shape for stage in chain for name, shape in stage.weight_shapes.items()}


def covers_all(stage: Stage) -> bool:
    """Whether a stage is a pooling whose one window is the whole map.

    Example:
        >>> pooling = Pooling("max", (3, 3), (3, 3), overhang=False)
        >>> [covers_all(stages([pooling], (1, side, side), 2)[0]) for side in (3, 4)]
        [True, False]
    """
    return isinstance(stage.layer, Pooling) and stage.layer.window == stage.input_shape[1:]


def takes_any_size(chain: Sequence[Stage], sides: tuple[int, int]) -> bool:
    """Whether a chain can do with pictures of other sides, because its last maps are pooled whole.

    The window of that pooling shrinks with the maps, but for `HALVING`.

    Args:
        chain: What `stages` returns.
        sides: Height and width of the other pictures.
    """
    wholes = [place for place, stage in enumerate(chain) if covers_all(stage)]
    if not wholes:
        return False
    end = wholes[0] + (chain[wholes[0]].layer == HALVING)
    fixed = [stage.layer for stage in chain[:end]]
    try:
        stages(fixed, (chain[0].input_shape[0], *sides), 1)
    except NetworkError:
        return False
    return True


def last_hidden_step(chain: Sequence[Stage]) -> str:
    """Name the step whose output the output layer listens to.

    Example:
        >>> from convscope.network.notation import parse
        >>> [last_hidden_step(stages(parse(text), (1, 4, 4), 2)) for text in ("2C3-MP2", "2C3-5N")]
        ['flattening', 'full_connection_1.relu']
    """
    if len(chain) > 1 and isinstance(chain[-2].layer, FullConnection):
        return f"{chain[-2].name}.relu"
    return "flattening"


def step_name(layer: Layer) -> str:
    """What the field calls this layer: convolution, max pooling, average pooling or full connection."""
    match layer:
        case Convolution():
            return "convolution"
        case Pooling(kind):
            return f"{kind} pooling"
        case FullConnection():
            return "full connection"


def trace(layers: Iterable[Layer], input_shape: tuple[int, int, int], classes: int) -> tuple[Row, ...]:
    """Every step from the image to softmax with its shape and cost.

    Args:
        layers: What `parse` returns.
        input_shape: (channels, height, width) of a prepared picture.
        classes: How many classes the network tells apart.

    Raises:
        NetworkError: The network is too deep for the picture.

    Example:
        >>> from convscope.network.notation import parse
        >>> for row in trace(parse("4C3-MP2"), (1, 8, 8), 2):
        ...     print(row.step, row.output_shape, row.parameters, row.multiply_adds, row.receptive_field)
        image (1, 8, 8) 0 0 (1, 1)
        convolution (4, 8, 8) 40 2304 (3, 3)
        ReLU (4, 8, 8) 0 0 (3, 3)
        max pooling (4, 4, 4) 0 0 (4, 4)
        flattening (64,) 0 0 (4, 4)
        full connection (2,) 130 128 (8, 8)
        softmax (2,) 0 0 (8, 8)
    """
    chain = stages(layers, input_shape, classes)
    fields = _receptive_fields(chain, input_shape[1:])
    rows = [Row("image", "", input_shape, 0, 0, (1, 1))]
    for stage, field in zip(chain, fields, strict=True):
        if stage.name == "full_connection_1":
            rows.append(Row("flattening", "", stage.input_shape, 0, 0, rows[-1].receptive_field))
        is_output = stage is chain[-1]
        notation = "" if is_output else write([stage.layer])
        costs = _parameters(stage), _multiply_adds(stage)
        rows.append(Row(step_name(stage.layer), notation, stage.output_shape, *costs, field))
        if not is_output and not isinstance(stage.layer, Pooling):
            rows.append(Row("ReLU", "", stage.output_shape, 0, 0, field))
    return (*rows, Row("softmax", "", (classes,), 0, 0, rows[-1].receptive_field))


def _output_shape(layer: Layer, shape: tuple[int, ...], place: int) -> tuple[int, ...]:
    match layer:
        case FullConnection(neurons):
            return (neurons,)
        case Convolution(filters, window, stride, padding):
            channels, overhang = filters, False
        case Pooling(_, window, stride, overhang):
            channels, padding = shape[0], (0, 0)
    sides = [output_size(shape[1 + i], window[i], stride[i], padding[i], overhang=overhang) for i in (0, 1)]
    if min(sides) < 1:
        raise NetworkError(
            f"the network is too deep for the picture: {write([layer])} (piece {place}) does not fit",
            why=f"a map of {_times(shape[1:])} reaches it, its window is {_times(window)}",
            remedy="leave this piece out, or use larger pictures",
        )
    return (channels, *sides)


def _parameters(stage: Stage) -> int:
    return sum(math.prod(shape) for shape in stage.weight_shapes.values())


def _multiply_adds(stage: Stage) -> int:
    if not stage.weight_shapes:
        return 0
    return math.prod(stage.weight_shapes[f"{stage.name}.weight"]) * math.prod(stage.output_shape[1:])


def _receptive_fields(chain: Sequence[Stage], picture: tuple[int, int]) -> list[tuple[int, int]]:
    fields: list[tuple[int, int]] = []
    field, jump, sides = (1, 1), (1, 1), picture
    for stage in chain:
        window, stride = _geometry(stage.layer, sides)
        field = _pair(
            min(p, f + (w - 1) * j) for p, f, w, j in zip(picture, field, window, jump, strict=True)
        )
        jump = _pair(j * s for j, s in zip(jump, stride, strict=True))
        sides = (1, 1) if isinstance(stage.layer, FullConnection) else _pair(stage.output_shape[1:])
        fields.append(field)
    return fields


def _geometry(layer: Layer, sides: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    match layer:
        case Convolution(_, window, stride) | Pooling(_, window, stride):
            return window, stride
        case FullConnection():  # sees the whole map, like a window of its size
            return sides, (1, 1)


def _pair(numbers: Iterable[int]) -> tuple[int, int]:
    height, width = numbers
    return height, width


def _times(sides: tuple[int, ...]) -> str:
    return "x".join(map(str, sides))
