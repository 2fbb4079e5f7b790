"""How class folders are arranged: flat, inside parts, or with parts inside the classes.

The arrangement is inferred from the folder structure. Parts (training, validation and test pictures) are
recognised by their names, such as `train` or `val`; other folders are alternatives if they contain the same
class folders. A template states it explicitly: `pets/{part}/{class}` or `places/*/{class}`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from convscope.errors import DataError
from convscope.pictures.sources.left_out import some
from convscope.pictures.sources.source import Part, part_named

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

Steps = tuple[str, ...]
"""A file's path, folder by folder."""
Places = dict[int, tuple[str, Part | None]]
"""The class and the part of each picture."""

CLASS, PART = "{class}", "{part}"
_SAME_CLASSES = 0.5
"""Share of common subfolders from which on two folders are considered to have the same classes."""


@dataclass(frozen=True, slots=True)
class Structure:
    """The interpretation of a source's folders.

    Attributes:
        places: Class and part of each picture that has a class.
        class_folders: The folder of each class, or several of them, relative to the source.
        notes: Messages for the user.
    """

    places: Places
    class_folders: frozenset[Steps]
    notes: tuple[str, ...] = ()


def is_template(text: str) -> bool:
    """Whether a path is a template: it marks the class folders with `{class}`.

    Example:
        >>> is_template("places/*/{class}"), is_template("places")
        (True, False)
    """
    return CLASS in text.split("/")


def read_template(pictures: Mapping[int, Steps], template: Sequence[str]) -> Structure:
    """Read class and part of every picture that matches the template.

    Raises:
        DataError: A folder at the place of `{part}` is not named like a part.
    """
    places: Places = {}
    folders: set[Steps] = set()
    depth = len(template)
    for member, steps in pictures.items():
        if len(steps) <= depth or any(
            pattern not in {"*", CLASS, PART, step} for pattern, step in zip(template, steps, strict=False)
        ):
            continue
        named = dict(zip(template, steps, strict=False))
        places[member] = named[CLASS], _part(named[PART]) if PART in named else None
        folders.add(steps[:depth])
    return Structure(places, frozenset(folders))


def read_structure(pictures: Mapping[int, Steps], source: str) -> Structure:
    """Find the class and part of every picture in a class folder.

    Args:
        pictures: The path of each picture relative to the source.
        source: The source's path, for notes.

    Example:
        >>> read_structure({0: ("train", "cat", "1.png"), 1: ("test", "cat", "2.png")}, "pets").places
        {0: ('cat', 'train'), 1: ('cat', 'test')}
    """
    wrapper = _wrapper(pictures)
    inner = {
        member: steps[len(wrapper) :] for member, steps in pictures.items() if len(steps) > len(wrapper) + 1
    }
    inside = {member: steps for member, steps in inner.items() if len(steps) > 1}
    children: dict[str, set[str]] = defaultdict(set)
    flat: Counter[str] = Counter()
    for steps in inside.values():
        if len(steps) > 2:
            children[steps[0]].add(steps[1])
        else:
            flat[steps[0]] += 1
    base = "/".join((source, *wrapper))
    if children and _parts_inside_classes(children):
        return _class_first(inside, wrapper)
    if _are_parts(children, flat):
        return _part_first(inside, wrapper, base)
    return _flat(inside, wrapper, base)


def _wrapper(pictures: Mapping[int, Steps]) -> Steps:
    """Return the folders that only wrap all others; single pictures next to them are ignored."""
    wrapper: Steps = ()
    inside = [steps for steps in pictures.values() if len(steps) > 1]
    while True:
        tops = {steps[0] for steps in inside}
        below = [steps[1:] for steps in inside if len(steps) > 2]
        folders = {steps[0] for steps in below}
        if len(tops) != 1 or not below or (len(folders) == 1 and len(below) < len(inside)):
            return wrapper
        (top,) = tops
        if part_named(top):
            return wrapper
        wrapper += (top,)
        inside = below


def _parts_inside_classes(children: Mapping[str, set[str]]) -> bool:
    """Whether all folders inside the top-level ones are named like parts, and the top-level ones are not."""
    named = {part_named(name) for names in children.values() for name in names}
    return None not in named and "train" in named and len(named) > 1 and not any(map(part_named, children))


def _are_parts(children: Mapping[str, set[str]], flat: Mapping[str, int]) -> bool:
    """Whether the top-level folders are parts rather than classes."""
    known = {top for top in children if part_named(top)}
    if known and children.keys() | flat.keys() == known and len(known) == 1:
        return True
    if any(part_named(top) == "train" for top in known):
        others = (children.keys() | flat.keys()) - known
        flat_ones = [top for top in others if top not in children]
        # a folder train among others is a class (next to bus), unless it contains the classes
        alone = len({part_named(top) for top in (*known, *flat) if part_named(top)}) == 1
        if not alone or (len(flat_ones) <= 1 and all(len(children[top]) > 1 for top in known)):
            return True
    return _hold_the_same(list(children.values())) and not set(flat) - children.keys()


