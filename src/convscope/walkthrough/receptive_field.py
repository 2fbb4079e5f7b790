"""Which part of the picture a number of the chain can see.

Along one side, a pixel sees itself: size 1, stride 1, start 0. A step whose window has w cells, stride s and
padding p turns (size, stride, start) into

    size + (w - 1) stride,    stride * s,    start - p * stride

so that cell y of its output sees at most `size` rows of the picture from start + y * stride on, as far as the
picture goes. A full connection is a window as large as the map.

Source: A. Araujo, W. Norris, J. Sim, "Computing receptive fields of convolutional neural networks", Distill
2019, https://distill.pub/2019/computing-receptive-fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from convscope.network.notation import Convolution, FullConnection, Pooling

if TYPE_CHECKING:
    from collections.abc import Iterable

    from convscope.network.shapes import Stage
    from convscope.walkthrough.chain import Step


@dataclass(frozen=True, slots=True)
class Side:
    """What the cells of one step see along one side, in pixels."""

    size: int = 1
    stride: int = 1
    start: int = 0

    def through(self, window: int, stride: int = 1, padding: int = 0) -> Side:
        """Take it through one more step.

        Example:
            >>> Side().through(window=3, padding=1).through(window=2, stride=2)
            Side(size=4, stride=2, start=-1)
        """
        return Side(
            self.size + (window - 1) * self.stride, self.stride * stride, self.start - padding * self.stride
        )


Field = tuple[Side, Side]
"""Down and across."""


def receptive_fields(steps: Iterable[Step]) -> list[Field]:
    """Find the receptive field of the output of every step, in order."""
    image, *others = steps
    layers = layer_fields([step.stage for step in others if step.stage], image.output.shape[1:])
    fields = [(Side(), Side())]
    for step in others:
        fields.append(layers[step.stage.name] if step.stage else fields[-1])
    return fields


def layer_fields(chain: Iterable[Stage], picture: tuple[int, ...]) -> dict[str, Field]:
    """Find the receptive field of the output of every layer, by its name.

    Args:
        chain: What `Model.stages` returns.
        picture: Its height and width.
    """
    down, across = Side(), Side()
    sides = picture  # of the maps that a full connection sees flattened
    fields: dict[str, Field] = {}
    for stage in chain:
        padding = (0, 0)
        match stage.layer:
            case Convolution(_, window, stride, padding):
                sides = stage.output_shape[1:]
            case Pooling(_, window, stride):
                sides = stage.output_shape[1:]
            case FullConnection():
                window, stride, sides = sides, (1, 1), (1, 1)
        down = down.through(window[0], stride[0], padding[0])
        across = across.through(window[1], stride[1], padding[1])
        fields[stage.name] = (down, across)
    return fields
