"""Pictures in memory, as arrays."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.errors import DataError
from convscope.pictures.naming import class_name
from convscope.pictures.sources.label_sets import notes_on_sets, one_text, sets_in_array
from convscope.pictures.sources.source import Item, Load, Part, Picture

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, eq=False)
class ArraySource:
    """A source whose pictures are pixels in memory.

    Attributes:
        name: A short name.
        items: The pictures' names, classes and parts.
        pictures: uint8 of shape (N, H, W) or (N, H, W, C).
        notes: How it was read, in short sentences.
    """

    name: str
    items: tuple[Item, ...]
    pictures: NDArray[np.uint8] = field(repr=False)
    notes: tuple[str, ...] = ()

    def read(self, index: int) -> Picture:
        """Return the pixels of one picture."""
        return self.pictures[index]

    def iterate(self, indices: Iterable[int]) -> Iterator[tuple[int, Load]]:
        """Yield (index, load)."""
        for index in indices:
            yield index, partial(self.read, index)

    def fingerprint(self) -> str:
        """Digest all pixels, names, classes and parts."""
        digest = hashlib.blake2b(
            repr((self.pictures.shape, self.items, [item.labels for item in self.items])).encode(),
            digest_size=16,
        )
        digest.update(np.ascontiguousarray(self.pictures).data)
        return digest.hexdigest()


def open_arrays(
    pictures: ArrayLike,
    labels: Sequence[Any] | NDArray[Any],
    *,
    name: str = "arrays",
    part: Part | None = None,
    several_labels: bool | None = None,
) -> ArraySource:
    """Open pictures and labels given as arrays.

    Args:
        pictures: uint8 of shape (N, H, W), (N, H, W, 1) or (N, H, W, 3), values 0..255.
        labels: N class names or numbers; or, with several labels for each picture, an array (N, labels) of 0
            and 1, whose columns are named if it is a table of pandas, or N lists or sets of names.
        name: A short name for the source.
        part: The part all of them belong to, if any.
        several_labels: Whether a picture may have several labels; None: if the labels have such a form.

    Raises:
        DataError: They have another type or shape, or the numbers of pictures and labels differ.

    Example:
        >>> source = open_arrays(np.zeros((2, 8, 8), np.uint8), ["cat", "dog"])
        >>> source.items[1]
        Item(name='arrays[1]', label='dog', part=None)
    """
    pixels = picture_array(pictures, name)
    sets = None if several_labels is False else sets_in_array(labels, name)
    labels = np.asarray(labels) if sets is None else np.empty(len(sets))
    if labels.shape != (len(pixels),):
        raise DataError(
            f"{name}: {len(pixels):,} pictures do not match labels of shape {labels.shape}",
            remedy="give one label for each picture, or one row of 0 and 1",
        )
    if sets is not None:
        items = tuple(
            Item(f"{name}[{index}]", one_text(one), part, labels=one) for index, one in enumerate(sets)
        )
        return ArraySource(name, items, pixels, notes_on_sets(sets, "arrays"))
    texts = [class_name(str(label)) for label in labels.tolist()]
    items = tuple(Item(f"{name}[{index}]", text, part) for index, text in enumerate(texts))
    return ArraySource(name, items, pixels)


def picture_array(pictures: ArrayLike, name: str) -> NDArray[np.uint8]:
    """Check that an array holds pictures, and return it.

    Args:
        pictures: uint8 of shape (N, H, W), (N, H, W, 1) or (N, H, W, 3), values 0..255.
        name: What to call the array in errors.

    Raises:
        DataError: It has another type or shape.
    """
    pixels = np.asarray(pictures)
    if pixels.dtype != np.uint8:
        raise DataError(
            f"{name}: pictures must be uint8, these are {pixels.dtype}",
            remedy="scale them to 0..255 and convert them with .astype('uint8')",
        )
    if pixels.ndim == 2:
        raise DataError(
            f"{name}: pictures of shape {pixels.shape} are flat",
            remedy="give them height and width back, for example with .reshape(-1, 28, 28)",
        )
    if pixels.ndim not in {3, 4} or 0 in pixels.shape or (pixels.ndim == 4 and pixels.shape[3] not in {1, 3}):
        raise DataError(
            f"{name}: pictures of shape {pixels.shape} cannot be used",
            remedy="give (N, height, width), (N, height, width, 1) or (N, height, width, 3), none of them 0",
        )
    return pixels


def joined(name: str, sources: Sequence[ArraySource]) -> ArraySource:
    """Join sources, such as a training and a test part, into one.

    Raises:
        DataError: Their pictures have different shapes.
    """
    shapes = {source.pictures.shape[1:] for source in sources}
    if len(shapes) > 1:
        raise DataError(f"{name}: its files hold pictures of different shapes {sorted(shapes)}")
    items = tuple(item for source in sources for item in source.items)
    return ArraySource(name, items, np.concatenate([source.pictures for source in sources]))
