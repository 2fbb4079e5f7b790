"""Calibration of a model's probabilities, before and after temperature scaling.

Each model predicts the test pictures of its data set. The table gives the expected calibration error with 15
bins of equal width: |accuracy - mean confidence| of each bin, averaged over pictures. It is never 0, because
a bin's accuracy is estimated from few pictures; so the table also gives the mean error of a perfectly
calibrated model, simulated 200 times. The temperature is fitted on the validation pictures; its uncertainty,
in percent, comes from 200 bootstrap samples of them. The last column is the error at the temperature that
fits the test pictures best, which cannot be known in advance; no single temperature is much better. Run it
with a name, a model and its data for each row:

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
    "training": "{train:,}",
    "validation": "{validation:,}",
    "test": "{test:,}",
    "accuracy, %": "{accuracy:.2f}",
    "temperature": "{temperature:.3f} ± {uncertain:.0f} %",
    "ECE before, %": "{before:.2f}",
    "ECE after, %": "{after:.2f}",
    "ECE of a perfect model, %": "{perfect:.2f}",
    "ECE at the best temperature, %": "{best:.2f}",
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
    """Evaluate one model."""
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
    """Format the results as Markdown."""
    lines = [
        "# Calibration",
        "",
        "Written by `benchmarks/calibration.py`, which explains the columns.",
        sentence(report["machine"]),
        "",
        f"| {' | '.join(COLUMNS)} |",
        f"|{'---|' * len(COLUMNS)}",
        *(f"| {' | '.join(COLUMNS.values())} |".format(**row) for row in report["rows"]),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
