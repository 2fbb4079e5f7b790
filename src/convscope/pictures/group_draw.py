"""Draw whole groups of pictures, so that each class gets about as many pictures as are wanted of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def draw_groups(groups: Sequence[Mapping[int, int]], targets: Sequence[int]) -> list[bool]:
    """Draw the groups that fit, one after the other.

    A group of one class fits if its pictures are not more than are still wanted; a group of several, if it
    brings their numbers closer to the targets (by squared distances, each relative to its target). A class
    that none of the drawn groups has then gets the smallest group that has it. No class is drawn whole.

    Args:
        groups: How many pictures of each class each group has, in the order in which they are drawn.
        targets: How many pictures are wanted of each class; 0: none.

    Returns:
        Whether each group is drawn.

    Example:
        >>> draw_groups([{0: 3}, {0: 1}, {0: 1, 1: 1}, {0: 5, 1: 8}, {1: 1}], targets=[2, 2])
        [False, True, True, False, True]
    """
    draw = _Draw(groups, targets)
    for place in range(len(groups)):
        if draw.is_possible(place) and draw.fits(place):
            draw.take(place)
    for label, target in enumerate(targets):
        if target and not draw.taken[label]:
            fitting = [
                place for place, group in enumerate(groups) if label in group and draw.is_possible(place)
            ]
            if fitting:
                draw.take(min(fitting, key=lambda place: sum(groups[place].values())))
    return draw.is_taken


class _Draw:
    """A draw in progress.

    Attributes:
        taken: How many pictures of each class are drawn.
        is_taken: Whether each group is drawn.
    """

    def __init__(self, groups: Sequence[Mapping[int, int]], targets: Sequence[int]) -> None:
        self._groups, self._targets = groups, targets
        self._left: Counter[int] = Counter()
        for group in groups:
            self._left.update(group)
        self.taken: Counter[int] = Counter()
        self.is_taken = [False] * len(groups)

    def is_possible(self, place: int) -> bool:
        """Whether each class of a group is wanted and would have pictures left."""
        group = self._groups[place].items()
        return all(self._targets[label] and size < self._left[label] for label, size in group)

    def fits(self, place: int) -> bool:
        """Whether a group brings the numbers of pictures closer to the targets, as `draw_groups` says."""
        group = [
            (size, self._targets[label], self.taken[label]) for label, size in self._groups[place].items()
        ]
        if len(group) == 1:
            ((size, target, taken),) = group
            return size <= target - taken
        return sum(size * (2 * (target - taken) - size) / target**2 for size, target, taken in group) > 0

    def take(self, place: int) -> None:
        """Draw a group."""
        self.is_taken[place] = True
        self.taken.update(self._groups[place])
        self._left.subtract(self._groups[place])
