"""The order of the classes, if the user sets it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from convscope.errors import SettingError
from convscope.pictures.sources.left_out import some

if TYPE_CHECKING:
    from convscope.pictures.store import Catalogue

_Catalogue = TypeVar("_Catalogue", bound="Catalogue")


def in_order(catalogue: _Catalogue, class_order: str | None) -> _Catalogue:
    """Return a catalogue or a store with its classes in the given order.

    Args:
        catalogue: The pictures.
        class_order: The names, separated by commas; None: unchanged.

    Raises:
        SettingError: It does not name each class exactly once.
    """
    if class_order is None:
        return catalogue
    names = [name.strip() for name in class_order.split(",")]
    if sorted(names) != sorted(catalogue.classes):
        odd = sorted(set(names).symmetric_difference(catalogue.classes)) or names
        raise SettingError(
            f"class order cannot be {class_order[:200]!r}",
            why=f"it has to name each class once, and does not fit in {some(odd)}",
            remedy=f"choose the order of {','.join(catalogue.classes)[:500]}",
        )
    return catalogue.ordered(names)
