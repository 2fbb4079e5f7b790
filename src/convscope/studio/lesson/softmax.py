"""Softmax and cross-entropy: from logits to probabilities, and the loss of a prediction."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from convscope.steps import cross_entropy, softmax, squared_error
from convscope.studio.lesson.exhibit import Stop, line
from convscope.studio.lesson.question import CHANGES, PROBABILITY_ROUNDING, Question, change, rounding

if TYPE_CHECKING:
    from convscope.studio.lesson.material import Material

_CONFIDENTLY_WRONG = 1e-6
_UNSURE, _WRONG = 0.5, 0.001
_ADDED = 5.0


def exhibit(material: Material) -> tuple[Material, list[Stop]]:
    """Show the probabilities, and the loss for the true class."""
    place = [material.truth]
    return material, [Stop(step=material.steps[-1].name, place=place), Stop(step="loss", place=place)]


def questions(material: Material) -> tuple[Question, ...]:
    """Ask for a probability, its change when all logits grow, the loss, and why this loss."""
    classes, logits = material.model.classes, material.logits
    best = int(logits.argmax())
    share = softmax.explain(logits, class_index=best)
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
            is_hidden=True,
            slips={share.total: "The other way round: divide the exponential by the sum."},
        ),
        _shift(material, best),
        _loss(material),
        _confidently_wrong(),
        _why(),
    )


def _loss(material: Material) -> Question:
    """Ask for the loss if the second most probable class were the true one."""
    supposed = int(np.argsort(material.logits)[-2])
    loss = cross_entropy.explain(material.logits, supposed)
    return Question(
        "loss",
        line(
            "Suppose that the true class were {}, whose probability is {}. What would the cross-entropy loss "
            "be, with the natural logarithm ln?",
            *(material.model.classes[supposed], loss.probability),
        ),
        loss.result,
        (line("−ln {}", loss.probability),),
        within=max(rounding(loss.result), PROBABILITY_ROUNDING),
        is_hidden=True,
        slips={
            loss.result / math.log(10): "That is with the logarithm to base 10.",
            -loss.result: "The loss is never negative: mind the minus sign before the logarithm.",
            1 - loss.probability: "That is 1 minus the probability. The loss is −ln of the probability.",
        },
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


def _confidently_wrong() -> Question:
    """Ask how the loss grows as the probability of the true class falls."""
    unsure, wrong = (cross_entropy.forward(np.log([p, 1 - p]), 0) for p in (_UNSURE, _WRONG))
    times = wrong / unsure
    return Question(
        "confidently-wrong",
        line(
            "A network gives the true class the probability {}, another one only {}: it is confidently "
            "wrong. How many times as large is its loss?",
            *(_UNSURE, _WRONG),
        ),
        2,
        (line("−ln {} = {}", _UNSURE, unsure), line("−ln {} = {}", _WRONG, wrong), line("ratio: {}", times)),
        options=(
            "equally large: both answers are wrong",
            "about twice as large",
            f"about {times:.0f} times as large",
            f"{_UNSURE / _WRONG:.0f} times as large",
        ),
    )


def _why() -> Question:
    """Ask how much steeper cross-entropy is than squared error if a network is confidently wrong."""
    logits = np.log([_CONFIDENTLY_WRONG, 1 - _CONFIDENTLY_WRONG])
    steep, flat = (float(loss.gradient(logits, 0)[0]) for loss in (cross_entropy, squared_error))
    times = (1.0, math.sqrt(steep / flat), steep / flat)
    return Question(
        "why",
        line(
            "Why not the squared error, the sum of (p − y)² over the classes, where y is 1 for the true "
            "class and 0 for the others? There are two classes, and the true one has the probability {}. "
            "How fast does cross-entropy fall as its logit grows, compared with the squared error?",
            _CONFIDENTLY_WRONG,
        ),
        len(times) - 1,
        (
            line("cross-entropy: {} for each 1 that is added to the logit", steep),
            line("squared error: {}, so that it hardly corrects what is most wrong", flat),
            line("ratio: {}", steep / flat),
        ),
        options=("equally fast", *(f"about {ratio:,.0f} times as fast" for ratio in times[1:])),
    )
