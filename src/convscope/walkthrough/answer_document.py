"""Schemas of the end of a walk: the answer with several labels per picture, and the losses.

`docs/reference/walk.md` explains every field.
"""

from __future__ import annotations

from convscope.walkthrough.explanation_document import Number, Share, Strict


class Labels(Strict):
    """Where a picture may have several labels: the answer, and label sets that may be true, by number.

    The answer is every label whose probability reaches its threshold. The first of the sets is the true one
    if it is known; then come the answer and the sets that differ from it by one label.
    """

    thresholds: list[Share]
    answer: list[int]
    sets: list[list[int]]


class Curve(Strict):
    """The sigmoid of many logits."""

    logits: list[Number]
    probabilities: list[Share]


class Gradients(Strict):
    """The gradient of each loss at the logits."""

    cross_entropy: list[Number]
    squared_error: list[Number]
    classification_error: list[Number]


class Losses(Strict):
    """What the answer costs if this class is the true one."""

    truth: int
    cross_entropy: Number
    squared_error: Number
    classification_error: Number
    gradients: Gradients


class LabelCost(Strict):
    """What one label adds to both losses, and the gradient of each at its logit."""

    cross_entropy: Number
    gradient: Number
    squared_error: Number
    squared_gradient: Number


class LabelLoss(Strict):
    """What a label costs if it is there, and if it is not."""

    label: int
    present: LabelCost
    absent: LabelCost
