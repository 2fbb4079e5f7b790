"""Accuracy of heads on pretrained features, and detection of pictures of unknown classes.

The features are those of EfficientNet-Lite0, as in `convscope train --start lite0`. For each data set, some
pictures of each class are drawn, the same for all heads. The heads are then evaluated on its test pictures:

    chosen            as `convscope train` fits it: blocks and penalty by cross-validation
    last, two, all    the last block, the last two or all of them, with a penalty of 100
    plain             scikit-learn's LogisticRegression on the last block, each feature standardised; C = 1
    plain, C = 0.01   the same with a stronger penalty

For the detection of unknown classes, test pictures of the known classes, of other data sets and of noise are
scored by

    probability   the largest probability
    energy        ln of the sum of exp(logit)
    class mean    cosine with the nearest class mean
    nearest       cosine with the nearest training picture: as models from pretrained features carry it
    ViM           virtual-logit matching: as models from scratch carry it

at thresholds that reject 5 % of the training pictures, each scored by a rule fitted without it. Nothing is
tuned on unknown pictures. Run it with

    python benchmarks/learned_features.py catsdogs=PATH:2,10,100 flowers=PATH:2,10,30 cifar10=PATH:2,10,50 \
        --without-pets catsdogs cifar10

where PATH has the folders train and test, each with class folders. A fifth of CIFAR-10 are cats and dogs, so
catsdogs is also compared with CIFAR-10 without them. It writes docs/benchmarks/learned_features.md and .json.
Set CONVSCOPE_CACHE to a folder to keep the features.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from convscope.model.calibration import fit_temperature
from convscope.pictures.sources import open_source
from convscope.pictures.store_building import build_store
from convscope.training.start.backbone import load_backbone
from convscope.training.start.features import LAST, features_of
from convscope.training.start.head import DEFAULT_PENALTY, Head, fit_head
from convscope.training.start.logistic import Coefficients, fit_logistic
from convscope.training.start.scaled_blocks import scale_blocks
from open_set_scores import FOLDS, SCORES, judge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Values = NDArray[Any]

DOCS = Path(__file__).parent.parent / "docs" / "benchmarks"
HEADS = ("chosen", "last", "two", "all", "plain", "plain, C = 0.01")
FOREIGN = 200
PETS = ("cat", "dog")


class Pictures(NamedTuple):
    """The features of pictures, and the names of their classes."""

    values: Values
    blocks: Mapping[str, slice]
    labels: Values
    names: tuple[str, ...]

    def at(self, places: Values) -> Pictures:
        """Return a subset."""
        return Pictures(self.values[places], self.blocks, self.labels[places], self.names)

    def read(self, names: tuple[str, ...]) -> Values:
        """Return the features of some blocks."""
        return np.concatenate([self.values[:, self.blocks[name]] for name in names], axis=1)

    def columns(self, names: tuple[str, ...]) -> list[slice]:
        """Return the columns of each block among those of `read`."""
        ends = np.cumsum([self.blocks[name].stop - self.blocks[name].start for name in names]).tolist()
        return [slice(start, stop) for start, stop in zip([0, *ends], ends, strict=False)]

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.labels.max()) + 1


def main() -> None:
    """Measure all data sets and write the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", nargs="+", metavar="NAME=PATH:N,N")
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--test", type=int, default=50, help="test pictures of each class at most")
    parser.add_argument(
        "--without-pets",
        nargs=2,
        metavar=("KNOWN", "FOREIGN"),
        help="measure this pair without cats and dogs",
    )
    parser.add_argument("--output", type=Path, default=DOCS / "learned_features")
    arguments = parser.parse_args()
    known: dict[str, tuple[Pictures, Pictures, list[int]]] = {}
    for text in arguments.data:
        name, _, rest = text.partition("=")
        path, _, numbers = rest.rpartition(":")
        counts = [int(number) for number in numbers.split(",")]
        train = described(Path(path) / "train", 2 * counts[-1])
        test = described(Path(path) / "test", arguments.test)
        known[name] = train, test, counts
        print(f"{name}: {len(train.labels)} and {len(test.labels)} pictures", flush=True)
    foreign = {name: spread_out(test) for name, (_, test, _) in known.items()} | {"noise": noise()}
    pets_known, with_pets = arguments.without_pets or ("", "")
    rows: list[dict[str, Any]] = []
    for name, (train, test, counts) in known.items():
        others = foreign
        if name == pets_known:
            others = foreign | {f"{with_pets}, no pets": spread_out(without_pets(known[with_pets][1]))}
        for count in counts:
            for draw in range(arguments.draws):
                rows += measure(
                    train.at(drawn(train.labels, count, draw)),
                    test,
                    {other: one for other, one in others.items() if other != name},
                    {"data": name, "of_each_class": count, "draw": draw},
                )
            print(name, count, flush=True)
    arguments.output.with_suffix(".json").write_text(json.dumps(rows, indent=1) + "\n")
    arguments.output.with_suffix(".md").write_text(report(rows))


