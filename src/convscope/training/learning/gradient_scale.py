"""Loss scaling: keeps small gradients from underflowing in float16, whose smallest number is about 6e-8.

    gradient = (d (factor * loss) / d weight) / factor

The factor is kept as large as possible: it is halved when a gradient overflows, and that step is skipped; it
is doubled after 2,000 steps without overflow. float32 and bfloat16 have a larger range and need no scaling.

Source: Micikevicius et al. 2018, "Mixed precision training", https://arxiv.org/abs/1710.03740, section 3.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

_FIRST = 2.0**16
_LARGEST = 2.0**24
_GROWS_AFTER = 2_000


class GradientScale:
    """The factor that a loss is multiplied by.

    Args:
        needed: Whether gradients could underflow; otherwise the factor is 1.

    Example:
        >>> scale = GradientScale(needed=True)
        >>> scale.factor, scale.undo([torch.tensor(65536.0)]), scale.undo([torch.tensor(torch.inf)])
        (65536.0, True, False)
        >>> scale.factor
        32768.0
    """

    def __init__(self, *, needed: bool) -> None:
        self._needed = needed
        self._state = torch.tensor([_FIRST if needed else 1.0, 0.0])  # factor, steps since its change

    @property
    def factor(self) -> float:
        """The factor."""
        return self._state[0].item()

    def undo(self, gradients: Sequence[Tensor]) -> bool:
        """Divide the gradients by the factor, in place; return whether they are finite."""
        if not self._needed:
            return True
        factor, steps = self._state.tolist()
        largest = torch.stack([gradient.abs().max() for gradient in gradients]).max()
        if not bool(torch.isfinite(largest)):
            self._state.copy_(torch.tensor([max(1.0, factor / 2), 0.0]))
            return False
        for gradient in gradients:
            gradient.div_(factor)
        grown = steps + 1 >= _GROWS_AFTER
        after = [min(_LARGEST, 2 * factor), 0.0] if grown else [factor, steps + 1]
        self._state.copy_(torch.tensor(after))
        return True

    def state(self) -> dict[str, Tensor]:
        """Return the state for a checkpoint; empty if no scaling is needed."""
        return {"state": self._state} if self._needed else {}
