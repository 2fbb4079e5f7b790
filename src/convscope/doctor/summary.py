"""The findings that need no extra time in training, from decoding and digesting the pictures."""

from __future__ import annotations

import numpy as np

from convscope.doctor.findings import imbalance
from convscope.pictures.near_duplicates.clusters import equal_pictures
from convscope.pictures.sources.left_out import some
from convscope.pictures.store import Catalogue, Store

_BLOCK = 1024


def summary(catalogue: Catalogue) -> tuple[str, ...]:
    """Describe in short sentences what is wrong with pictures; for a store, including findings from pixels.

    Unreadable pictures, and copies in different parts, are reported with the store and its split.
    """
    labels = catalogue.labels.tolist()
    equal = equal_pictures(catalogue.digests, range(len(labels)))
    copies = sum(map(len, equal)) - len(equal)
    contradicting = sum(len({labels[index] for index in group}) > 1 for group in equal)
    has_one_class = catalogue.label_sets is None  # rare labels are not a problem: each has its own threshold
    uneven = imbalance(catalogue.classes[label] for label in labels) if has_one_class else None
    notes = [
        f"pictures that repeat another, byte by byte: {copies:,}" if copies else "",
        f"pictures that stand under two labels: {contradicting:,}" if contradicting else "",
        f"classes of very different size: {uneven.data[0]}" if uneven else "",
    ]
    found = tuple(note for note in notes if note)
    shown = (*found, "`convscope doctor` shows which, and finds more") if found else ()
    return (*_constant_note(catalogue), *shown) if isinstance(catalogue, Store) else shown


def _constant_note(store: Store) -> tuple[str, ...]:
    constant = _constant(store)
    if not constant:
        return ()
    size = f"{store.preparation.height} × {store.preparation.width}"
    named = some(store.names[index] for index in constant)
    return (f"pictures of one colour once they are {size}: {len(constant):,} ({named})",)


def _constant(store: Store) -> list[int]:
    found: list[int] = []
    for start in range(0, len(store.pictures), _BLOCK):
        pictures = store.pictures[start : start + _BLOCK]
        middle = pictures[:, pictures.shape[1] // 2]
        candidates = np.flatnonzero((middle == middle[:, :1]).all(axis=(1, 2)))  # usually few
        flat = (pictures[candidates] == pictures[candidates, :1, :1]).all(axis=(1, 2, 3))
        found += (start + candidates[flat]).tolist()
    return found
