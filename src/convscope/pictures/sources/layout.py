"""From file names to pictures with classes and parts, and to a list of what is left out.

Folders and archives share this code: it only uses names relative to the source.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from convscope.common.printable import printable
from convscope.errors import DataError
from convscope.pictures.naming import class_name
from convscope.pictures.reading import HAS_HEIC, SUFFIXES
from convscope.pictures.sources.left_out import MARKERS, LeftOut, counted, kind_of_file, some, why_ignored
from convscope.pictures.sources.source import Item
from convscope.pictures.sources.structure import Steps, Structure, read_structure, read_template

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_HEIC = {".heic", ".heif"}
_LABEL_SUFFIXES = (".json", ".txt", ".xml")


@dataclass(frozen=True, slots=True)
class Layout:
    """The result of reading the file names of a source.

    Attributes:
        members: For each item, the index of its name.
        items: The pictures.
        notes: How the folders were read and what was left out, in short sentences.
    """

    members: tuple[int, ...]
    items: tuple[Item, ...]
    notes: tuple[str, ...]


def lay_out(
    source: str, names: Sequence[str], folders: Iterable[str] = (), template: Sequence[str] = ()
) -> Layout:
    """Find class and part of every picture among files.

    Args:
        source: Name of the source; the names of items start with it.
        names: The files' names relative to the source, with `/` between folders.
        folders: Names of the folders, including empty ones.
        template: Which folders are classes: names, `*`, `{part}` and `{class}`; None: by their structure.

    Raises:
        DataError: If there are no pictures, none is in a class folder, or a class has no name.

    Example:
        >>> lay_out("pets", ["train/cats/1.jpg", "val/cats/2.jpg"]).items[1]
        Item(name='pets/val/cats/2.jpg', label='cats', part='validation')
    """
    left_out = LeftOut()
    pictures, others, ignored = _sorted_out(names, left_out)
    if not pictures:
        raise _nothing(source, names, others, left_out)
    structure = read_template(pictures, template) if template else read_structure(pictures, source)
    if not structure.places:
        raise _no_classes(source, template, others[()] if () in others else Counter())
    for member in pictures.keys() - structure.places.keys():
        left_out.add("outside any class folder", "/".join(pictures[member][:-1]), thing="picture")
    items = tuple(
        Item(printable(f"{source}/{names[member]}"), _checked(label, source), part)
        for member, (label, part) in structure.places.items()
    )
    notes = (*structure.notes, *_vanished(structure, others, ignored, folders), *left_out.notes())
    return Layout(tuple(structure.places), items, notes)


def _sorted_out(
    names: Sequence[str], left_out: LeftOut
) -> tuple[dict[int, Steps], dict[Steps, Counter[str]], set[Steps]]:
    """Separate pictures from other files, and count what is left out.

    Returns:
        The path of each picture, the suffixes of the other files in each folder, and the ignored folders.
    """
    paths = [tuple(step for step in name.split("/") if step not in {"", "."}) for name in names]
    marked = {path[:-1]: MARKERS[path[-1]] for path in paths if path and path[-1] in MARKERS}
    pictures: dict[int, Steps] = {}
    others: dict[Steps, Counter[str]] = defaultdict(Counter)
    ignored: set[Steps] = set()
    for member, path in enumerate(paths):
        if not path:
            continue
        suffix = PurePosixPath(path[-1]).suffix.lower()
        reason, depth = _why_left_out(path, marked)
        if reason:
            ignored.add(path[:depth])
            if suffix in SUFFIXES and not path[-1].startswith("._"):
                left_out.add(reason, "/".join(path[:depth]), thing="picture")
        elif suffix in SUFFIXES:
            pictures[member] = path
        else:
            others[path[:-1]][suffix] += 1
            hint = ", which pip install 'convscope[heic]' reads" if suffix in _HEIC and not HAS_HEIC else ""
            left_out.add(
                "no pictures by their suffix" + hint, "/".join(path[:-1]), thing=kind_of_file(suffix)
            )
    return pictures, others, ignored


def _why_left_out(path: Steps, marked: dict[Steps, str]) -> tuple[str, int]:
    """Return why a file is left out ("" if it is not), and the depth of the folder that is the reason."""
    for depth, step in enumerate(path, start=1):
        reason = why_ignored(step) or (marked.get(path[:depth], "") if marked else "")
        if reason:
            return reason, min(depth, len(path) - 1)
    return "", 0


def _checked(label: str, source: str) -> str:
    name = class_name(label)
    if not name:
        raise DataError(
            f"a class folder of {source} has no name",
            why=f"it is called {label!r}",
            remedy="give the folder a name with at least one letter",
        )
    return name


def _vanished(
    structure: Structure,
    others: dict[Steps, Counter[str]],
    ignored: set[Steps],
    folders: Iterable[str],
) -> tuple[str, ...]:
    """Return a note on folders without pictures next to the class folders."""
    parents = {folder[:-1] for folder in structure.class_folders}
    depths = {len(folder) for folder in structure.class_folders}
    given = {tuple(folder.strip("/").split("/")) for folder in folders} | {
        folder[:depth] for folder in others for depth in depths if len(folder) >= depth
    }
    empty = sorted(
        folder
        for folder in given - structure.class_folders
        if len(folder) in depths and folder[:-1] in parents and not any(map(why_ignored, folder))
    )
    explained = structure.class_folders | ignored
    inside = [folder for folder in empty if not any(_is_in(other, folder) for other in explained)]
    if not inside:
        return ()
    named = some(f"{'/'.join(folder)} ({_content(folder, others)})" for folder in inside)
    return (f"no class, as there is no picture in it: {named}",)


def _is_in(path: Steps, folder: Steps) -> bool:
    return path[: len(folder)] == folder


def _content(folder: Steps, others: dict[Steps, Counter[str]]) -> str:
    suffixes: Counter[str] = Counter()
    for inner, found in others.items():
        if _is_in(inner, folder):
            suffixes += found
    return some(counted(count, kind_of_file(suffix)) for suffix, count in suffixes.most_common()) or "empty"


def _nothing(
    source: str, names: Sequence[str], others: dict[Steps, Counter[str]], left_out: LeftOut
) -> DataError:
    count = sum(found.total() for found in others.values())
    why = "; ".join(left_out.notes()) if count or left_out.notes() else "it is empty"
    example = f"{source}/cats/1.jpg"
    if names and not count and not left_out.notes():
        why = "it is empty but for hidden files"
    return DataError(
        f"there are no pictures in {source}",
        why=why,
        remedy=f"put the pictures of each class into a folder of its own, such as {example}",
    )


def _no_classes(source: str, template: Sequence[str], beside: Counter[str]) -> DataError:
    if template:
        return DataError(
            f"there are no pictures in {source} where {'/'.join(template)!r} says",
            remedy="write * or a name for each folder above the classes' folders, and {class} for these",
        )
    labels = [suffix for suffix in _LABEL_SUFFIXES if beside[suffix]]
    if labels:
        return DataError(
            f"there are no class folders in {source}",
            why=f"it also has {_found(labels, beside)}, which may hold labels but are not read",
            remedy="write each picture's class into a .cls file (WebDataset), or all of them into a CSV",
        )
    return DataError(
        f"there are no class folders in {source}",
        why="its pictures lie side by side, so nothing says which class each one shows",
        remedy=f"put the pictures of each class into a folder named like it, such as {source}/cats/1.jpg",
    )


def _found(suffixes: Sequence[str], counts: Counter[str]) -> str:
    return some(counted(counts[suffix], kind_of_file(suffix)) for suffix in suffixes)