def _hold_the_same(folders: Sequence[set[str]]) -> bool:
    """Whether several folders contain about the same subfolders, at least two, which may be classes."""
    held = Counter(name for names in folders for name in names)
    shared = {name for name, count in held.items() if count > 1}
    return (
        len(shared) > 1
        and all(names & shared for names in folders)
        and (len(shared) >= _SAME_CLASSES * len(held))
    )


def _part_first(inside: Mapping[int, Steps], wrapper: Steps, base: str) -> Structure:
    deep = {member: steps for member, steps in inside.items() if len(steps) > 2}
    tops: dict[str, Part | None] = {
        top: part_named(top) for top in sorted({steps[0] for steps in deep.values()})
    }
    known = {part for part in tops.values() if part}
    if known:
        deep = {member: steps for member, steps in deep.items() if tops[steps[0]]}
    depth = _class_depth(deep.values())
    places: Places = {
        member: (steps[depth], tops[steps[0]] if known else None) for member, steps in deep.items()
    }
    counts = Counter(steps[0] for steps in deep.values())
    read = ", ".join(
        f"{top} {counts[top]:,}" + (f" as {tops[top]}" if tops[top] != top else "") for top in counts
    )
    unknown = [top for top, part in tops.items() if not part]
    notes = [f"pictures by part: {read}"] if known else []
    if known and unknown:
        notes.append(f"called like no part, so left out: {some(unknown)}")
    elif unknown:
        held = some(f"{top} ({counts[top]:,} pictures)" for top in unknown)
        notes.append(
            f"{held} hold the same folders, which are taken for the classes;"
            f" if {some(unknown)} are the classes, give '{base}/{CLASS}'"
        )
    below = [steps[depth:] for steps in deep.values()]
    notes += _nested(below, f"{base}/{PART if known else '*'}" + "/*" * (depth - 1))
    folders = frozenset((*wrapper, *steps[: depth + 1]) for steps in deep.values())
    return Structure(places, folders, tuple(notes))


def _class_depth(paths: Collection[Steps]) -> int:
    """Return the depth of the class folders below the parts, skipping a wrapping folder in each part.

    Example:
        >>> _class_depth([("train", "images", "cat", "1.png"), ("test", "images", "dog", "2.png")])
        2
    """
    depth = 1
    while len({steps[depth] for steps in paths}) == 1 and all(len(steps) > depth + 2 for steps in paths):
        depth += 1
    return depth


def _nested(paths: Iterable[Steps], base: str) -> list[str]:
    """Return a note that subfolders of a class belong to it, if there are several or other pictures.

    Args:
        paths: Paths of pictures, from the class folder on.
        base: Path of the folder that contains the class folders.
    """
    children: dict[str, set[str]] = defaultdict(set)
    beside: set[str] = set()
    for top, name, *deeper in paths:
        if deeper:
            children[top].add(name)
        else:
            beside.add(top)
    nested = {top: names for top, names in children.items() if len(names) > 1 or top in beside}
    if not nested:
        return []
    top, names = max(sorted(nested.items()), key=lambda entry: len(entry[1]))
    held = f"folders inside a class's folder belong to it: {top} holds {some(sorted(names))}"
    return [f"{held}; if these are the classes, give '{base}/*/{CLASS}'"]


def _class_first(inside: Mapping[int, Steps], wrapper: Steps) -> Structure:
    deep = {member: steps for member, steps in inside.items() if len(steps) > 2}
    places: Places = {member: (steps[0], part_named(steps[1])) for member, steps in deep.items()}
    counts = Counter(part for _, part in places.values())
    read = ", ".join(f"{part} {count:,}" for part, count in counts.items())
    folders = frozenset((*wrapper, steps[0]) for steps in deep.values())
    return Structure(places, folders, (f"pictures by part, inside the classes' folders: {read}",))


def _flat(inside: Mapping[int, Steps], wrapper: Steps, base: str) -> Structure:
    places: Places = {member: (steps[0], None) for member, steps in inside.items()}
    classes = {label for label, _ in places.values()}
    notes = _nested(inside.values(), base)
    named = sorted(label for label in classes if part_named(label))
    if named and len(classes) > 1:
        notes.append(
            f"{some(named)} {'is a class' if len(named) == 1 else 'are classes'} here;"
            f" if parts are meant, give '{base}/{PART}/{CLASS}'"
        )
    return Structure(places, frozenset((*wrapper, steps[0]) for steps in inside.values()), tuple(notes))


def _part(name: str) -> Part:
    part = part_named(name)
    if part is None:
        raise DataError(f"{name!r} is not a part", remedy="call the folders train, validation or test")
    return part
