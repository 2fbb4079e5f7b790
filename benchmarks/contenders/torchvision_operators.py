"""Operators that published builds of torchvision need to be imported with a CPU build of PyTorch.

torchvision registers kernels of two operators that such builds lack. Import this first.
"""

from __future__ import annotations

import torch

OPERATORS = torch.library.Library("torchvision", "DEF")
for _name in ("nms", "qnms"):
    OPERATORS.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
