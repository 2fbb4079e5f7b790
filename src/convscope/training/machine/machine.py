"""What a machine contributes to a recipe."""

from __future__ import annotations

from dataclasses import dataclass

from convscope.training.settings import Device, Precision  # noqa: TC001  # pydantic looks them up


@dataclass(frozen=True, slots=True)
class Machine:
    """What was measured on the machine; a resumed run keeps it.

    Attributes:
        device: The faster device.
        precision: The fastest precision of that device.
        store_limit: How many GB prepared pictures may take; None: as many as they need.
    """

    device: Device = "cpu"
    precision: Precision = "fp32"
    store_limit: float | None = None
