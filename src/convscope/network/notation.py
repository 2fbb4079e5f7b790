"""The notation: a network in one short line, after Cireşan, Meier and Schmidhuber (2012).

`32C3-MP2-64C3-MP2-128N` is a chain of layers joined by `-`:

    32C3      convolution: 32 filters of 3x3 cells           32C3x5   filters 3 high, 5 wide
    D3        depthwise convolution: a 3x3 filter per map    128N     full connection: 128 neurons
    MP2       max pooling with a 2x2 window                  AP3x2    average pooling, 3 high, 2 wide
    (...)+    a block of layers with a shortcut: its input is added to its output
    K         keep: the maps at this place are kept for J
    J         join: the means of all kept maps and of the last ones, side by side

followed by

    s2, s2x1  stride                                         p0, p1x2 padding, of convolutions
    o         the last windows may overhang                  r6, l    ReLU6 or nothing (linear), not ReLU

By default, a convolution has stride 1 and padding (size - 1) // 2 on every side, and the stride of a pooling
is its window size. ReLU follows every convolution and full connection. The output layer is implied: it has
one neuron per class.

Source: D. Cireşan, U. Meier, J. Schmidhuber, "Multi-column deep neural networks for image classification",
CVPR 2012, https://arxiv.org/abs/1202.2745; depthwise convolutions, r6, l, shortcuts, K and J are ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from convscope.errors import NotationError, SettingError
from convscope.steps import POOLINGS
from convscope.steps.windows import Windows

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_LAYERS = 128
MAX_UNITS = 65_536
MAX_CELLS = 64
_MAX_CHARACTERS = 4_096
_MAX_SIDE = 65_536
_MAX_DEPTH = 4

Activation = Literal["relu", "relu6", "linear"]
_ACTIVATIONS: tuple[tuple[str, Activation], ...] = (("R6", "relu6"), ("L", "linear"), ("", "relu"))


@dataclass(frozen=True, slots=True)
class Convolution:
    """A convolution with `filters` filters, followed by an activation."""

    kind: ClassVar[str] = "convolution"
    filters: int
    windows: Windows
    activation: Activation = "relu"


@dataclass(frozen=True, slots=True)
class DepthwiseConvolution:
    """A convolution with one filter per map, followed by an activation."""

    kind: ClassVar[str] = "depthwise_convolution"
    windows: Windows
    activation: Activation = "relu"


@dataclass(frozen=True, slots=True)
class Pooling:
    """Pooling of a kind listed in `steps.POOLINGS`, written with its initials."""

    kind: str
    windows: Windows


@dataclass(frozen=True, slots=True)
class FullConnection:
    """A full connection (fully connected, dense layer), followed by an activation unless it is the output."""

    kind: ClassVar[str] = "full_connection"
    neurons: int
    activation: Activation = "relu"


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A block of layers whose input is added to its output."""

    layers: tuple[Layer, ...]


@dataclass(frozen=True, slots=True)
class Keep:
    """Keeps the maps at this point for the `Join` that follows."""


@dataclass(frozen=True, slots=True)
class Join:
    """Global average pooling of all kept maps and of the last ones, concatenated."""


Layer = Convolution | DepthwiseConvolution | Pooling | FullConnection | Shortcut | Keep | Join


_MARKS: dict[str, Keep | Join] = {"K": Keep(), "J": Join()}


def parse(notation: str) -> tuple[Layer, ...]:
    """Read a network's notation; case does not matter.

    Args:
        notation: Up to 128 layers joined by `-`; 1 to 65536 filters or neurons, 1 to 64 cells per side.

    Returns:
        The layers in order, without the output layer.

    Raises:
        NotationError: The text is not a network; the message points to the character.

    Example:
        >>> parse("8C3-MP2-10N")  # doctest: +NORMALIZE_WHITESPACE
        (Convolution(filters=8, windows=Windows(size=(3, 3), stride=(1, 1), padding=(1, 1), overhang=False),
                     activation='relu'),
         Pooling(kind='max_pooling',
                 windows=Windows(size=(2, 2), stride=(2, 2), padding=(0, 0), overhang=False)),
         FullConnection(neurons=10, activation='relu'))
    """
    reader = _Reader(notation)
    layers = _read_layers(reader)
    if not reader.at_end():
        raise reader.error("expected '-' and the next layer, or the end")
    if Keep() in layers and Join() not in layers:
        raise reader.error("K keeps maps for a J, and none follows")
    return layers


