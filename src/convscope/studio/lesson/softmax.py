"""Softmax and cross-entropy: from logits to probabilities, and the loss of a prediction."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from convscope.steps import cross_entropy, mean_squared_error, softmax
from convscope.studio.lesson.exhibit import Stop, line
from convscope.studio.lesson.question import CHANGES, Question, change, rounding

if TYPE_CHECKING:
    from convscope.studio.lesson.material import Material

_CONFIDENTLY_WRONG = 1e-6
_ADDED = 5.0
_PROBABILITY_ROUNDING = 0.006
"""What three digits of a probability near 1 leave open."""


def exhibit(material: Material) -> tuple[Material, list[Stop]]:
    """Show the probabilities, and the loss for the true class."""
    place = [material.truth]
    return material, [Stop(step=material.steps[-1].name, place=place), Stop(step="loss", place=place)]


def questions(material: Material) -> tuple[Question, ...]:
    """Ask for a probability, its change when all logits grow, the loss, its gradient, and why this loss."""
    classes, logits, truth = material.model.classes, material.logits, material.truth
    best = int(logits.argmax())
    share = softmax.explain(logits, class_index=best)
    loss = cross_entropy.explain(logits, truth)
    gradient = float(cross_entropy.gradient(logits, truth)[truth])
    return (
        Question(
            "share",
            line(
                "The largest logit is subtracted from all. Then the exponential of the class {} is {}, and "
                "the exponentials of all classes add up to {}. What is the probability of this class?",
                *(classes[best], share.exponentials[best], share.total),
            ),
            share.result,
            (line("{} / {}", share.exponentials[best], share.total),),
            within=rounding(share.result) / 2,
            slips={share.total: "The other way round: divide the exponential by the sum."},
        ),
        _shift(material, best),
        Question(
            "loss",
            line(
                "The true class is {}; its probability is {}. What is the cross-entropy loss, with the "
                "natural logarithm?",
                *(classes[truth], loss.probability),
            ),
            loss.result,
            (line("−ln {}", loss.probability),),
            within=max(rounding(loss.result), _PROBABILITY_ROUNDING),
            slips={
                loss.result / math.log(10): "That is with the logarithm to base 10.",
                -loss.result: "The loss is never negative: mind the minus sign before the logarithm.",
                1 - loss.probability: "That is 1 minus the probability. The loss is −ln of the probability.",
            },
        ),
        Question(
            "gradient",
            line(
                "The gradient of the loss says how fast it changes as a logit grows. What is it with "
                "respect to the logit of {}?",
                classes[truth],
            ),
            gradient,
            (line("the probability minus 1: {} − 1", loss.probability),),
            within=_PROBABILITY_ROUNDING,
            slips={
                -gradient: "Check the sign: the loss falls as this logit grows.",
                loss.probability: "That is the probability. For the true class, subtract 1.",
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
            "Add {} to every logit. What happens to the probability of the class {}?",
            _ADDED,
            material.model.classes[best],
        ),
        change(before, after),
        (line("it was {}", before), line("it is {}", after), ["only the differences between logits matter"]),
        options=CHANGES,
    )


def _why() -> Question:
    """Ask how much steeper cross-entropy is than squared error where a network is confidently wrong."""
    logits = np.log([_CONFIDENTLY_WRONG, 1 - _CONFIDENTLY_WRONG])
    steep, flat = (float(loss.gradient(logits, 0)[0]) for loss in (cross_entropy, mean_squared_error))
    times = (1.0, math.sqrt(steep / flat), steep / flat)
    return Question(
        "why",
        line(
            "There are two classes, and the true one has the probability {}: the network is confidently "
            "wrong. How large is the gradient of cross-entropy with respect to its logit, compared with that "
            "of the squared error, the sum of (p − y)² over the classes?",
            _CONFIDENTLY_WRONG,
        ),
        len(times) - 1,
        (
            line("cross-entropy: {}", steep),
            line("squared error: {}", flat),
            line("ratio: {}", steep / flat),
        ),
        options=("equally large", *(f"about {ratio:,.0f} times as large" for ratio in times[1:])),
    )
