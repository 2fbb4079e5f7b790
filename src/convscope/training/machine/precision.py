"""The fastest precision of a device, derived from its features.

A measurement would depend on the load of the machine, and the same command would not always give the same
model.
"""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from convscope.training.settings import Device, Precision

DTYPES: dict[Precision, torch.dtype] = {
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
    "fp32": torch.float32,
}
_X86 = ("x86_64", "AMD64")
_TENSOR_CORES = (7, 0)
"""First compute capability of NVIDIA GPUs with tensor cores for float16 (Volta)."""


def fastest_precision(device: Device = "cpu") -> Precision:
    """Return half precision if the device has hardware for matrix products in it, else float32.

    Half precision is bfloat16, or float16 on a GPU without it. An x86 processor without instructions for
    bfloat16 (AVX-512 BF16 or AMX) can emulate it, but is slower than in float32. The variable
    ONEDNN_MAX_CPU_ISA, which limits the instructions of oneDNN, is respected.

    Example:
        >>> fastest_precision() in ("bf16", "fp32")
        True
    """
    if device == "cuda":
        if has_bfloat16(device):
            return "bf16"
        return "fp16" if torch.cuda.get_device_capability() >= _TENSOR_CORES else "fp32"
    return "bf16" if _has_bfloat16_instructions() else "fp32"


def has_bfloat16(device: Device) -> bool:
    """Whether a device can compute in bfloat16; all CPUs can, though some only slowly."""
    return device == "cpu" or torch.cuda.is_bf16_supported(including_emulation=False)


def _has_bfloat16_instructions() -> bool:
    if not torch.ops.mkldnn._is_mkldnn_bf16_supported():  # noqa: SLF001 - nothing public tells it
        return False
    # on x86, oneDNN emulates bfloat16 on any processor with AVX-512
    return (
        platform.machine() not in _X86
        or torch.cpu._is_avx512_bf16_supported()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        or torch.cpu._is_amx_tile_supported()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    )
