"""Two networks of many a course, judged on three pictures by three errors, by the book.

Both are wrong once, so the classification error does not tell them apart; the other two do.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from convscope.steps import classification_error, cross_entropy, mean_squared_error

CLASSES = ("dog", "cat")
NETWORKS = {
    "network 1": (((0.9, 0.1), 0), ((0.1, 0.9), 1), ((0.4, 0.6), 0)),
    "network 2": (((0.6, 0.4), 0), ((0.3, 0.7), 1), ((0.1, 0.9), 0)),
}
"""What two networks of many a course say about three pictures: the probabilities, and the true class."""


def table() -> dict[str, Any]:
    """The answers of the two networks, each with its losses and their gradients, and each network's means.

    Example:
        >>> for network in table()["networks"]:
        ...     print(f"{network['mean_squared_error']:.4f} {network['cross_entropy']:.4f}")
        0.2533 0.3757
        0.7067 1.0567
    """
    books = {
        "cross_entropy": cross_entropy,
        "mean_squared_error": mean_squared_error,
        "classification_error": classification_error,
    }
    networks: list[dict[str, Any]] = []
    for name, answers in NETWORKS.items():
        pictures: list[dict[str, Any]] = []
        for probabilities, truth in answers:
            logits = np.log(probabilities)
            losses = {loss: book.forward(logits, truth) for loss, book in books.items()}
            gradients = {loss: book.gradient(logits, truth).tolist() for loss, book in books.items()}
            pictures.append(
                {"probabilities": [*probabilities], "truth": truth, **losses, "gradients": gradients}
            )
        means = {loss: float(np.mean([picture[loss] for picture in pictures])) for loss in books}
        networks.append({"name": name, "pictures": pictures, **means})
    return {"classes": [*CLASSES], "networks": networks}
