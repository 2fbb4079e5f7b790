"""Select the labelled pictures that a model is evaluated on."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from itertools import takewhile
from typing import TYPE_CHECKING, Literal

import numpy as np

from convscope.errors import DataError
from convscope.model.receipt import group_pattern, has_learned_from
from convscope.pictures.naming import natural_order
from convscope.pictures.sources import Part, Source, open_source, selected
from convscope.pictures.sources.shards import ShardSource
from convscope.pictures.split import Indices, split
from convscope.pictures.store_building import build_catalogue, build_store, is_stored
from convscope.pictures.target import OneClass, SeveralLabels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.pictures.decoding import Progress
    from convscope.pictures.sources import Data
    from convscope.pictures.store import Catalogue, Store
    from convscope.pictures.target import Target

PartOrAll = Part | Literal["all"]
_MAX_NAMED = 10


@dataclass(frozen=True, slots=True)
class Selection:
    """Prepared pictures with their true classes.

    Attributes:
        store: Prepared pictures, including the selected ones.
        indices: (n,) indices of the selected pictures in the store.
        positions: (n,) indices of the same pictures in the source.
        labels: (n,) indices of their true classes in the model's classes, or label numbers of `target`.
        target: The target to predict, in the model's classes.
        notes: Remarks on the selection, in short sentences.
    """

    store: Store
    indices: NDArray[np.int64]
    positions: NDArray[np.int64]
    labels: NDArray[np.int64]
    target: Target
    notes: tuple[str, ...]


def select(
    data: Data,
    model: Model,
    part: PartOrAll = "test",
    *,
    progress: Progress | None = None,
) -> Selection:
    """Open a source, prepare its pictures for the model and select those to evaluate on.

    Without a test set in the source, all pictures are selected if the model was trained on none of them;
    otherwise those that training would hold out, which are always the same. Shards may be larger than the
    disk, so only the selected pictures are stored, unless training has already stored all.

    Args:
        data: A source, as for `convscope.pictures.sources.open_source`.
        model: Provides the preparation and the classes, which are matched by name.
        part: The part to evaluate on, or `all` pictures.
        progress: Called with (pictures prepared, pictures in all).

    Raises:
        DataError: The source cannot be used, has no such part, or has pictures of a class that the model does
            not know.
        StoreError: The prepared pictures cannot be written.
    """
    source = open_source(data, several_labels=model.has_several_labels)
    form = model.preparation
    if isinstance(source, ShardSource) and not is_stored(source, form):
        wanted, notes = _pick_from_shards(source, model, part, progress)
        few = selected.select(source, wanted)
        store = build_store(few, form, progress=progress)
        indices, positions = np.arange(len(store.labels)), wanted[_positions(few, store)]
    else:
        store = build_store(source, form, progress=progress)
        indices, notes = _pick(store, model, part, source.name)
        positions = _positions(source, store)[indices]
    labels = store.labels[indices]
    judged = store.target.indicators(np.unique(labels)).any(axis=0)
    _check_classes({store.classes[at] for at in np.flatnonzero(judged)}, model.classes, source.name)
    target, number = _in_classes_of(model, store)
    return Selection(
        store,
        indices,
        positions=positions,
        labels=number[labels],
        target=target,
        notes=(*store.notes, *notes, *store.broken_notes(_MAX_NAMED, " broken pictures")),
    )


def _in_classes_of(model: Model, store: Catalogue) -> tuple[Target, NDArray[np.int64]]:
    """Return the target of a store in a model's classes, and the new number of each label of the store."""
    number = np.array([_index(name, model.classes) for name in store.classes], np.int64)
    if store.label_sets is None:
        return OneClass(model.classes), number
    sets = tuple(tuple(sorted(number[list(members)].tolist())) for members in store.label_sets)
    return SeveralLabels(model.classes, sets), np.arange(len(sets))


def _index(name: str, known: Sequence[str]) -> int:
    return known.index(name) if name in known else -1


