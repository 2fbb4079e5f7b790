"""The receptive field: the part of the picture that an activation depends on.

Along one side, a pixel depends on itself: size 1, stride 1, start 0. Windows of w cells with stride s and
padding p change (size, stride, start) to

    size + (w - 1) stride,    stride * s,    start - p * stride

so that cell y of the output depends on at most `size` rows of the picture, from row start + y * stride on. A
full connection is a window as large as the map.

Source: A. Araujo, W. Norris, J. Sim, "Computing receptive fields of convolutional neural networks", Distill
2019, https://distill.pub/2019/computing-receptive-fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from convscope.steps.windows import Windows


@dataclass(frozen=True, slots=True)
class FieldSide:
    """The receptive field of a step's cells along one side, in pixels."""

    size: int = 1
    stride: int = 1
    start: int = 0

    def through(self, window: int, stride: int = 1, padding: int = 0) -> FieldSide:
        """Return the receptive field after one more step.

        Example:
            >>> FieldSide().through(window=3, padding=1).through(window=2, stride=2)
            FieldSide(size=4, stride=2, start=-1)
        """
        return FieldSide(
            self.size + (window - 1) * self.stride, self.stride * stride, self.start - padding * self.stride
        )

    def union(self, other: FieldSide) -> FieldSide:
        """Return the field of a step with both inputs; its stride is that of the first.

        Example:
            >>> FieldSide(size=3, start=-1).union(FieldSide(size=1))
            FieldSide(size=3, stride=1, start=-1)
        """
        start = min(self.start, other.start)
        end = max(self.start + self.size, other.start + other.size)
        return FieldSide(end - start, self.stride, start)


class ReceptiveField(NamedTuple):
    """The receptive field of a step's cells, down and across."""

    down: FieldSide = FieldSide()
    across: FieldSide = FieldSide()

    def through(self, windows: Windows) -> ReceptiveField:
        """Return the receptive field after a step whose windows slide over this one."""
        sides = zip((self.down, self.across), windows.size, windows.stride, windows.padding, strict=True)
        down, across = (side.through(*geometry) for side, *geometry in sides)
        return ReceptiveField(down, across)

    def union(self, other: ReceptiveField) -> ReceptiveField:
        """Return the receptive field of a step with both inputs."""
        return ReceptiveField(self.down.union(other.down), self.across.union(other.across))

    def size_within(self, height: int, width: int) -> tuple[int, int]:
        """Return (height, width) of the field, limited to the picture's.

        Example:
            >>> ReceptiveField(FieldSide(size=40), FieldSide(size=3)).size_within(32, 32)
            (32, 3)
        """
        return min(self.down.size, height), min(self.across.size, width)
