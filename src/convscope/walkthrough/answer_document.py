"""Schemas of the end of a walk: the prediction with several labels per picture, and the losses.

`docs/reference/walk.md` explains every field.
"""

from __future__ import annotations

from convscope.walkthrough.explanation_document import Number, Share, Strict


class Labels(Strict):
    """The prediction with several labels per picture, and the possible true label sets, by number.

    The prediction is every label whose probability reaches its threshold. The first set is the true one if it
    is known; then follow the predicted set and the sets that differ from it by one label.
    """

    thresholds: list[Share]
    answer: list[int]
    sets: list[list[int]]


class Curve(Strict):
    """The sigmoid of a range of logits."""

    logits: list[Number]
    probabilities: list[Share]


class Gradients(Strict):
    """The gradient of each loss at the logits."""

    cross_entropy: list[Number]
    squared_error: list[Number]
    classification_error: list[Number]


class Losses(Strict):
    """The losses if this class is the true one."""

    truth: int
    cross_entropy: Number
    squared_error: Number
    classification_error: Number
    gradients: Gradients


class LabelCost(Strict):
    """The contribution of one label to both losses, and the gradient of each at its logit."""

    cross_entropy: Number
    gradient: Number
    squared_error: Number
    squared_gradient: Number


class LabelLoss(Strict):
    """The losses of a label if it is present, and if it is absent."""

    label: int
    present: LabelCost
    absent: LabelCost
