"""What the doctor can say before a training at no cost: the pictures are decoded anyway, and digested."""

from __future__ import annotations

import numpy as np

from convscope.doctor.copies import equal_pictures
from convscope.doctor.findings import imbalance
from convscope.pictures.store import Catalogue, Store

_BLOCK = 1024


def summary(catalogue: Catalogue) -> tuple[str, ...]:
    """Say in short sentences what is wrong with pictures; if they are a store, what is seen on them, too.

    Pictures that cannot be read, or equal others in another part, are told with the store and its split.
    """
    labels = catalogue.labels.tolist()
    equal = equal_pictures(catalogue.digests, range(len(labels)))
    copies = sum(map(len, equal)) - len(equal)
    contradicting = sum(len({labels[place] for place in group}) > 1 for group in equal)
    constant = _count_constant(catalogue) if isinstance(catalogue, Store) else 0
    uneven = imbalance(catalogue.classes[label] for label in labels)
    notes = [
        f"pictures that repeat another, byte by byte: {copies:,}" if copies else "",
        f"pictures that stand under two labels: {contradicting:,}" if contradicting else "",
        f"pictures of one colour, with nothing to see: {constant:,}" if constant else "",
        f"classes of very different size: {uneven.detail[0]}" if uneven else "",
    ]
    found = tuple(note for note in notes if note)
    return (*found, "`convscope doctor` shows which, and finds more") if found else ()


def _count_constant(store: Store) -> int:
    count = 0
    for start in range(0, len(store.pictures), _BLOCK):
        pictures = store.pictures[start : start + _BLOCK]
        middle = pictures[:, pictures.shape[1] // 2]
        suspects = np.flatnonzero(
            (middle == middle[:, :1]).all(axis=(1, 2))
        )  # few are, so few are read whole
        count += int((pictures[suspects] == pictures[suspects, :1, :1]).all(axis=(1, 2, 3)).sum())
    return count
