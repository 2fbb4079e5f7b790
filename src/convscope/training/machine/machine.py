"""Properties of the machine that a recipe depends on."""

from __future__ import annotations

from dataclasses import dataclass

from convscope.training.settings import Device, Precision  # noqa: TC001  # pydantic looks them up


@dataclass(frozen=True, slots=True)
class Machine:
    """Measurements of the machine; a resumed run keeps them.

    Attributes:
        device: The faster device.
        precision: The fastest precision of that device.
        store_limit: Disk space for prepared pictures, in GB; None: unlimited.
    """

    device: Device = "cpu"
    precision: Precision = "fp32"
    store_limit: float | None = None