def described(folder: Path, most: int) -> Pictures:
    """Compute the features of up to this many pictures per class."""
    with TemporaryDirectory() as place:
        for group in sorted(folder.iterdir()):
            (Path(place) / group.name).mkdir()
            for path in sorted(group.iterdir())[:most]:
                (Path(place) / group.name / path.name).symlink_to(path.resolve())
        backbone = load_backbone("lite0")
        store = build_store(open_source(place), backbone.preparation)
        features = features_of(store, np.arange(len(store.labels)), backbone)
        return Pictures(features.values, features.blocks, store.labels, store.classes)


def noise() -> Pictures:
    """Create noise, from coarse to fine."""
    random = np.random.default_rng(0)
    with TemporaryDirectory() as place:
        (Path(place) / "noise").mkdir()
        for number, side in enumerate(np.resize([2, 4, 8, 16, 32, 64], FOREIGN)):
            pixels = random.integers(0, 256, (side, side, 3), np.uint8)
            Image.fromarray(pixels).resize((224, 224), Image.Resampling.BICUBIC).save(
                Path(place) / "noise" / f"{number}.png"
            )
        return described(Path(place), FOREIGN)


def drawn(labels: Values, count: int, draw: int) -> Values:
    """Draw this many pictures per class."""
    random = np.random.default_rng(draw)
    return np.concatenate(
        [random.permutation(np.flatnonzero(labels == label))[:count] for label in np.unique(labels)]
    )


def spread_out(pictures: Pictures) -> Pictures:
    """Take at most this many, evenly spread."""
    return pictures.at(np.unique(np.linspace(0, len(pictures.labels) - 1, FOREIGN).astype(int)))


def without_pets(pictures: Pictures) -> Pictures:
    """Leave out cats and dogs."""
    kept = [number for number, name in enumerate(pictures.names) if name not in PETS]
    return pictures.at(np.flatnonzero(np.isin(pictures.labels, kept)))


def measure(
    train: Pictures, test: Pictures, foreign: dict[str, Pictures], row: dict[str, Any]
) -> list[dict[str, Any]]:
    """Evaluate all heads, and all scores with the first head."""
    head = fit_head(train.values, train.blocks, train.labels, train.classes)
    rows = [{**row, "head": name, "accuracy": accuracy(name, head, train, test)} for name in HEADS]
    if head.out_of_fold is None or np.bincount(train.labels).min() < FOLDS:
        return rows
    temperature = fit_temperature(head.out_of_fold, train.labels)
    head = Head(
        head.weights / temperature,
        head.bias / temperature,
        head.blocks,
        head.penalty,
        head.out_of_fold / temperature,
        None,
    )
    for name in SCORES:
        score, threshold = judge(
            name, head, train.read(head.blocks), train.labels, train.columns(head.blocks)
        )
        ours = score(*seen(head, test))
        for other, pictures in foreign.items():
            theirs = score(*seen(head, pictures))
            truth = np.repeat([1, 0], [len(ours), len(theirs)])
            rows.append(
                {
                    **row,
                    "foreign": other,
                    "score": name,
                    "auroc": float(roc_auc_score(truth, np.concatenate([ours, theirs]))),
                    "rejected": float((ours < threshold).mean()),
                    "accepted": float((theirs >= threshold).mean()),
                }
            )
    return rows