def write(layers: Iterable[Layer]) -> str:
    """Write layers in canonical notation, so that `parse(write(layers)) == tuple(layers)`.

    Example:
        >>> write(parse("32c3x3s1-ap2x2s2o-064n"))
        '32C3-AP2o-64N'
    """
    return "-".join(map(_write_layer, layers))


def parse_shape(text: str) -> tuple[int, int, int]:
    """Read a picture's shape, channels first.

    Raises:
        SettingError: The text is not three whole numbers from 1 to 65536 joined by `x`.

    Example:
        >>> parse_shape("3x32x32")
        (3, 32, 32)
    """
    match = re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})x([0-9]{1,5})", text, re.IGNORECASE)
    sizes = [int(number) for number in match.groups()] if match else [0]
    if not all(1 <= size <= _MAX_SIDE for size in sizes):
        raise SettingError(
            f"{text!r} is not the shape of a picture",
            remedy="write channels x height x width, each 1 to 65536: 3x32x32",
        )
    return sizes[0], sizes[1], sizes[2]


def _read_layers(reader: _Reader) -> tuple[Layer, ...]:
    layers: list[Layer] = []
    while True:
        start = reader.position
        layer = _read_layer(reader)
        if (
            layers
            and isinstance(layers[-1], (FullConnection, Join))
            and not isinstance(layer, FullConnection)
        ):
            raise reader.error("after a full connection or J only full connections can follow", start)
        layers.append(layer)
        if not reader.take("-"):
            return tuple(layers)


def _read_layer(reader: _Reader) -> Layer:
    reader.count_layer()
    if reader.at_digit():
        return _layer_of_units(reader)
    if reader.take("("):
        return _shortcut(reader)
    if reader.take("D"):
        return DepthwiseConvolution(_convolution_windows(reader), _activation(reader))
    for kind in POOLINGS:
        if reader.take(_initials(kind)):
            return Pooling(kind, _pooling_windows(reader))
    for letter, mark in _MARKS.items():
        if reader.take(letter):
            return mark
    raise reader.error("expected a layer such as 32C3, D3, MP2, AP2, 128N, (...)+, K or J")


def _layer_of_units(reader: _Reader) -> Layer:
    units = reader.number("a number of filters or neurons", 1, MAX_UNITS)
    if reader.take("C"):
        return Convolution(units, _convolution_windows(reader), _activation(reader))
    if reader.take("N"):
        return FullConnection(units, _activation(reader))
    raise reader.error("expected C (filters of a convolution) or N (neurons) after the number")


def _shortcut(reader: _Reader) -> Shortcut:
    start = reader.position
    reader.nest(1)
    layers = _read_layers(reader)
    reader.nest(-1)
    if any(isinstance(layer, (FullConnection, Keep, Join)) for layer in layers):
        raise reader.error("a shortcut adds maps: no full connection, K or J can be inside", start)
    if not reader.take(")+"):
        raise reader.error("expected ')+', the end of the block with a shortcut")
    return Shortcut(layers)


def _convolution_windows(reader: _Reader) -> Windows:
    size = reader.pair("a filter's size", 1)
    stride = reader.pair("a stride", 1) if reader.take("S") else (1, 1)
    padding = reader.pair("a padding", 0) if reader.take("P") else _same_padding(size)
    return Windows(size, stride, padding, overhang=reader.take("O"))


