"""Backbones: networks that others have trained, for training to start from; one file describes each.

description      what such a file says: layers, input, origin, and where the weights are
weight_files     ... installed with a package, or on the Hugging Face Hub
folding          from the tensors of such a file to the weights of the plain chain
lite0            EfficientNet-Lite0, whose weights are installed with convscope
repvgg_a0        RepVGG-A0, which is downloaded
mobilenetv1_100  MobileNetV1, likewise
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from convscope.network.backbones.description import Design

INSTALLED = "lite0"
"""The one whose weights are installed with convscope: the default start of training."""
NAMES = (INSTALLED, "repvgg-a0", "mobilenetv1-100")
"""All of them; each is described by the file of that name, with _ for -."""


def design(name: str) -> Design:
    """Return the description of a backbone.

    Example:
        >>> design("repvgg-a0").title
        'RepVGG-A0'
    """
    return import_module(f"{__name__}.{name.replace('-', '_')}").DESIGN
