"""Refuse multi-label models in features that are defined for single classes only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convscope.errors import SettingError

if TYPE_CHECKING:
    from convscope.model.file import Model


def require_one_class(model: Model, what: str, why: str) -> None:
    """Refuse a model with several labels per picture.

    Args:
        model: The model.
        what: The feature that needs one class per picture, as the beginning of a sentence: `the paired test`.
        why: The reason.

    Raises:
        SettingError: The model has several labels per picture.
    """
    if model.has_several_labels:
        raise SettingError(
            f"{what} is for models with one class for each picture, and this one gives several labels",
            why=why,
            remedy="give a model of classes",
        )