def _pooling_windows(reader: _Reader) -> Windows:
    size = reader.pair("a window's size", 1)
    stride = reader.pair("a stride", 1) if reader.take("S") else size
    return Windows(size, stride, overhang=reader.take("O"))


def _activation(reader: _Reader) -> Activation:
    return next(name for letters, name in _ACTIVATIONS if reader.take(letters))


def _same_padding(size: tuple[int, int]) -> tuple[int, int]:
    return (size[0] - 1) // 2, (size[1] - 1) // 2


def _initials(kind: str) -> str:
    return "".join(word[0] for word in kind.split("_")).upper()


def _write_layer(layer: Layer) -> str:
    match layer:
        case Convolution(filters, windows, activation):
            return f"{filters}C{_write_convolution(windows)}{_write_activation(activation)}"
        case DepthwiseConvolution(windows, activation):
            return f"D{_write_convolution(windows)}{_write_activation(activation)}"
        case Pooling(kind, windows):
            stride = "" if windows.stride == windows.size else f"s{_write_pair(windows.stride)}"
            return f"{_initials(kind)}{_write_pair(windows.size)}{stride}{'o' if windows.overhang else ''}"
        case FullConnection(neurons, activation):
            return f"{neurons}N{_write_activation(activation)}"
        case Shortcut(layers):
            return f"({write(layers)})+"
        case Keep() | Join():
            return next(letter for letter, mark in _MARKS.items() if mark == layer)


def _write_convolution(windows: Windows) -> str:
    stride = "" if windows.stride == (1, 1) else f"s{_write_pair(windows.stride)}"
    same = windows.padding == _same_padding(windows.size)
    padding = "" if same else f"p{_write_pair(windows.padding)}"
    return f"{_write_pair(windows.size)}{stride}{padding}{'o' if windows.overhang else ''}"


def _write_activation(activation: Activation) -> str:
    return next(letters.lower() for letters, name in _ACTIVATIONS if name == activation)


def _write_pair(pair: tuple[int, int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}x{pair[1]}"


class _Reader:
    """Reads the text from left to right and keeps the position for the caret of an error message."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self._layers = 0
        self._depth = 0
        if len(text) > _MAX_CHARACTERS:
            raise self.error(f"a notation has at most {_MAX_CHARACTERS} characters", _MAX_CHARACTERS)

    def count_layer(self) -> None:
        self._layers += 1
        if self._layers > MAX_LAYERS:
            raise self.error(f"a network has at most {MAX_LAYERS} layers")

    def nest(self, levels: int) -> None:
        self._depth += levels
        if self._depth > _MAX_DEPTH:
            raise self.error(f"shortcuts can be nested {_MAX_DEPTH} deep")

    def at_end(self) -> bool:
        return self.position == len(self.text)

    def at_digit(self) -> bool:
        return self.text[self.position : self.position + 1] in set("0123456789")

    def take(self, letters: str) -> bool:
        end = self.position + len(letters)
        matches = self.text[self.position : end].upper() == letters
        if matches:
            self.position = end
        return matches

    def number(self, what: str, low: int, high: int) -> int:
        start = self.position
        while self.at_digit():
            self.position += 1
        if self.position == start:
            raise self.error(f"expected {what}")
        value = int(self.text[start : self.position])
        if not low <= value <= high:
            raise self.error(f"{what} is {low} to {high}", start)
        return value

    def pair(self, what: str, low: int) -> tuple[int, int]:
        first = self.number(what, low, MAX_CELLS)
        return (first, self.number(what, low, MAX_CELLS)) if self.take("X") else (first, first)

    def error(self, why: str, position: int | None = None) -> NotationError:
        position = self.position if position is None else position
        start = max(0, position - 40)
        shown = "".join(c if c.isprintable() else "?" for c in self.text[start : position + 40])
        return NotationError(
            f"cannot read the network's notation: {why}\n  {shown}\n  {' ' * (position - start)}^",
            remedy="write it like 32C3-MP2-128N: 32 filters of 3 × 3 cells, max pooling 2 × 2, 128 neurons",
        )
