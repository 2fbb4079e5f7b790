"""Detection of pictures of unknown classes by eight scores.

For each experiment, `convscope train` trains a small network on some classes with its own recipe. Then test
pictures of these classes and other pictures are scored; a good score is higher for the known ones. AUROC is
the probability that a known picture scores higher than an unknown one. The threshold is chosen on the
validation pictures so that 5 % of them are rejected; the table gives how many known test pictures it rejects
and how many unknown ones it accepts. Nothing is tuned on unknown pictures: each score has the setting of its
paper, except ViM, which is as in models.

    probability   the largest probability, the usual baseline (Hendrycks and Gimpel, 2017)
    logit         the largest logit (Hendrycks et al., 2022)
    energy        ln of the sum of exp(logit) (Liu et al., 2020)
    ReAct         energy, with the features cut off at their 90th percentile (Sun et al., 2021)
    class mean    cosine of the features with the nearest class mean
    Mahalanobis   squared distance to the nearest class mean, scaled by the covariance (Lee et al., 2018)
    neighbour     cosine with the 10th nearest of at most 2,000 training pictures (Sun et al., 2022)
    ViM           energy minus the scaled length outside the principal subspace (Wang et al., 2022)

Run it with the folders of the data sets (see `--help`); models are kept in WORK and reused. It writes
docs/benchmarks/unknown.md and .json.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.special import logsumexp, softmax
from sklearn.metrics import roc_auc_score

from convscope.model import virtual_logit
from convscope.model.file import Model, load
from convscope.model.intermediate import Intermediate
from convscope.pictures.preparation import Preparation, prepare
from convscope.pictures.sources import open_source
from convscope.pictures.split import split
from convscope.pictures.store_building import build_store

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Values = NDArray[np.float64]
    Score = Callable[["Described"], Values]

DOCS = Path(__file__).parent.parent / "docs" / "benchmarks"
HELD_OUT = ("frog", "horse", "ship", "truck")
"""The classes of CIFAR-10 that the network is not trained on."""
MOST_FOREIGN = 2_000
NEIGHBOURS, BANK = 10, 2_000
LEARNED = 2_000
"""Numbers of training and validation pictures that `convscope train` uses for the rule."""
REJECTED = 0.05


class Described(NamedTuple):
    """Features and logits of some pictures.

    Attributes:
        features: (n, inputs), the input of the output layer.
        logits: (n, classes), divided by the temperature.
    """

    features: Values
    logits: Values


class Known(NamedTuple):
    """A model, and features and logits of its training and validation pictures.

    Attributes:
        model: The model.
        train: Features and logits of its training pictures.
        labels: Their classes.
        validation: Features and logits of its validation pictures.
    """

    model: Model
    train: Described
    labels: NDArray[np.int64]
    validation: Described


def probability(_known: Known) -> Score:
    """Return the largest probability."""
    return lambda one: softmax(one.logits, axis=1).max(axis=1)


def logit(_known: Known) -> Score:
    """Return the largest logit."""
    return lambda one: one.logits.max(axis=1)


def energy(_known: Known) -> Score:
    """Return ln of the sum of exp(logit)."""
    return lambda one: logsumexp(one.logits, axis=1)


def react(known: Known) -> Score:
    """Return the energy of the logits of clipped features."""
    most = np.quantile(known.train.features, 0.9)
    weight, bias = (known.model.weights[name] for name in known.model.chain.output.parameters)
    temperature = known.model.temperature
    return lambda one: logsumexp((np.minimum(one.features, most) @ weight.T + bias) / temperature, axis=1)


def class_mean(known: Known) -> Score:
    """Return the cosine with the nearest class mean of normalised features."""
    means = unit(class_means(unit(known.train.features), known.labels))
    return lambda one: (unit(one.features) @ means.T).max(axis=1)


def mahalanobis(known: Known) -> Score:
    """Return minus the squared Mahalanobis distance to the nearest class mean, by within-class covariance."""
    means = class_means(known.train.features, known.labels)
    spread = np.cov(known.train.features - means[known.labels], rowvar=False)
    ridge = 1e-6 * np.trace(spread) / len(spread) * np.eye(len(spread))
    whiten = np.linalg.cholesky(np.linalg.inv(spread + ridge))

    def score(one: Described) -> Values:
        distances = [((one.features - mean) @ whiten) ** 2 for mean in means]
        return -np.min([squares.sum(axis=1) for squares in distances], axis=0)

    return score


def neighbour(known: Known) -> Score:
    """Return the cosine with the 10th nearest training picture."""
    bank = unit(spread_out(known.train.features, BANK))
    return lambda one: np.sort(unit(one.features) @ bank.T, axis=1)[:, -NEIGHBOURS]


def vim(known: Known) -> Score:
    """Return the score of models from `convscope train`, see `convscope.model.virtual_logit`."""
    weight, bias = (known.model.weights[name] for name in known.model.chain.output.parameters)
    temperature = known.model.temperature
    train, validation = (spread_out(one.features, LEARNED) for one in (known.train, known.validation))
    rule = virtual_logit.fit(train, validation, weight / temperature, bias / temperature)
    if rule is None:
        raise ValueError("there are too few pictures")
    return lambda one: rule.score(one.features, one.logits)


SCORES = {
    "probability": probability,
    "logit": logit,
    "energy": energy,
    "ReAct": react,
    "class mean": class_mean,
    "Mahalanobis": mahalanobis,
    "neighbour": neighbour,
    "ViM": vim,
}


def unit(rows: Values) -> Values:
    """Normalise every row to length 1."""
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def class_means(rows: Values, labels: NDArray[np.int64]) -> Values:
    """Average the rows of each class."""
    return np.stack([rows[labels == label].mean(axis=0) for label in np.unique(labels)])


def spread_out(rows: np.ndarray, most: int) -> np.ndarray:
    """Take at most this many rows, evenly spread."""
    return rows[:: -(-len(rows) // most)]


def main() -> None:
    """Train missing models, measure every pair and write the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("mnist", "fashion-mnist", "cifar10", "catsdogs", "flowers"):
        parser.add_argument(f"--{name}", type=Path, required=True, metavar="DATA")
    parser.add_argument("work", type=Path)
    parser.add_argument("--output", type=Path, default=DOCS / "unknown")
    data = {name.replace("_", "-"): path for name, path in vars(parser.parse_args()).items()}
    work, output = data.pop("work"), data.pop("output")
    data["cifar10 in part"] = without(data["cifar10"], HELD_OUT, work / "data" / "in-part", ("train", "test"))
    data["cifar10, the rest"] = without(
        data["cifar10"], present(data["cifar10 in part"]), work / "data" / "rest"
    )
    data["cifar10, no pets"] = without(data["cifar10"], ("cat", "dog"), work / "data" / "no-pets")
    rows: list[dict[str, Any]] = []
    for name, (settings, foreign) in EXPERIMENTS.items():
        model = trained(data[name], settings, work / name.replace(" ", "-"))
        rows += measure(name, model, data[name], {other: data.get(other) for other in foreign})
        output.with_suffix(".json").write_text(json.dumps(rows, indent=1) + "\n")
        output.with_suffix(".md").write_text(report(rows))


