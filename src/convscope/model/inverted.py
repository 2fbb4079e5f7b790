"""Detect greyscale pictures that may be inverted: dark on bright for a model trained on bright on dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from convscope.model.predictor import Answer, Predictor


def answer_with_hints(
    predictor: Predictor, pictures: NDArray[np.uint8], classes: Sequence[str]
) -> list[Answer]:
    """Predict pictures; a note is added to an unknown greyscale picture whose negative is known.

    Args:
        predictor: The model's predictor.
        pictures: (n, height, width, channels), prepared for it.
        classes: The model's classes.
    """
    answers = predictor.answers(pictures)
    unknown = [place for place, answer in enumerate(answers) if answer.unknown]
    if not unknown or pictures.shape[3] != 1:
        return answers
    for place, negative in zip(unknown, predictor.answers(255 - pictures[unknown]), strict=True):
        if not negative.unknown:
            best = int(negative.probabilities.argmax())
            name, share = classes[best], f"{negative.probabilities[best]:.0%}"
            hint = f"it may be inverted: its negative is known, as {name} ({share})"
            answers[place] = answers[place].with_note(hint)
    return answers
