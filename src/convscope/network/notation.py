"""A network as one short line, in the notation of Cireşan, Meier and Schmidhuber (2012).

`32C3-MP2-64C3-MP2-128N` is a chain of pieces joined by `-`:

    32C3      32 filters of 3x3 cells, then ReLU       32C3x5   3 high, 5 wide
    s2, s2x1  the stride after a piece                 p0, p1x2 the padding after a convolution
    MP2       max pooling with a 2x2 window            AP3x2    average pooling, 3 high, 2 wide
    o         after a pooling: windows may overhang    128N     128 neurons, then ReLU

Left out, the stride of a convolution is 1, its padding (size - 1) // 2 on every side, and the stride of a
pooling is its window. The output layer is not written: it follows from the number of classes.

Source: D. Cireşan, U. Meier, J. Schmidhuber, "Multi-column deep neural networks for image classification",
CVPR 2012, https://arxiv.org/abs/1202.2745.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from convscope.errors import NotationError

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_PIECES = 64
MOST_UNITS = 65_536
MOST_CELLS = 64
_MOST_CHARACTERS = 2_048  # 64 pieces of the longest kind fit


@dataclass(frozen=True, slots=True)
class Convolution:
    """So many filters over the picture, each followed by ReLU; pairs are (height, width) in cells."""

    filters: int
    size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Pooling:
    """The largest or the mean cell of every window; with `overhang` the last windows may stick out."""

    kind: Literal["max", "average"]
    window: tuple[int, int]
    stride: tuple[int, int]
    overhang: bool


@dataclass(frozen=True, slots=True)
class FullConnection:
    """Neurons that each see everything before them, followed by ReLU unless they are the output."""

    neurons: int


Layer = Convolution | Pooling | FullConnection


def parse(notation: str) -> tuple[Layer, ...]:
    """Read a network's notation; upper and lower case mean the same.

    Args:
        notation: Pieces joined by `-`, at most 64 of them; filters and neurons 1 to 65536, cells 1 to 64.

    Returns:
        The layers in order, without the output layer.

    Raises:
        NotationError: The text is no network; the message points at the character.

    Example:
        >>> parse("8C3-MP2-10N")  # doctest: +NORMALIZE_WHITESPACE
        (Convolution(filters=8, size=(3, 3), stride=(1, 1), padding=(1, 1)),
         Pooling(kind='max', window=(2, 2), stride=(2, 2), overhang=False),
         FullConnection(neurons=10))
    """
    reader = _Reader(notation)
    layers: list[Layer] = []
    while True:
        start = reader.position
        layer = _piece(reader)
        if layers and isinstance(layers[-1], FullConnection) and not isinstance(layer, FullConnection):
            raise reader.error("after a full connection only full connections can follow", start)
        layers.append(layer)
        if reader.at_end():
            return tuple(layers)
        if not reader.take("-"):
            raise reader.error("expected '-' and the next piece, or the end")
        if len(layers) == MOST_PIECES:
            raise reader.error(f"a network has at most {MOST_PIECES} pieces")


def write(layers: Iterable[Layer]) -> str:
    """Write layers in canonical notation, so that `parse(write(layers)) == tuple(layers)`.

    Example:
        >>> write(parse("32c3x3s1-ap2x2s2o-064n"))
        '32C3-AP2o-64N'
    """
    return "-".join(map(_write_piece, layers))


def _piece(reader: _Reader) -> Layer:
    if reader.take("MP"):
        return _pooling(reader, "max")
    if reader.take("AP"):
        return _pooling(reader, "average")
    if not reader.at_digit():
        raise reader.error("expected a piece such as 32C3, MP2, AP2 or 128N")
    units = reader.number("a number of filters or neurons", 1, MOST_UNITS)
    if reader.take("C"):
        return _convolution(reader, units)
    if reader.take("N"):
        return FullConnection(units)
    raise reader.error("expected C (filters of a convolution) or N (neurons) after the number")


def _convolution(reader: _Reader, filters: int) -> Convolution:
    size = reader.pair("a filter's size", 1)
    stride = reader.pair("a stride", 1) if reader.take("S") else (1, 1)
    padding = reader.pair("a padding", 0) if reader.take("P") else _same_padding(size)
    return Convolution(filters, size, stride, padding)


def _pooling(reader: _Reader, kind: Literal["max", "average"]) -> Pooling:
    window = reader.pair("a window's size", 1)
    stride = reader.pair("a stride", 1) if reader.take("S") else window
    return Pooling(kind, window, stride, overhang=reader.take("O"))


def _same_padding(size: tuple[int, int]) -> tuple[int, int]:
    return (size[0] - 1) // 2, (size[1] - 1) // 2


def _write_piece(layer: Layer) -> str:
    match layer:
        case Convolution(filters, size, stride, padding):
            strides = "" if stride == (1, 1) else f"s{_write_pair(stride)}"
            paddings = "" if padding == _same_padding(size) else f"p{_write_pair(padding)}"
            return f"{filters}C{_write_pair(size)}{strides}{paddings}"
        case Pooling(kind, window, stride, overhang):
            strides = "" if stride == window else f"s{_write_pair(stride)}"
            return f"{'MP' if kind == 'max' else 'AP'}{_write_pair(window)}{strides}{'o' if overhang else ''}"
        case FullConnection(neurons):
            return f"{neurons}N"


def _write_pair(pair: tuple[int, int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}x{pair[1]}"


class _Reader:
    """Reads the text from left to right and knows where it stands, for the error's caret."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        if len(text) > _MOST_CHARACTERS:
            raise self.error(f"a notation has at most {_MOST_CHARACTERS} characters", _MOST_CHARACTERS)

    def at_end(self) -> bool:
        return self.position == len(self.text)

    def at_digit(self) -> bool:
        return self.text[self.position : self.position + 1] in set("0123456789")

    def take(self, letters: str) -> bool:
        end = self.position + len(letters)
        found = self.text[self.position : end].upper() == letters
        if found:
            self.position = end
        return found

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
        first = self.number(what, low, MOST_CELLS)
        return (first, self.number(what, low, MOST_CELLS)) if self.take("X") else (first, first)

    def error(self, why: str, position: int | None = None) -> NotationError:
        position = self.position if position is None else position
        start = max(0, position - 40)
        shown = "".join(c if c.isprintable() else "?" for c in self.text[start : position + 40])
        return NotationError(
            f"cannot read the network's notation: {why}\n  {shown}\n  {' ' * (position - start)}^",
            remedy="write it like 32C3-MP2-128N: 32 filters of 3 × 3 cells, max pooling 2 × 2, 128 neurons",
        )
