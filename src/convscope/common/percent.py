"""Shares, written as percentages."""

from __future__ import annotations

from typing import SupportsFloat


def percent(share: SupportsFloat, digits: int = 1) -> str:
    """Write a share as a percentage with so many digits after the point, and a space before the sign.

    Example:
        >>> percent(0.5), percent(0.0712, digits=2), percent(1, digits=0)
        ('50.0 %', '7.12 %', '100 %')
    """
    return f"{100 * float(share):.{digits}f} %"
