"""How far a model's probabilities are from how often it is right, before and after its temperature.

Each model is asked about the test pictures of its data. Given is the expected calibration error, of 15 bins
of equal width: |share that is right - mean probability|, averaged over pictures. It is never 0, because a
bin's share is counted on few pictures; so beside it stands what a perfect model would show on average, whose
every answer is right with just the probability it says, drawn 200 times. The temperature comes from the
validation pictures alone; how uncertain it is, in percent, tell 200 samples of these, drawn with repetition.
Last comes the error at the temperature that would suit the test pictures best, which nobody can know
beforehand: no choice of one temperature can do much better. Run it with a name, a model and its data for each
row, as in

    python benchmarks/calibration.py --model catsdogs runs/pets/model.safetensors data/catsdogs

It writes docs/benchmarks/calibration.md and .json.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from convscope.classifier import load
from convscope.model.calibration import fit_temperature, reliability, tempered
from convscope.pictures.sources import open_source
from convscope.pictures.split import split
from convscope.pictures.store_building import build_store
from machine import describe, sentence

DOCS = Path(__file__).parent.parent / "docs" / "benchmarks"
DRAWS = 200
COLUMNS = {
    "model": "{name}",
    "learned from": "{train:,}",
    "temperature from": "{validation:,}",
    "tested with": "{test:,}",
    "accuracy, %": "{accuracy:.2f}",
    "temperature": "{temperature:.3f} ± {uncertain:.0f} %",
    "error before, %": "{before:.2f}",
    "error, %": "{after:.2f}",
    "a perfect model, %": "{perfect:.2f}",
    "best temperature, %": "{best:.2f}",
}


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--model", nargs=3, action="append", required=True, metavar=("NAME", "MODEL", "DATA"), dest="models"
    )
    parser.add_argument("--output", type=Path, default=DOCS / "calibration")
    arguments = parser.parse_args()
    rows = [measure(*one) for one in arguments.models]
    report = {"machine": describe(), "rows": rows}
    arguments.output.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")
    arguments.output.with_suffix(".md").write_text(table(report))
    print(table(report))


def measure(name: str, path: str, data: str) -> dict[str, Any]:
    """Judge one model."""
    classifier = load(path)
    store = build_store(open_source(data), classifier.model.preparation)
    parts = split(store)
    validation, test = (
        classifier.predictor.logits(store.pictures[part]) for part in (parts.validation, parts.test)
    )
    watched, truth = store.labels[parts.validation], store.labels[parts.test]
    temperature, random = classifier.model.temperature, np.random.default_rng(0)
    samples = random.integers(0, len(watched), (DRAWS, len(watched)))
    drawn = [fit_temperature(validation[sample], watched[sample]) for sample in samples]
    confidence = tempered(test, temperature).max(axis=1)
    perfect = [reliability(confidence, random.random(len(truth)) < confidence).error for _ in range(DRAWS)]
    return {
        "name": name,
        "train": len(parts.train),
        "validation": len(watched),
        "test": len(truth),
        "accuracy": 100 * float((test.argmax(axis=1) == truth).mean()),
        "temperature": temperature,
        "uncertain": 100 * float(np.std(np.log(drawn))),
        "before": error(test, truth, 1.0),
        "after": error(test, truth, temperature),
        "perfect": 100 * float(np.mean(perfect)),
        "best": error(test, truth, fit_temperature(test, truth)),
    }


def error(logits: np.ndarray, truth: np.ndarray, temperature: float) -> float:
    """Compute the expected calibration error in percent."""
    probabilities = tempered(logits, temperature)
    return 100 * reliability(probabilities.max(axis=1), probabilities.argmax(axis=1) == truth).error


def table(report: dict[str, Any]) -> str:
    """Lay the results out as Markdown."""
    lines = [
        "# How far probabilities can be trusted",
        "",
        "Written by `benchmarks/calibration.py`, which says what the columns mean.",
        sentence(report["machine"]),
        "",
        f"| {' | '.join(COLUMNS)} |",
        f"|{'---|' * len(COLUMNS)}",
        *(f"| {' | '.join(COLUMNS.values())} |".format(**row) for row in report["rows"]),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
