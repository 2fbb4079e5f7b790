"""Pictures in memory, as arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.common.digests import digest_of
from convscope.errors import DataError
from convscope.pictures.sources.label_sets import notes_on_sets, one_text, sets_in_array
from convscope.pictures.sources.labels import joined_labels, label_text, without_no_label
from convscope.pictures.sources.left_out import LeftOut
from convscope.pictures.sources.source import Item, Load, Part, Picture

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

_WHITE = 255


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
        """Return a digest of all pixels, names, classes and parts."""
        facts = (self.pictures.shape, self.items, [item.labels for item in self.items])
        return digest_of(facts, [np.ascontiguousarray(self.pictures).data])


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
        labels: N class names or numbers; or, with several labels per picture, an array (N, labels) of 0 and 1
            (with named columns if it is a pandas data frame), or N lists or sets of names.
        name: A short name for the source.
        part: The part that all of them belong to, if any.
        several_labels: Whether pictures may have several labels; None: decided by the form of the labels.

    Raises:
        DataError: They have an unsupported type or shape, or the numbers of pictures and labels differ.

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
    return _with_classes(pixels, labels, name, part)


def _with_classes(
    pixels: NDArray[np.uint8], labels: NDArray[Any], name: str, part: Part | None
) -> ArraySource:
    """Assign each picture its class; pictures without a label are left out, as in tables."""
    given = [label_text(label, f"{name}, picture {number}") for number, label in enumerate(labels.tolist())]
    texts = without_no_label(given) if labels.dtype.kind in "if" else given  # strings may be any label
    items = [Item(f"{name}[{index}]", text or "", part) for index, text in enumerate(texts)]
    kept = np.array([text is not None for text in texts])
    if kept.all():
        return ArraySource(name, tuple(items), pixels, joined_labels(filter(None, texts)))
    left_out = LeftOut()
    for text in (given[place] for place in np.flatnonzero(~kept)):
        left_out.add_unlabelled(text)
    if not kept.any():
        raise DataError(f"{name}: no picture has a label", why="; ".join(left_out.notes()))
    with_label = tuple(item for item, is_kept in zip(items, kept, strict=True) if is_kept)
    return ArraySource(name, with_label, pixels[kept], tuple(left_out.notes()))


def picture_array(pictures: ArrayLike, name: str) -> NDArray[np.uint8]:
    """Check that an array holds pictures, and return it.

    Args:
        pictures: uint8 of shape (N, H, W), (N, H, W, 1) or (N, H, W, 3), values 0..255.
        name: Name of the array in errors.

    Raises:
        DataError: It has an unsupported type or shape.
    """
    try:
        pixels: NDArray[Any] = np.asarray(pictures)
    except ValueError:  # they do not fit into one array
        pixels = np.empty(0, object)
    shape: tuple[int, ...] = pixels.shape
    if pixels.dtype != np.uint8:
        kind = "of different shapes" if pixels.dtype == object else str(pixels.dtype)
        raise DataError(f"{name}: pictures must be uint8, these are {kind}", remedy=_conversion(pixels))
    if pixels.ndim == 2:
        raise DataError(
            f"{name}: pictures of shape {shape} are flat",
            remedy="give them height and width back, for example with .reshape(-1, 28, 28)",
        )
    if len(shape) == 4 and shape[1] in {1, 3} and shape[3] not in {1, 3}:
        raise DataError(
            f"{name}: pictures of shape {shape} have their channels first",
            remedy="give pictures.transpose(0, 2, 3, 1), with the channels last",
        )
    if len(shape) not in {3, 4} or 0 in shape or (len(shape) == 4 and shape[3] not in {1, 3}):
        raise DataError(
            f"{name}: pictures of shape {shape} cannot be used",
            remedy="give (N, height, width), (N, height, width, 1) or (N, height, width, 3), none of them 0",
        )
    return pixels


def _conversion(pixels: NDArray[Any]) -> str:
    """Return the code that converts an array of another type to pictures, for an error message."""
    kind = pixels.dtype.kind
    if kind == "O":
        return "resize them to one shape, or save them as files in class folders"
    if kind in "US":
        return "for files, give their folder, or a table of their paths and labels"
    if kind == "b":
        return "give 255 * pictures.astype('uint8')"
    if kind in "iuf" and pixels.size and pixels.min() >= 0:
        if kind == "f" and pixels.max() <= 1:
            return "give (255 * pictures).round().astype('uint8')"
        if pixels.max() <= _WHITE:
            return "give pictures.round().astype('uint8')" if kind == "f" else "give pictures.astype('uint8')"
    return "scale them to 0..255 and convert them with .astype('uint8')"


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
