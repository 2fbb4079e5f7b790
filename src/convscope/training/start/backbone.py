"""A backbone: a pretrained network without a head."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import chain as concatenated
from typing import TYPE_CHECKING

import numpy as np

from convscope.errors import ModelFileError
from convscope.network.backbones import INSTALLED, NAMES, design
from convscope.network.backbones.weight_files import PackageFile
from convscope.network.chain_builder import build_chain
from convscope.pictures.preparation import Preparation
from convscope.training.settings import backbone_name
from convscope.training.start import hub_file, package_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from convscope.network.backbones.description import Design
    from convscope.network.chain import Chain
    from convscope.training.settings import Settings


@dataclass(frozen=True, slots=True, eq=False)
class Backbone:
    """A trained network without a head.

    Attributes:
        design: Its layers, its input and its origin.
        joinable: Indices of the blocks whose maps a head may read in addition to the last ones, in order.
        preparation: The preparation of its input pictures.
        weights: float32 by name, as `Chain.parameters` lists them, without those of the head.
        digest: SHA-256 of the file that the weights were read from.
    """

    design: Design
    joinable: tuple[int, ...]
    preparation: Preparation
    weights: Mapping[str, NDArray[np.float32]] = field(repr=False)
    digest: str

    @property
    def receipt(self) -> dict[str, str]:
        """The entries of a model's receipt about it."""
        return {
            "start_backbone": self.design.name,
            "start_origin": self.design.origin,
            "start_licence": self.design.licence,
            "start_digest": self.digest,
        }

    def layers_from(self, block: int, chain: Chain) -> frozenset[str]:
        """Return the layers with weights from a block on, in a chain with this backbone.

        Args:
            block: Index of the block.
            chain: The chain of backbone and head.
        """
        layers = [layer for one in self.design.blocks[:block] for layer in one]
        before = build_chain(layers, self.preparation.shape, classes=2)
        frozen = {step.name for step in before.layers if step is not before.output}
        return frozenset(step.name for step in chain if step.parameters and step.name not in frozen)


def backbone_for(settings: Settings) -> Backbone:
    """Return the backbone named in the settings, else the installed one, with the `fit` of the settings.

    Raises:
        ModelFileError: Its weights are missing, or have the wrong digest.
    """
    found = load_backbone(backbone_name(settings))
    return replace(found, preparation=replace(found.preparation, fit=settings.fit or "stretch"))


def load_backbone(name: str) -> Backbone:
    """Read a backbone and its weights; weights that are not installed are downloaded and cached.

    Args:
        name: One of `backbones.NAMES`.

    Raises:
        ModelFileError: The weights are missing, or have the wrong digest.
    """
    known = design(name)
    if isinstance(known.file, PackageFile):
        tensors, digest = package_file.read(known.file, known.title)
    else:
        tensors, digest = hub_file.read(known.file, known.title)
    network = known.chain(known.shape)
    names = [name for name in network.parameters if name not in network.output.parameters]
    try:
        folded = [numbers.astype(np.float32) for numbers in concatenated.from_iterable(known.fold(tensors))]
    except ValueError as error:
        raise ModelFileError(
            f"cannot use the weights of {known.title}",
            why=f"{known.file.name}: {error}",
            remedy=f"start from the backbone that is installed: --start {INSTALLED}",
        ) from error
    weights = dict(zip(names, folded, strict=True))
    return Backbone(known, known.joinable, Preparation(*known.shape), weights, digest)


def digest_at_hand(name: str) -> str:
    """Return the SHA-256 of the weights of a backbone, without downloading them.

    Raises:
        ModelFileError: They are not on this machine, they are damaged, or there is no such backbone.
    """
    if name not in NAMES:
        raise ModelFileError(
            f"unknown backbone {name!r}", why="this version of convscope does not know such a backbone"
        )
    known = design(name)
    if isinstance(known.file, PackageFile):
        return package_file.read(known.file, known.title).digest
    return hub_file.read(known.file, known.title, download=False).digest
