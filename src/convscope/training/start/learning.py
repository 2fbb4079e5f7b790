"""Fit a head to the features of a frozen backbone, and join both to one chain from pixels to softmax."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from convscope.model import nearest
from convscope.model.calibration import fit_temperature
from convscope.model.file import Model
from convscope.model.open_set import REJECTED_FRACTION
from convscope.model.thresholds import DEFAULT
from convscope.pictures.groups import at_least_two, group_pictures
from convscope.pictures.target import SeveralLabels
from convscope.steps import softmax
from convscope.training.events import Note, Preparing, emit
from convscope.training.start.diagnosis import Outcome, diagnose
from convscope.training.start.earlier_head import Earlier
from convscope.training.start.features import LAST, features_of
from convscope.training.start.head import fit_head
from convscope.training.start.label_learning import LearnedLabels, learn_labels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from convscope.model.open_set import OpenSetRule
    from convscope.pictures.store import Store
    from convscope.training.events import Listener
    from convscope.training.start.backbone import Backbone
    from convscope.training.start.diagnosis import Diagnosis
    from convscope.training.start.features import Features
    from convscope.training.start.head import Accuracy, Head
    from convscope.training.start.label_head import LabelHead


@dataclass(frozen=True, slots=True, eq=False)
class LearnedHead:
    """A head on pretrained features.

    Attributes:
        head: The logistic regression.
        labels: (pictures,) the classes of the training pictures.
        groups: (pictures,) their groups.
        recognised_fraction: Accuracy on the training pictures.
        temperature: Temperature, fitted to the logits of cross-validation.
        open_set: The rule for unknown pictures; None if there are too few pictures.
    """

    head: Head
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]
    recognised_fraction: float
    temperature: float
    open_set: OpenSetRule | None

    @property
    def joined(self) -> tuple[int, ...]:
        """The blocks of the backbone whose maps the head reads in addition to the last ones."""
        return tuple(int(name) for name in self.head.blocks if name != LAST)

    @property
    def accuracy(self) -> Accuracy | None:
        """The accuracy in cross-validation; None if each class has only one picture."""
        return self.head.accuracy

    @property
    def is_recognised(self) -> NDArray[np.bool_]:
        """(pictures,) whether a head not trained on the picture classifies it correctly.

        Raises:
            ValueError: Each class has only one picture.
        """
        if self.head.out_of_fold is None:
            raise ValueError("no picture could be held out")
        return self.head.out_of_fold.argmax(axis=1) == self.labels

    @property
    def probabilities(self) -> NDArray[np.float64] | None:
        """(pictures, classes) calibrated probabilities, from heads not trained on the picture."""
        if self.head.out_of_fold is None:
            return None
        logits = self.head.out_of_fold.astype(np.float64) / self.temperature
        return np.array([softmax.forward(row) for row in logits])

    @property
    def sentence(self) -> str:
        """The accuracy in cross-validation, as a message."""
        accuracy = self.accuracy
        if accuracy is None:
            return "each class has only one picture: accuracy cannot be estimated by cross-validation"
        shares = (accuracy.fraction, accuracy.low, accuracy.high)
        shown, low, high = (f"{100 * share:.1f} %" for share in shares)
        return (
            f"pretrained features recognise {shown} of {len(self.labels):,} pictures in cross-validation "
            f"(95 % confidence interval {low} to {high})"
        )

    def diagnose(
        self, data: str, classes: Sequence[str], *, tried_fine_tuning: bool, tried_scratch: bool
    ) -> Diagnosis | None:
        """Return the most serious obstacle to higher accuracy; None if nothing was measured.

        Args:
            data: The source, as given to `convscope train`.
            classes: Names of the classes.
            tried_fine_tuning: See `Outcome`.
            tried_scratch: See `Outcome`.
        """
        if self.accuracy is None or self.probabilities is None:
            return None
        return diagnose(
            Outcome(
                data,
                classes,
                self.labels,
                self.groups,
                self.probabilities,
                self.accuracy,
                self.recognised_fraction,
                tried_fine_tuning,
                tried_scratch,
            )
        )

    def facts(self) -> dict[str, object]:
        """Return the choices, for the metrics."""
        return {"joined_blocks": [*self.joined], "penalty": self.head.penalty}


@threadpool_limits.wrap(limits=1, user_api="blas")  # several would wait for each other
def learn(
    store: Store,
    indices: NDArray[np.int64],
    backbone: Backbone,
    *,
    seed: int,
    listeners: Sequence[Listener] = (),
    groups: NDArray[np.int64] | None = None,
    earlier: Model | None = None,
    rejected_fraction: float | None = None,
) -> LearnedHead | LearnedLabels:
    """Compute features and fit a head to them: for one class, or several labels, per picture.

    Args:
        store: The pictures, prepared for the backbone.
        indices: (n,) indices of the training pictures.
        backbone: Computes the features.
        seed: Seed of the folds.
        listeners: Called with each event.
        groups: (pictures of the store,) the group of each, which stays in one fold; None: near-duplicates.
        earlier: The model to start from, with one class per picture; None: no such model.
        rejected_fraction: The share of pictures of known classes that may be rejected as unknown.

    Raises:
        ConvscopeError: The pictures are all of one class, or features cannot be computed.
    """
    labels, target = store.labels[indices], store.target
    values, blocks, _ = _features(store, indices, backbone, listeners)
    together = (group_pictures(store).of if groups is None else groups)[indices]
    if isinstance(target, SeveralLabels):
        return learn_labels(values, blocks, target, labels, together, seed)
    separable = at_least_two(together, _equal(store, indices), labels)
    pictures = _Learned(values, labels, separable, store.digests[indices, :8])
    begin = Earlier(earlier, store.classes) if earlier else None
    return _learn_classes(
        pictures, blocks, len(store.classes), begin, seed, rejected_fraction or REJECTED_FRACTION
    )


def _learn_classes(
    pictures: _Learned,
    blocks: Mapping[str, slice],
    classes: int,
    earlier: Earlier | None,
    seed: int,
    rejected_fraction: float,
) -> LearnedHead:
    everything = pictures.with_remembered(earlier) if earlier else pictures
    head = fit_head(
        everything.features,
        blocks,
        everything.labels,
        classes,
        groups=everything.groups,
        earlier=earlier.head if earlier else None,
        seed=seed,
    )
    labels, groups = pictures.labels, pictures.groups
    if earlier:
        head = head.judged_by(labels, groups)
    temperature = 1.0 if head.out_of_fold is None else fit_temperature(head.out_of_fold, labels)
    read, chosen = _read(everything.features, blocks, head)
    recognised = (read[: len(labels)] @ head.weights.T + head.bias).argmax(axis=1) == labels
    rule = nearest.fit(
        *(read, chosen, everything.groups, everything.digests, everything.labels), rejected_fraction
    )
    return LearnedHead(head, labels, groups, float(recognised.mean()), temperature, rule)


def _features(
    store: Store, indices: NDArray[np.int64], backbone: Backbone, listeners: Sequence[Listener]
) -> Features:
    def progress(done: int, total: int) -> None:
        emit(Preparing(done, total, "computing features of"), listeners)

    features = features_of(store, indices, backbone, progress)
    if features.problem:
        emit(Note(features.problem), listeners)
    return features


def learned_model(backbone: Backbone, learned: LearnedHead | LearnedLabels, store: Store) -> Model:
    """Return one plain chain from pixels to softmax or sigmoid: the backbone and the head."""
    model = with_head(backbone, learned.head, store)
    if isinstance(learned, LearnedLabels):
        return replace(model, temperature=learned.temperature, thresholds=learned.thresholds)
    return replace(model, temperature=learned.temperature, open_set=learned.open_set)


def with_head(backbone: Backbone, head: Head | LabelHead, store: Store) -> Model:
    """Return the chain of a backbone and a head, not calibrated."""
    joined = [int(name) for name in head.blocks if name != LAST]
    target = store.target
    chain = backbone.design.chain(store.preparation.shape, joined, len(store.classes), target.last_step)
    weight, bias = chain.output.parameters
    return Model(
        chain=chain,
        classes=store.classes,
        preparation=store.preparation,
        mean=backbone.design.mean,
        std=backbone.design.std,
        weights={**backbone.weights, weight: head.weights, bias: head.bias},
        thresholds=(DEFAULT,) * len(store.classes) if isinstance(target, SeveralLabels) else None,
    )


class _Learned(NamedTuple):
    """Training pictures: (n, features), (n,) labels, (n,) groups and (n, 8) digests."""

    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]
    digests: NDArray[np.uint8]

    def with_remembered(self, earlier: Earlier) -> _Learned:
        """Add the stored pictures of an earlier model, each as its own group."""
        known = earlier.remembered(self.features, self.digests)
        groups = self.groups.max() + 1 + np.arange(len(known.labels))
        return _Learned(
            np.concatenate([self.features, known.features]),
            np.concatenate([self.labels, known.labels]),
            np.concatenate([self.groups, groups]),
            np.concatenate([self.digests, known.digests]),
        )


def _read(
    values: NDArray[np.float32], blocks: Mapping[str, slice], head: Head
) -> tuple[NDArray[np.float32], list[slice]]:
    """Return the features that the head reads, which are the last ones, and the columns of its blocks."""
    chosen = [blocks[name] for name in head.blocks]
    first = chosen[0].start
    return values[:, first:], [slice(one.start - first, one.stop - first) for one in chosen]


def _equal(store: Store, indices: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the group of each picture: bitwise identical pictures form a group."""
    digests = np.ascontiguousarray(store.digests[indices]).view(f"V{store.digests.shape[1]}").ravel()
    return np.unique(digests, return_inverse=True)[1]
