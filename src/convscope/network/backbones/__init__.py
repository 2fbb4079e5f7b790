"""Backbones: pretrained networks that training can start from; one module describes each.

description      what is known of a backbone: layers, input, origin, location of the weights
weight_files     ... installed with a package, or on the Hugging Face Hub
folding          from the tensors of a weight file to the weights of the plain chain
lite0            EfficientNet-Lite0, whose weights are installed with convscope
repvgg_a0        RepVGG-A0, which is downloaded
mobilenetv1_100  MobileNetV1, which is downloaded
"""

from __future__ import annotations

from importlib import import_module
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from convscope.network.backbones.description import Design

INSTALLED = "lite0"
"""The backbone whose weights are installed with convscope: the default start of training."""
NAMES = (INSTALLED, "repvgg-a0", "mobilenetv1-100")
"""All backbones; each is described in the module of that name, with _ for -."""


def design(name: str) -> Design:
    """Return the description of a backbone.

    Example:
        >>> design("repvgg-a0").title
        'RepVGG-A0'
    """
    return import_module(f"{__name__}.{name.replace('-', '_')}").DESIGN


def joined_blocks(known: Design, notation: str) -> tuple[int, ...] | None:
    """Return the blocks whose maps a network joins; None if it is not a backbone with a head.

    Args:
        known: The backbone.
        notation: The network's notation.

    Example:
        >>> joined_blocks(design("repvgg-a0"), design("repvgg-a0").notation([6, 20]))
        (6, 20)
        >>> joined_blocks(design("repvgg-a0"), "32C3-J")
    """
    choices = (
        joined
        for count in range(len(known.joinable) + 1)
        for joined in combinations(known.joinable, count)
        if known.notation(joined) == notation
    )
    return next(choices, None)
