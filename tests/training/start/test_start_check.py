"""Whether the weights that training started from are at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convscope.training.start import lite0_file
from convscope.training.start.start_check import check_start

if TYPE_CHECKING:
    import pytest

RECEIPT = {"start": "lite0", "start_origin": "somebody", "start_licence": "MIT"}


def test_the_installed_backbone_is_the_one_of_the_receipt() -> None:
    (found,) = check_start({**RECEIPT, "start_digest": lite0_file.SHA256})
    assert (found.name, found.licence, found.same) == ("somebody", "MIT", True)


def test_another_backbone_is_told_apart() -> None:
    (found,) = check_start({**RECEIPT, "start_digest": "0" * 64})
    assert found.same is False


def test_a_backbone_that_is_not_installed_cannot_be_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lite0_file, "PACKAGE", "a-package-that-nobody-has")
    (found,) = check_start({**RECEIPT, "start_digest": lite0_file.SHA256})
    assert found.same is None
    assert found.reason == "the package a-package-that-nobody-has is not installed"


def test_from_scratch_there_is_nothing_to_check() -> None:
    assert check_start({"start": "scratch"}) == ()
