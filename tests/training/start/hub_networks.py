"""The networks of the hub in their trained form, not folded, with random weights; and a cache with them.

Their tensors have the same names and shapes as timm's; this code is written independently of timm.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import safetensors.torch
import torch
from torch import nn

from convscope.network.backbones import design

if TYPE_CHECKING:
    from pathlib import Path


class Branch(nn.Module):
    """A convolution without bias, and batch normalisation."""

    def __init__(self, channels: int, maps: int, side: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, maps, side, stride, padding=side // 2, bias=False)
        self.bn = nn.BatchNorm2d(maps)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.bn(self.conv(x))


class RepVGGLayer(nn.Module):
    """The sum of three branches, or two if the shape changes, followed by ReLU."""

    def __init__(self, channels: int, maps: int, stride: int) -> None:
        super().__init__()
        self.identity = nn.BatchNorm2d(maps) if channels == maps and stride == 1 else None
        self.conv_kxk = Branch(channels, maps, 3, stride)
        self.conv_1x1 = Branch(channels, maps, 1, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        total = self.conv_kxk(x) + self.conv_1x1(x)
        return torch.relu(total if self.identity is None else total + self.identity(x))


class RepVGG(nn.Module):
    """RepVGG-A0."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = RepVGGLayer(3, 48, 2)
        stages, channels = [], 48
        for count, maps in ((2, 48), (4, 96), (14, 192), (1, 1280)):
            layers = [RepVGGLayer(channels, maps, 2), *(RepVGGLayer(maps, maps, 1) for _ in range(count - 1))]
            stages.append(nn.Sequential(*layers))
            channels = maps
        self.stages = nn.Sequential(*stages)
        self.head = nn.ModuleDict({"fc": nn.Linear(1280, 1000)})

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head["fc"](self.stages(self.stem(x)).mean((2, 3)))


class Separable(nn.Module):
    """A depthwise and a 1x1 convolution, each with batch normalisation and ReLU6."""

    def __init__(self, channels: int, maps: int, stride: int) -> None:
        super().__init__()
        self.conv_dw = nn.Conv2d(channels, channels, 3, stride, 1, groups=channels, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv_pw = nn.Conv2d(channels, maps, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(maps)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.bn2(self.conv_pw(self.bn1(self.conv_dw(x)).clamp(0, 6))).clamp(0, 6)


class MobileNet(nn.Module):
    """MobileNetV1 at full width."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_stem = nn.Conv2d(3, 32, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        maps = [[64], [128] * 2, [256] * 2, [512] * 6, [1024] * 2]
        stages, channels = [], 32
        for number, stage in enumerate(maps):
            blocks = []
            for place, count in enumerate(stage):
                blocks.append(Separable(channels, count, 2 if number and not place else 1))
                channels = count
            stages.append(nn.Sequential(*blocks))
        self.blocks = nn.Sequential(*stages)
        self.classifier = nn.Linear(1024, 1000)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.bn1(self.conv_stem(x)).clamp(0, 6)
        return self.classifier(self.blocks(x).mean((2, 3)))


NETWORKS = {"repvgg-a0": RepVGG, "mobilenetv1-100": MobileNet}


def trained(name: str) -> nn.Module:
    """Return a network with random filters, whose normalisation has the statistics of some pictures."""
    torch.manual_seed(0)
    network = NETWORKS[name]()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
    with torch.no_grad():
        network(torch.randn(16, 3, 64, 64))
    return network.eval()


def write_to_cache(home: Path, name: str, data: bytes) -> Path:
    """Put a backbone's file into the cache of `huggingface_hub`, and return its path there."""
    file = design(name).file
    folder = home / "hub" / f"models--{file.repository.replace('/', '--')}"
    blob = folder / "blobs" / hashlib.sha256(data).hexdigest()
    link = folder / "snapshots" / file.revision / file.file
    blob.parent.mkdir(parents=True)
    link.parent.mkdir(parents=True)
    blob.write_bytes(data)
    link.symlink_to(blob)
    return link


def file_of(network: nn.Module) -> bytes:
    """Return the network's tensors in safetensors format."""
    return safetensors.torch.save(network.state_dict())
