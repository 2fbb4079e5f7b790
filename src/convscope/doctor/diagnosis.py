"""All findings in one source."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from convscope.doctor import findings
from convscope.doctor.examination import examine
from convscope.doctor.findings import MEANINGS, Doubt, Finding
from convscope.doctor.label_suspects import label_suspects
from convscope.errors import DataError
from convscope.pictures.classes import lost_classes
from convscope.pictures.decoding import no_progress
from convscope.pictures.doubtful_names import doubtful_labels
from convscope.pictures.near_duplicates.clusters import equal_pictures, near_duplicates
from convscope.pictures.near_duplicates.joining import Group, joined
from convscope.pictures.target import has_several_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from convscope.doctor.examination import Examination
    from convscope.pictures.decoding import Progress
    from convscope.pictures.sources.source import Part, Source

_PREFERRED: tuple[Part | None, ...] = ("test", "validation", "train", None)
"""The order of parts from which a copy is kept: test pictures first, so that the test set is unchanged."""


@dataclass(frozen=True, slots=True, eq=False)
class Diagnosis:
    """The findings in a source.

    Attributes:
        source: The pictures.
        examination: Their properties.
        copies: Groups of equal or nearly equal pictures.
        findings: What was found, problems first.
    """

    source: Source = field(repr=False)
    examination: Examination = field(repr=False)
    copies: tuple[Group, ...] = field(repr=False)
    findings: tuple[Finding, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """How the source was read, what was left out, and which classes were lost."""
        readable = self.examination.sizes[:, 0] > 0
        items = self.source.items
        return self.source.notes + doubtful_labels(items) + lost_classes(items, readable)

    @property
    def has_problems(self) -> bool:
        """Whether there is a finding that harms training or evaluation."""
        return any(finding.is_problem for finding in self.findings)

    def left_out(self) -> frozenset[int]:
        """Return the indices of the pictures that should be left out.

        These are pictures that are unreadable, constant or have lost data; all copies with different labels,
        because the correct label is unknown; and all but one of other copies, with test pictures preferred to
        training pictures and large ones to small ones. Label suspects are kept, because only a person can
        judge them.
        """
        out = {
            place
            for one in self.findings
            if one.kind in {"unreadable", "constant", "lost data"}
            for (place,) in one.groups
        }
        items = self.source.items
        for group in self.copies:
            kept = () if len({items[place].label for place in group}) > 1 else (min(group, key=self._worth),)
            out.update(set(group).difference(kept))
        return frozenset(out)

    def _worth(self, place: int) -> tuple[int, int, int]:
        height, width = self.examination.sizes[place].tolist()
        return _PREFERRED.index(self.source.items[place].part), -height * width, place

    def to_dict(self) -> dict[str, Any]:
        """Return the diagnosis as JSON-compatible values."""
        items = self.source.items
        classes = Counter(item.label for item in items)
        left_out = sorted(self.left_out())
        return {
            "pictures": len(items),
            "classes": dict(sorted(classes.items())),
            "notes": list(self.notes),
            "findings": [
                {
                    "kind": one.kind,
                    "problem": one.is_problem,
                    "meaning": MEANINGS[one.kind],
                    "pictures": one.pictures,
                    "groups": [[self._picture(place) for place in group] for group in one.groups],
                    "detail": list(one.detail),
                    "data": list(map(asdict, one.data)),
                }
                for one in self.findings
            ],
            "left_out": [items[place].name for place in left_out],
        }

    def _picture(self, place: int) -> dict[str, Any]:
        item = self.source.items[place]
        size = self.examination.sizes[place].tolist()
        return {
            "picture": item.name,
            "place": place,
            "label": item.label,
            "part": item.part,
            "size": size,
        }


def diagnose(source: Source, progress: Progress = no_progress) -> Diagnosis:
    """Examine all pictures of a source and report what is wrong with them.

    Args:
        source: The pictures.
        progress: Called with (pictures done, pictures in all) while they are decoded.

    Raises:
        DataError: The source, or every picture in it, is unreadable.

    Example:
        >>> import numpy as np
        >>> from convscope.pictures.sources import open_source
        >>> pictures = np.random.default_rng(0).integers(0, 256, (4, 16, 16), np.uint8)
        >>> pictures[3] = pictures[0]
        >>> found = diagnose(open_source((pictures, ["cat", "cat", "dog", "dog"])))
        >>> [(one.kind, one.groups) for one in found.findings]
        [('two labels', ((0, 3),)), ('equal', ((0, 3),))]
    """
    examination = examine(source, progress)
    if not len(examination.readable):
        place, cause = min(examination.broken.items())
        raise DataError(
            f"none of the {len(source.items):,} pictures of {source.name} can be read",
            why=f"the first is {source.items[place].name}: {cause}",
        )
    items = source.items
    equal = equal_pictures(examination.digests, examination.readable.tolist())
    _, labels = np.unique([item.label for item in items], return_inverse=True)
    near = near_duplicates(examination.looks, examination.digests, labels, examination.readable)
    copies = joined([*equal, *near.tolist()])
    found = (
        findings.unreadable(examination),
        findings.two_labels(copies, items),
        findings.shared(copies, items),
        Finding("equal", equal),
        findings.nearly_equal(copies, equal),
        findings.where("constant", examination.constant),
        findings.where("lost data", examination.lost_data),
        None if has_several_labels(items) else findings.imbalance(item.label for item in items),
        findings.odd_shapes(examination),
        findings.odd_sizes(examination),
        findings.odd_colours(examination),
        findings.guessed_values(examination),
        findings.where("several frames", examination.frames > 1),
        findings.where("for print", examination.for_print),
        findings.where("flat end", examination.flat_end),
    )
    return Diagnosis(
        source, examination, copies, tuple(one for one in found if one and (one.groups or one.data))
    )


def with_label_suspects(
    diagnosis: Diagnosis, classes: Sequence[str], probabilities: NDArray[np.float32]
) -> Diagnosis:
    """Add label suspects, which models contradict.

    Args:
        diagnosis: The findings so far.
        classes: The names of the classes.
        probabilities: (readable pictures, classes), of models trained on neither the picture nor a copy of
    it.
    """
    readable = diagnosis.examination.readable
    number = {name: place for place, name in enumerate(classes)}
    labels = np.array([number[diagnosis.source.items[place].label] for place in readable.tolist()])
    suspects, others = label_suspects(probabilities, labels)
    if not len(suspects):
        return diagnosis
    finding = Finding(
        "label suspect",
        tuple((place,) for place in readable[suspects].tolist()),
        tuple(
            Doubt(classes[int(other)], float(probabilities[row, other]))
            for row, other in zip(suspects.tolist(), others.tolist(), strict=True)
        ),
    )
    problems = sum(one.is_problem for one in diagnosis.findings)
    ordered = (*diagnosis.findings[:problems], finding, *diagnosis.findings[problems:])
    return replace(diagnosis, findings=ordered)
