"""Named networks, and the rule that chooses one by default."""

from __future__ import annotations

from convscope.network.backbones import NAMES, design

PRESETS = {
    "course": "32C3-MP2-64C3-MP2-128N",
    "lenet": "6C5p2-AP2-16C5p0-AP2-120N-84N",
    "vgg": "64C3-64C3-MP2-128C3-128C3-MP2-256C3-256C3-MP2-256N",
    "small": "16C3-MP2-32C3-MP2-64C3-MP2",
    **{name: design(name).notation() for name in NAMES},
}
"""Notation by name.

`course` is the network of many introductory courses; `lenet` has the layers of LeNet-5 (LeCun et al. 1998,
http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf) with ReLU; `vgg` stacks pairs of 3x3 filters as Simonyan
and Zisserman (2014, https://arxiv.org/abs/1409.1556) do; `small` is fast and fits pictures of 8x8 or larger;
the others are the backbones that training can start from (`backbones/`).
"""

MADE_FOR = {name: design(name).shape for name in NAMES}
"""The input shape that a preset was designed for, if any."""

_MAX_LEARNED_SIDE = 48
"""Larger maps are pooled before the first learned convolution, to save most of its time."""
_WIDTHS = {1: (32, 64, 128), 3: (64, 192, 256)}
"""Filters of each group, by the number of channels: greyscale pictures need fewer filters."""
_MAX_POOLED_SIDE = 3
"""The last maps are max pooled up to this side; larger ones are average pooled."""


def automatic_network(shape: tuple[int, int, int]) -> str:
    """Return the notation of a network for pictures of one size.

    It begins with a convolution that can be whitened (`whitening.py`). Groups of layers follow that halve the
    maps and have more and more filters, until a few cells are left, which are pooled into one.

    Args:
        shape: Channels (1 or 3), height and width.

    Example:
        >>> automatic_network((3, 32, 32))
        '24C2-64C3-MP2-64C3-192C3-MP2-192C3-256C3-MP2-256C3-MP3'
        >>> automatic_network((1, 8, 8))
        '16C3-32C3-MP2-32C3-64C3-MP2-64C3-MP2'
    """
    channels, side = shape[0], min(shape[1:])
    pieces = ["16C3"]
    if channels == 3:
        pieces = ["24C2"] if side > 1 else ["6C1"]
        side = max(1, side - 1)
    while side > _MAX_LEARNED_SIDE:
        pieces.append("MP2")
        side //= 2
    for filters in _WIDTHS[channels]:
        if side < 4:
            break
        pieces += [f"{filters}C3", "MP2", f"{filters}C3"]
        side //= 2
    if side > 1:
        pieces.append(f"MP{side}" if side <= _MAX_POOLED_SIDE else f"AP{side}")
    return "-".join(pieces)