def _check_classes(judged: set[str], known: Sequence[str], source: str) -> None:
    unknown = sorted(judged - set(known), key=natural_order)
    if not unknown:
        return
    close = {name: _close(name, known) for name in unknown}
    meant = ", ".join(f"{other} for {name}" for name, other in close.items() if other)
    hint = f" ({meant})" if meant else ""
    shown = ", ".join(known[:_MAX_NAMED]) + (", ..." if len(known) > _MAX_NAMED else "")
    names = ", ".join(map(repr, unknown[:_MAX_NAMED])) + (", ..." if len(unknown) > _MAX_NAMED else "")
    raise DataError(
        f"the model does not know the class{'' if len(unknown) == 1 else 'es'} {names} of {source}",
        why=f"it was trained on {shown}",
        remedy=f"give each class the name it had in training{hint}, or leave it out",
    )


def _close(name: str, known: Sequence[str]) -> str:
    folded = {other.casefold(): other for other in known}
    matches = get_close_matches(name.casefold(), folded, n=1)
    return folded[matches[0]] if matches else ""


def _pick_from_shards(
    source: ShardSource, model: Model, part: PartOrAll, progress: Progress | None
) -> tuple[Indices, tuple[str, ...]]:
    """Return the pictures' indices in the source; all shards are read only if none belongs to the part."""
    indices = [index for index, item in enumerate(source.items) if part in {"all", item.part}]
    if indices:
        return np.array(indices, np.int64), ()
    catalogue, positions = build_catalogue(source, model.preparation, progress=progress)
    chosen, notes = _pick(catalogue, model, part, source.name)
    return positions[chosen], notes


def _pick(store: Catalogue, model: Model, part: PartOrAll, source: str) -> tuple[Indices, tuple[str, ...]]:
    if part == "all":
        return np.arange(len(store.labels)), ()
    labelled = np.array([index for index, of in enumerate(store.parts) if of == part], np.int64)
    if len(labelled):
        return labelled, _learned_from(store, model, part, labelled)
    if part == "test" and not any(store.parts) and has_learned_from(model.receipt, store.digests) is False:
        note = f"the model was trained on none of these pictures: evaluated on all {len(store.labels):,}"
        return np.arange(len(store.labels)), (note,)
    try:
        chosen: Indices = getattr(split(store, group_pattern(model.receipt)), part)
    except DataError as error:
        raise DataError(
            f"{source} has no {part} part, and none can be set aside",
            why=error.what,
            remedy="evaluate on all its pictures (part all)",
        ) from error
    if not len(chosen):
        raise DataError(f"there are no {part} pictures in {source}", remedy="choose another part, or all")
    learned = _learned_from(store, model, part, chosen)
    which = (
        f"{len(chosen):,} of its pictures"
        if learned
        else f"the {len(chosen):,} pictures that training sets aside"
    )
    return chosen, (f"{source} has no {part} part: evaluated on {which}", *learned)


def _learned_from(store: Catalogue, model: Model, part: Part, chosen: Indices) -> tuple[str, ...]:
    """Warn of pictures that were trained on."""
    if part == "train" or not has_learned_from(model.receipt, store.digests[chosen]):
        return ()
    return ("the model has learned from some of these pictures: its figures are too good",)


def _positions(source: Source, store: Store) -> NDArray[np.int64]:
    """Return the index in the source of every picture in a store, which lacks unreadable ones.

    The names in an older store may come from a different path to the same folder. They then differ only in
    their common prefix.
    """
    stored = _prefix_length([*store.names, *(picture.name for picture in store.broken)])
    named = _prefix_length([item.name for item in source.items])
    kept = {name[stored:] for name in store.names}
    return np.array([index for index, item in enumerate(source.items) if item.name[named:] in kept], np.int64)


def _prefix_length(names: Sequence[str]) -> int:
    """Return the length of the prefix of all names: the common prefix of the first and the last in order."""
    pairs = zip(min(names), max(names), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
