"""The end of a walk as documents: probabilities by softmax or by sigmoids, and the losses that follow."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.steps import sigmoid, softmax
from convscope.walkthrough.answer_document import Curve
from convscope.walkthrough.document import LabelLossStep, LossStep, SigmoidStep, SoftmaxStep
from convscope.walkthrough.losses import label_losses, losses, top_classes

if TYPE_CHECKING:
    from collections.abc import Callable

    from convscope.walkthrough.document import AnyStep
    from convscope.walkthrough.numpy_chain import ComputedStep

    Outputs = tuple[int, ...]

_CURVE_POINTS, _LEAST_REACH = 121, 6


def _softmax(_writer: object, computed: ComputedStep, common: dict[str, Any]) -> SoftmaxStep:
    share = softmax.explain(computed.input, class_index=0)
    return SoftmaxStep(
        **common,
        logits=computed.input.tolist(),
        largest=share.largest,
        exponentials=[*share.exponentials],
        sum=share.total,
        output=computed.output.tolist(),
    )


def _sigmoid(_writer: object, computed: ComputedStep, common: dict[str, Any]) -> SigmoidStep:
    shares = [sigmoid.explain(computed.input, label_index=label) for label in range(len(computed.input))]
    reach = max(_LEAST_REACH, math.ceil(np.abs(computed.input).max()))
    logits = np.linspace(-reach, reach, _CURVE_POINTS)
    return SigmoidStep(
        **common,
        logits=computed.input.tolist(),
        exponentials=[min(share.exponential, float(np.finfo(np.float64).max)) for share in shares],
        output=[share.result for share in shares],
        curve=Curve(logits=logits.tolist(), probabilities=sigmoid.forward(logits).tolist()),
        softmax=softmax.forward(computed.input).tolist(),
    )


def _class_losses(last: ComputedStep, outputs: Outputs, common: dict[str, Any]) -> LossStep:
    shown = top_classes(last.input, outputs)
    return LossStep(**common, truths=[losses(last.input, truth) for truth in shown])


def _label_losses(last: ComputedStep, outputs: Outputs, common: dict[str, Any]) -> LabelLossStep:
    shown = top_classes(last.input, outputs)
    others = np.delete(np.arange(len(last.input)), shown).tolist()
    return LabelLossStep(
        **common,
        labels=[label_losses(last.input, label) for label in shown],
        others=sum(label_losses(last.input, label).absent.cross_entropy for label in others),
    )


ANSWERS: dict[str, Callable[[object, ComputedStep, dict[str, Any]], AnyStep]] = {
    "softmax": _softmax,
    "sigmoid": _sigmoid,
}
"""The writer of each kind of last step, as in `step_documents.DOCUMENTS`."""

LOSSES: dict[str, Callable[[ComputedStep, Outputs, dict[str, Any]], AnyStep]] = {
    "softmax": _class_losses,
    "sigmoid": _label_losses,
}
"""The writer of the losses after each kind of last step: (last step, outputs to show, common fields)."""
