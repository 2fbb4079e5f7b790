"""Draw whole groups of pictures, so that each class gets about its target number of pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def draw_groups(number: int, count: Callable[[int], Mapping[int, int]], targets: Sequence[int]) -> list[bool]:
    """Draw the groups that fit, one after another.

    A group of one class fits if it has no more pictures than are still needed; a group of several classes
    fits if it brings their numbers closer to the targets (by squared relative distances). Then each class
    that is missing in the drawn groups gets the smallest group that contains it. No class is drawn
    completely.

    Args:
        number: Number of groups, which are in drawing order.
        count: Returns the number of pictures per class of a group. It is called repeatedly, because storing
            the results for millions of pictures would take too much memory.
        targets: The target number of pictures of each class; 0: none.

    Returns:
        Whether each group is drawn.

    Example:
        >>> groups = [{0: 3}, {0: 1}, {0: 1, 1: 1}, {0: 5, 1: 8}, {1: 1}]
        >>> draw_groups(len(groups), groups.__getitem__, targets=[2, 2])
        [False, True, True, False, True]
    """
    draw = _Draw(number, count, targets)
    for place in range(number):
        group = count(place)
        if draw.is_possible(group) and draw.fits(group):
            draw.take(place, group)
    for label, target in enumerate(targets):
        if target and not draw.taken[label]:
            having = [(place, group) for place in range(number) if label in (group := count(place))]
            fitting = [(place, group) for place, group in having if draw.is_possible(group)]
            if fitting:
                draw.take(*min(fitting, key=lambda one: sum(one[1].values())))
    return draw.is_taken


class _Draw:
    """A draw in progress.

    Attributes:
        taken: Number of pictures drawn per class.
        is_taken: Whether each group is drawn.
    """

    def __init__(
        self, number: int, count: Callable[[int], Mapping[int, int]], targets: Sequence[int]
    ) -> None:
        self._targets = targets
        self._left = [0] * len(targets)
        for place in range(number):
            for label, size in count(place).items():
                self._left[label] += size
        self.taken = [0] * len(targets)
        self.is_taken = [False] * number

    def is_possible(self, group: Mapping[int, int]) -> bool:
        """Whether each class of a group is still needed and would have pictures left."""
        return all(self._targets[label] and size < self._left[label] for label, size in group.items())

    def fits(self, group: Mapping[int, int]) -> bool:
        """Whether a group brings the numbers of pictures closer to the targets, see `draw_groups`."""
        sizes = [(size, self._targets[label], self.taken[label]) for label, size in group.items()]
        if len(sizes) == 1:
            ((size, target, taken),) = sizes
            return size <= target - taken
        return sum(size * (2 * (target - taken) - size) / target**2 for size, target, taken in sizes) > 0

    def take(self, place: int, group: Mapping[int, int]) -> None:
        """Draw a group."""
        self.is_taken[place] = True
        for label, size in group.items():
            self.taken[label] += size
            self._left[label] -= size
