"""Starting from an earlier model with pretrained features: they stay fixed, and its head is trained further.

The new head is fitted with a penalty on its distance from the earlier one, W0, instead of from zero:

    penalty / 2 * ‖W - W0‖²

So classes that both models have keep their earlier weights, unless the new pictures contradict them. New
classes start from zero.

The earlier model also stores features of up to 2,000 of its training pictures, in its rule of nearest
pictures. The head is trained on them and the new pictures (rehearsal), so that a new class is not predicted
for pictures of the others, even if there are only a few new pictures of those.

Source: X. Li et al., "Explicit inductive bias for transfer learning with convolutional networks", ICML 2018,
https://arxiv.org/abs/1802.01483 (its L2-SP penalty); A. Robins, "Catastrophic forgetting, rehearsal and
pseudorehearsal", 1995, https://doi.org/10.1080/09540099550039318.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from convscope.errors import SettingError
from convscope.model.nearest import Nearest
from convscope.network.backbones import INSTALLED, NAMES, design, joined_blocks
from convscope.training.start.backbone import Backbone
from convscope.training.start.earlier_model import weights_for
from convscope.training.start.head import EarlierHead

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.network.backbones.description import Design
    from convscope.training.settings import Settings

_TAKEN = {"start", "minutes", "seed", "strict", "store_limit", "device", "group_pattern"}


def backbone_of(model: Model) -> Backbone:
    """Return the network of a model with a head on pretrained features, without the head.

    Raises:
        SettingError: It is no longer the network of a backbone, or the backbone is unknown.
    """
    name = model.receipt.get("start_backbone", "")
    if name not in NAMES:
        raise _no_start(f"this version of convscope does not know its backbone {name!r}")
    known = design(name)
    joined = joined_blocks(known, model.notation)
    if joined is None:
        raise _no_start(f"it has pretrained features, but its network is not that of {known.title} any more")
    return _without_head(model, known, joined)


def _no_start(why: str) -> SettingError:
    return SettingError(
        "training cannot start from this model",
        why=why,
        remedy=f"start from the model as it was trained, or with --start {INSTALLED}",
    )


def _without_head(model: Model, known: Design, joined: tuple[int, ...]) -> Backbone:
    head = model.chain.output.parameters
    weights = {name: model.weights[name] for name in model.chain.parameters if name not in head}
    total = hashlib.sha256()
    for weight in weights.values():
        total.update(weight.tobytes())
    return Backbone(known, joined, model.preparation, weights, total.hexdigest())


class Remembered(NamedTuple):
    """Pictures whose features are stored in a model.

    Attributes:
        features: (m, features) float32, the input of the output layer.
        labels: (m,) indices of their classes.
        digests: (m, 8) uint8, the first bytes of the digests of their files.
    """

    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    digests: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Earlier:
    """An earlier model, as the start of a new head.

    Attributes:
        model: The model.
        classes: The classes to train on.
    """

    model: Model
    classes: Sequence[str]

    @property
    def head(self) -> EarlierHead:
        """The head of the model, with a row for each of the classes."""
        weight, bias = self.model.chain.output.parameters
        rows = weights_for(self.model, self.classes)
        return EarlierHead(rows[weight], rows[bias])

    def remembered(self, features: NDArray[np.float32], digests: NDArray[np.uint8]) -> Remembered:
        """Return the stored features of other pictures of these classes.

        Args:
            features: (n, features) of the new pictures; the stored features are scaled to their mean norm.
            digests: (n, 16) digests of the new pictures.
        """
        rule = self.model.open_set
        if not isinstance(rule, Nearest):
            return Remembered(features[:0], np.zeros(0, np.int64), digests[:0, :8])
        at_hand = {digest[:8].tobytes().hex() for digest in digests}
        names = [self.model.classes[label] for label in rule.labels]
        kept = [
            place
            for place, (name, digest) in enumerate(zip(names, rule.pictures, strict=True))
            if name in self.classes and digest not in at_hand
        ]
        return Remembered(
            (rule.rows()[kept] * rule.length(features)).astype(np.float32),
            np.array([self.classes.index(names[place]) for place in kept], np.int64),
            np.array([[*bytes.fromhex(rule.pictures[place])] for place in kept], np.uint8).reshape(-1, 8),
        )


def check_settings(settings: Settings, *, fits: bool) -> None:
    """Check that all settings are compatible with a start from a head on pretrained features.

    Args:
        settings: The user's settings.
        fits: Whether the prepared pictures fit on the disk.

    Raises:
        SettingError: A setting is incompatible.
    """
    chosen = (name for name, value in asdict(settings).items() if name not in _TAKEN and value is not None)
    if other := next(chosen, "device" if settings.device == "cuda" else None):
        flag = other.replace("_", "-")
        raise SettingError(
            f"--{flag} cannot be combined with --start {settings.start}",
            why="network and input are those of the model, and only its head is trained",
            remedy=f"leave out --{flag}",
        )
    if not fits:
        raise SettingError(
            "pretrained features need all pictures on the disk, and they do not fit",
            why="prepared pictures are kept in the cache folder",
            remedy="free some disk space there, or give a larger --store-limit",
        )