SMALL = ["--network", "16C3-MP2-32C3-MP2-64C3-MP2"]
EXPERIMENTS: dict[str, tuple[list[str], list[str]]] = {
    "mnist": ([*SMALL, "--epochs", "2"], ["fashion-mnist", "cifar10", "noise"]),
    "fashion-mnist": ([*SMALL, "--epochs", "3"], ["mnist", "cifar10", "noise"]),
    "catsdogs": (
        ["--network", "16C3-MP2-32C3-MP2-64C3-MP2-64C3-MP2", "--size", "48", "--epochs", "20"],
        ["cifar10, no pets", "flowers", "noise"],
    ),
    "cifar10 in part": (
        ["--network", "32C3-MP2-64C3-MP2-64C3-MP2", "--epochs", "4"],
        ["cifar10, the rest", "flowers", "noise"],
    ),
}
"""Known classes: how the network is trained, and its unknown data."""


def present(folder: Path) -> tuple[str, ...]:
    """List the classes of a folder."""
    return tuple(sorted(path.name for path in (folder / "train").iterdir()))


def without(folder: Path, classes: tuple[str, ...], place: Path, parts: tuple[str, ...] = ("test",)) -> Path:
    """Create a folder with links to all class folders of another one except some."""
    for part in parts:
        (place / part).mkdir(parents=True, exist_ok=True)
        for path in (folder / part).iterdir():
            link = place / part / path.name
            if path.name not in classes and not link.exists():
                link.symlink_to(path.absolute())
    return place


