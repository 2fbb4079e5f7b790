"""Two networks that many courses compare, on three pictures, with three losses.

Both are wrong once, so the classification error does not distinguish them; the other two do.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.steps import classification_error, cross_entropy, squared_error

CLASSES = ("dog", "cat")
NETWORKS = {
    "network 1": (((0.9, 0.1), 0), ((0.1, 0.9), 1), ((0.4, 0.6), 0)),
    "network 2": (((0.6, 0.4), 0), ((0.3, 0.7), 1), ((0.1, 0.9), 0)),
}
"""The probabilities that two networks predict for three pictures, with the true classes."""


def table() -> dict[str, Any]:
    """Return the networks' predictions with their losses and gradients, and each network's mean losses.

    Example:
        >>> for network in table()["networks"]:
        ...     print(f"{network['squared_error']:.4f} {network['cross_entropy']:.4f}")
        0.2533 0.3757
        0.7067 1.0567
    """
    steps = {
        "cross_entropy": cross_entropy,
        "squared_error": squared_error,
        "classification_error": classification_error,
    }
    networks: list[dict[str, Any]] = []
    for name, answers in NETWORKS.items():
        pictures: list[dict[str, Any]] = []
        for probabilities, truth in answers:
            logits = np.log(probabilities)
            losses = {loss: step.forward(logits, truth) for loss, step in steps.items()}
            gradients = {loss: step.gradient(logits, truth).tolist() for loss, step in steps.items()}
            pictures.append(
                {"probabilities": [*probabilities], "truth": truth, **losses, "gradients": gradients}
            )
        means = {loss: float(np.mean([picture[loss] for picture in pictures])) for loss in steps}
        networks.append({"name": name, "pictures": pictures, **means})
    return {"classes": [*CLASSES], "networks": networks}
