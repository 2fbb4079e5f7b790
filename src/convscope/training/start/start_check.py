"""Check whether the initial weights of a model's training are unchanged."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from convscope.errors import ModelFileError
from convscope.model.file import model_path
from convscope.training.start.backbone import digest_at_hand

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class StartCheck:
    """Weights that training started from.

    Attributes:
        name: The origin of a backbone, or the path of an earlier model.
        licence: Their licence, as an SPDX identifier; empty if the receipt does not say.
        digest: SHA-256 of their file, from the receipt.
        same: Whether the local file has this digest; None if there is no local file.
        reason: Why there is no local file; empty otherwise.
    """

    name: str
    licence: str
    digest: str
    same: bool | None
    reason: str = ""


def check_start(receipt: Mapping[str, str]) -> tuple[StartCheck, ...]:
    """Compare the local weights with a receipt: of a backbone, of an earlier model, or of both."""
    return tuple(_checks(receipt))


def _checks(receipt: Mapping[str, str]) -> Iterator[StartCheck]:
    if digest := receipt.get("start_digest"):
        name, licence = receipt.get("start_origin", ""), receipt.get("start_licence", "")
        try:
            found = digest_at_hand(receipt.get("start_backbone", ""))
        except ModelFileError as error:
            yield StartCheck(name, licence, digest, None, error.why)
        else:
            yield StartCheck(name, licence, digest, found == digest)
    if digest := receipt.get("start_model_digest"):
        path = model_path(receipt.get("start", ""))
        try:
            found = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            yield StartCheck(str(path), "", digest, None, error.strerror or str(error))
        else:
            yield StartCheck(str(path), "", digest, found == digest)
