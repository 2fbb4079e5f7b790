"""Softmax and cross-entropy: from logits to shares, and what a share costs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from convscope.steps import cross_entropy, mean_squared_error, softmax
from convscope.studio.lesson.exhibit import Choice, Exhibit, Place, Table, line
from convscope.studio.lesson.question import Question, order_of, rounding
from convscope.walkthrough.losses import foremost

if TYPE_CHECKING:
    from convscope.studio.lesson.material import Material

_SURELY_WRONG = 1e-6
_ADDED = 5.0
_SHARE_ROUNDING = 0.006
"""Three digits of a probability near 1 say no more."""


def exhibit(material: Material, place: Place) -> Exhibit:
    """Logits, their exponentials and shares, and what the answer costs if a class is the true one."""
    classes, logits, shares = material.model.classes, material.logits, material.probabilities
    (truth,) = Place(place.channel).inside((len(classes),), (material.truth,))
    found = cross_entropy.explain(logits, truth)
    return Exhibit(
        tables=[_shares(material, truth)],
        lines=[
            line("the loss, if {} is right: −ln {} = {}", classes[truth], found.probability, found.result),
            line("its gradient at that logit: {}", float(cross_entropy.gradient(logits, truth)[truth])),
            line("all shares together: {}", float(shares.sum())),
        ],
        choice=Choice(label="true class", options=[*classes], chosen=truth),
    )


def questions(material: Material) -> tuple[Question, ...]:
    """A share, what only differences mean, the loss, its gradient, and why this loss."""
    classes, logits, truth = material.model.classes, material.logits, material.truth
    best = int(logits.argmax())
    share = softmax.explain(logits, class_index=best)
    loss = cross_entropy.explain(logits, truth)
    gradient = float(cross_entropy.gradient(logits, truth)[truth])
    return (
        Question(
            "share",
            line(
                "With the largest logit taken off all, the class {} has the exponential {}; all together are "
                "{}. What is its probability?",
                *(classes[best], share.exponentials[best], share.total),
            ),
            share.result,
            (line("{} / {}", share.exponentials[best], share.total),),
            within=rounding(share.result) / 2,
            slips={share.total: "The other way round: the one exponential is divided by the sum."},
        ),
        _shift(material, best),
        Question(
            "loss",
            line(
                "The true class is {}, and it has the probability {}. What is the cross-entropy, in natural "
                "logarithms?",
                *(classes[truth], loss.probability),
            ),
            loss.result,
            (line("−ln {}", loss.probability),),
            within=max(rounding(loss.result), _SHARE_ROUNDING),
            slips={
                loss.result / math.log(10): "That is the logarithm to base 10.",
                -loss.result: "A loss is never negative: mind the minus before the logarithm.",
                1 - loss.probability: "That is what is missing to 1; the loss is −ln of the probability.",
            },
        ),
        Question(
            "gradient",
            ["And the gradient of that loss at the true class's logit?"],
            gradient,
            (line("the probability less 1: {} − 1", loss.probability),),
            within=_SHARE_ROUNDING,
            slips={
                -gradient: "Mind the sign: the loss falls when this logit grows.",
                loss.probability: "That is the probability; at the true class 1 is taken off.",
            },
        ),
        _why(),
    )


def _shift(material: Material, best: int) -> Question:
    before = float(material.probabilities[best])
    after = float(softmax.forward(material.logits + _ADDED)[best])
    return Question(
        "shift",
        line(
            "Add {} to every logit. What becomes of the probability of the class {}?",
            _ADDED,
            material.model.classes[best],
        ),
        order_of(before, after),
        (line("it was {}", before), line("it is {}", after), ["only differences between logits count"]),
        options=("it stays", "it becomes smaller", "it becomes larger"),
    )


def _why() -> Question:
    """How much harder cross-entropy pulls than mean squared error where a network is surely wrong."""
    logits = np.log([_SURELY_WRONG, 1 - _SURELY_WRONG])
    steep, flat = (float(loss.gradient(logits, 0)[0]) for loss in (cross_entropy, mean_squared_error))
    times = (1.0, math.sqrt(steep / flat), steep / flat)
    return Question(
        "why",
        line(
            "Two classes, and the true one has the probability {}: it is surely wrong. How hard does "
            "cross-entropy pull at its logit, compared with mean squared error?",
            _SURELY_WRONG,
        ),
        len(times) - 1,
        (
            line("cross-entropy: {}", steep),
            line("mean squared error: {}", flat),
            line("one by the other: {}", steep / flat),
        ),
        options=("just as hard", *(f"about {one:,.0f} times as hard" for one in times[1:])),
    )


def _shares(material: Material, truth: int) -> Table:
    logits = material.logits
    exponentials = softmax.explain(logits, class_index=truth).exponentials
    return Table(
        caption="logits, with the largest taken off, their exponentials, and the shares",
        head=["class", "logit", "less the largest", "exponential", "share"],
        rows=[
            [
                material.model.classes[one],
                float(logits[one]),
                float(logits[one] - logits.max()),
                exponentials[one],
                float(material.probabilities[one]),
            ]
            for one in foremost(logits, truth)
        ],
    )