def accuracy(name: str, head: Head, train: Pictures, test: Pictures) -> float:
    """Return the accuracy of a head on the test pictures."""
    if name == "chosen":
        found = seen(head, test)[1].argmax(axis=1)
    elif name.startswith("plain"):
        plain = make_pipeline(
            StandardScaler(), LogisticRegression(C=0.01 if "0.01" in name else 1, max_iter=1_000)
        )
        found = plain.fit(train.read((LAST,)), train.labels).predict(test.read((LAST,)))
    else:
        names = tuple(train.blocks)[{"last": -1, "two": -2, "all": 0}[name] :]
        weights, bias = fixed(names, train)
        found = (test.read(names) @ weights.T + bias).argmax(axis=1)
    return float((found == test.labels).mean())


def fixed(names: tuple[str, ...], train: Pictures) -> tuple[Values, Values]:
    """Fit a head with the default penalty to some blocks."""
    space = scale_blocks(train.values, [train.blocks[name] for name in names])
    zeros = Coefficients(
        np.zeros((space.coordinates.shape[1], train.classes), np.float32), np.zeros(train.classes, np.float32)
    )
    counted = np.ones(len(train.labels), np.float32)
    return space.fold(
        fit_logistic(
            space.coordinates,
            train.labels,
            counted,
            DEFAULT_PENALTY,
            start=zeros,
            spectrum=space.spectrum,
            tolerance=1e-3,
        )
    )


def seen(head: Head, pictures: Pictures) -> tuple[Values, Values]:
    """Return the input of the head, and its logits."""
    features = pictures.read(head.blocks)
    return features, features @ head.weights.T + head.bias


def report(rows: list[dict[str, Any]]) -> str:
    """Format the results as Markdown."""
    lines = [
        "# Heads on pretrained features",
        "",
        "Written by `benchmarks/learned_features.py`, which describes heads, scores and method. All figures",
        "are in percent, and means over the draws.",
        "",
        "## Accuracy on test pictures",
        "",
        *accuracies([row for row in rows if "head" in row]),
        "",
        "## Detection of unknown classes",
        "",
        "Each cell: AUROC; in parentheses, at the threshold that should reject 5 % of the known ones, the",
        "shares of known test pictures rejected and of unknown pictures accepted.",
        "",
        *detections([row for row in rows if "score" in row]),
    ]
    return "\n".join(lines) + "\n"


def accuracies(rows: list[dict[str, Any]]) -> list[str]:
    """Format the accuracy of all heads."""
    settings = list(dict.fromkeys((row["data"], row["of_each_class"]) for row in rows))
    table = np.array(
        [
            [mean(rows, "accuracy", data=data, of_each_class=count, head=head) for head in HEADS]
            for data, count in settings
        ]
    )
    keys = [*(f"{data} | {count}" for data, count in settings), "mean | "]
    return [
        f"| data | of each class | {' | '.join(HEADS)} |",
        f"|{'---|' * (len(HEADS) + 2)}",
        *(
            f"| {key} | {' | '.join(f'{value:.1f}' for value in values)} |"
            for key, values in zip(keys, [*table, table.mean(axis=0)], strict=True)
        ),
    ]


def detections(rows: list[dict[str, Any]]) -> list[str]:
    """Format how well each score separates known from unknown."""
    pairs = list(dict.fromkeys((row["data"], row["of_each_class"], row["foreign"]) for row in rows))
    figures = ("auroc", "rejected", "accepted")
    table = np.array(
        [
            [
                [
                    mean(rows, key, data=data, of_each_class=count, foreign=other, score=score)
                    for key in figures
                ]
                for score in SCORES
            ]
            for data, count, other in pairs
        ]
    )
    keys = [*(" | ".join(map(str, pair)) for pair in pairs), "mean | | "]
    return [
        f"| known | of each class | unknown | {' | '.join(SCORES)} |",
        f"|{'---|' * (len(SCORES) + 3)}",
        *(
            f"| {key} | {' | '.join(map(cell, values))} |"
            for key, values in zip(keys, [*table, table.mean(axis=0)], strict=True)
        ),
    ]


def mean(rows: list[dict[str, Any]], key: str, **where: object) -> float:
    """Average one metric over the draws, in percent."""
    return 100 * float(
        np.mean([row[key] for row in rows if all(row[name] == value for name, value in where.items())])
    )


def cell(values: Values) -> str:
    """Format AUROC and the errors at the threshold."""
    return f"{values[0]:.1f} ({values[1]:.0f}, {values[2]:.0f})"


if __name__ == "__main__":
    main()