def trained(data: Path, settings: list[str], run: Path) -> Model:
    """Train a network on its data, unless that was done before."""
    if not (run / "model.safetensors").exists():
        command = [
            sys.executable,
            "-m",
            "convscope",
            "train",
            str(data),
            *settings,
            "-o",
            str(run),
            "--quiet",
        ]
        subprocess.run(command, check=True, env=os.environ)
    return load(run / "model.safetensors")


def measure(name: str, model: Model, data: Path, foreign: dict[str, Path | None]) -> list[dict[str, Any]]:
    """Compute all scores of known and unknown pictures."""
    store = build_store(open_source(data), model.preparation)
    parts = split(store)
    learned = spread_out(parts.train, 10_000)
    train, validation, test = (
        describe(model, store.pictures[part]) for part in (learned, parts.validation, parts.test)
    )
    known = Known(model, train, store.labels[learned], validation)
    others = {
        other: describe(
            model, noise(model.preparation) if path is None else test_pictures(path, model.preparation)
        )
        for other, path in foreign.items()
    }
    rows: list[dict[str, Any]] = []
    for title, make in SCORES.items():
        score = make(known)
        threshold, scores = np.quantile(score(validation), REJECTED), score(test)
        for other, described in others.items():
            theirs = score(described)
            truth = np.repeat([1, 0], [len(scores), len(theirs)])
            rows.append(
                {
                    "known": name,
                    "foreign": other,
                    "score": title,
                    "auroc": float(roc_auc_score(truth, np.concatenate([scores, theirs]))),
                    "known_rejected_fraction": float((scores < threshold).mean()),
                    "foreign_accepted_fraction": float((theirs >= threshold).mean()),
                    "known_pictures": len(scores),
                    "foreign_pictures": len(theirs),
                }
            )
            print(f"{name:16} {other:18} {title:12} {rows[-1]['auroc']:.4f}", flush=True)
    return rows


def describe(model: Model, pictures: NDArray[np.uint8]) -> Described:
    """Compute features and logits of prepared pictures."""
    hidden, output = model.chain.features.name, model.chain.output.name
    values = Intermediate(model, [hidden, output]).values(pictures)
    return Described(values[hidden].astype(np.float64), values[output] / np.float64(model.temperature))


def test_pictures(data: Path, preparation: Preparation) -> NDArray[np.uint8]:
    """Prepare test pictures of some data, with any classes."""
    store = build_store(open_source(data), preparation)
    places = np.array([place for place, part in enumerate(store.parts) if part == "test"])
    return store.pictures[spread_out(places, MOST_FOREIGN)]


def noise(preparation: Preparation) -> NDArray[np.uint8]:
    """Create noise, from coarse to fine."""
    random = np.random.default_rng(0)
    sides = np.resize([2, 4, 8, 16, 32, 64], MOST_FOREIGN)
    return np.stack(
        [
            prepare(random.integers(0, 256, (side, side, preparation.channels), np.uint8), preparation)
            for side in sides
        ]
    )


def report(rows: list[dict[str, Any]]) -> str:
    """Format AUROC and the error at the threshold as Markdown."""
    pairs = list(dict.fromkeys((row["known"], row["foreign"]) for row in rows))
    found = {(row["known"], row["foreign"], row["score"]): row for row in rows}
    lines = [
        "# Detection of unknown classes by eight scores",
        "",
        "Written by `benchmarks/unknown.py`, which explains the scores and the method. Each cell:",
        "AUROC in percent; in parentheses, at the threshold that rejects 5 % of the validation pictures, the",
        "shares of known test pictures rejected and of unknown pictures accepted, in percent.",
        "",
        f"| known | unknown | {' | '.join(SCORES)} |",
        f"|{'---|' * (len(SCORES) + 2)}",
    ]
    for known, foreign in pairs:
        cells = [cell(found[known, foreign, score]) for score in SCORES]
        lines.append(f"| {known} | {foreign} | {' | '.join(cells)} |")
    means = [np.mean([found[*pair, score]["auroc"] for pair in pairs]) for score in SCORES]
    lines.append(f"| mean AUROC | | {' | '.join(f'{100 * mean:.1f}' for mean in means)} |")
    return "\n".join(lines) + "\n"


def cell(row: dict[str, Any]) -> str:
    """Format one measurement."""
    known, foreign = row["known_rejected_fraction"], row["foreign_accepted_fraction"]
    return f"{100 * row['auroc']:.1f} ({100 * known:.0f}, {100 * foreign:.0f})"


if __name__ == "__main__":
    main()
