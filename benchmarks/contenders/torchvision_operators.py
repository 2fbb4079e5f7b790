"""Operators without which published builds of torchvision cannot be imported beside PyTorch for processors.

torchvision registers a kernel of each of the two, and finds none to register it for. Import this first.
"""

from __future__ import annotations

import torch

OPERATORS = torch.library.Library("torchvision", "DEF")
for _name in ("nms", "qnms"):
    OPERATORS.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
