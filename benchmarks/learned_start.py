"""Training on few photos: `convscope train --start lite0` compared with a plain script on the same features.

Each training is a complete process with an empty cache: imports, reading the pictures, features, head,
report. The training photos are drawn again for every seed, the same for both programs, which run one after
the other. Both are then evaluated on the same test photos, which are not timed. The plain script is
`contenders/plain_features.py`: ONNX Runtime, one view, scikit-learn's logistic regression with C = 0.01 on
standardised features. convscope's modules are compiled beforehand, as in an installation by pip. Run it with

    python benchmarks/learned_start.py catsdogs=PATH:10,100,1000 flowers=PATH:10,32

where PATH has the folders train and test, each with class folders, and the numbers are photos of each class.
It writes docs/benchmarks/learned_start.md and .json.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import joblib
import numpy as np
import onnx

import convscope
from contenders import plain_features
from convscope.classifier import load
from convscope.model.graph import build_step_graph
from convscope.training.start.backbone import load_backbone
from machine import describe, sentence

DOCS = Path(__file__).parent.parent / "docs" / "benchmarks"
PLAIN = Path(plain_features.__file__)


def main() -> None:
    """Measure every data set with every number of photos and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", nargs="+", metavar="NAME=PATH:N,N")
    parser.add_argument("--draws", type=int, default=5, help="of the smaller numbers; the largest has one")
    parser.add_argument("--test", type=int, default=1_000, help="test photos, evenly spread")
    parser.add_argument("--output", type=Path, default=DOCS / "learned_start")
    arguments = parser.parse_args()
    compile_modules()
    rows: list[dict[str, Any]] = []
    with TemporaryDirectory() as folder:
        graph = write_backbone(Path(folder))
        for text in arguments.data:
            name, _, rest = text.partition("=")
            path, _, numbers = rest.rpartition(":")
            counts = [int(number) for number in numbers.split(",")]
            for count in counts:
                draws = 1 if count == max(counts) else arguments.draws
                row = measure(Path(path), count, range(draws), graph, arguments.test)
                rows.append({"data": name, "photos_per_class": count, **row})
                print(json.dumps(rows[-1]), flush=True)
                report = {"machine": describe(), "rows": rows}
                arguments.output.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")
                arguments.output.with_suffix(".md").write_text(table(report))


def compile_modules() -> None:
    """Compile convscope's modules, as pip does, because those of a checkout may not be."""
    compileall.compile_dir(Path(convscope.__file__).parent, quiet=1)


def write_backbone(folder: Path) -> Path:
    """Write the backbone as an ONNX graph from pixels to the means of its last maps."""
    backbone = load_backbone("lite0")
    design = backbone.design
    chain = design.chain(backbone.preparation.shape)
    graph = build_step_graph(chain, [chain.features.name], design.mean, design.std, backbone.weights)
    onnx.save(graph, folder / "backbone.onnx")
    return folder / "backbone.onnx"


def measure(data: Path, count: int, draws: range, graph: Path, most_tests: int) -> dict[str, Any]:
    """Train both on each draw."""
    tests = sorted(path for path in (data / "test").glob("*/*") if path.is_file())
    places = np.linspace(0, len(tests) - 1, min(most_tests, len(tests))).astype(int)
    chosen = [tests[place] for place in places.tolist()]
    results: dict[str, list[float]] = {
        key: [] for key in ("accuracy", "seconds", "plain_accuracy", "plain_seconds")
    }
    for draw in draws:
        with TemporaryDirectory() as folder:
            place = Path(folder)
            link(data / "train", place / "photos" / "train", count, draw)
            link(data / "test", place / "photos" / "test", 1, draw)
            seconds, accuracy = ours(place, chosen)
            plain_seconds, plain_accuracy = plain(place, chosen, graph)
        measured = accuracy, seconds, plain_accuracy, plain_seconds
        for values, value in zip(results.values(), measured, strict=True):
            values.append(value)
    return {"test_photos": len(chosen), **results}


def link(source: Path, target: Path, count: int, draw: int) -> None:
    """Draw photos of each class. One of each is given as a test photo, so that no others are held out."""
    for folder in sorted(path for path in source.iterdir() if path.is_dir()):
        files = sorted(folder.iterdir())
        (target / folder.name).mkdir(parents=True)
        for path in random.Random(draw).sample(files, min(count, len(files))):  # noqa: S311  # no secret
            (target / folder.name / path.name).symlink_to(path.resolve())


def ours(place: Path, tests: list[Path], *options: str) -> tuple[float, float]:
    """Train with convscope; return the seconds and the accuracy."""
    command = ["-m", "convscope", "train", str(place / "photos"), "--start", "lite0", "--quiet", *options]
    run, cache = (str(place / "-".join([name, *options])) for name in ("run", "cache"))
    seconds = timed([*command, "-o", run], {"CONVSCOPE_CACHE": cache})
    answers = load(run).predict([str(path) for path in tests])
    return seconds, accuracy_of([answer.label for answer in answers], tests)


def plain(place: Path, tests: list[Path], graph: Path) -> tuple[float, float]:
    """Run the plain script; return the seconds and the accuracy."""
    output = place / "plain.joblib"
    seconds = timed([str(PLAIN), str(graph), str(place / "photos" / "train"), str(output)], {})
    head = joblib.load(output)
    return seconds, accuracy_of(head.predict(plain_features.features(str(graph), tests)), tests)


def timed(command: list[str], environment: dict[str, str]) -> float:
    """Run a complete Python process; return the seconds."""
    environment = {**os.environ, **environment, "PYTHONDONTWRITEBYTECODE": ""}
    start = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, env=environment)
    return time.perf_counter() - start


def accuracy_of(labels: Any, tests: list[Path]) -> float:  # noqa: ANN401  # a list or an array
    """Return the accuracy on the test photos."""
    return float(np.mean([label == path.parent.name for label, path in zip(labels, tests, strict=True)]))


def table(report: dict[str, Any]) -> str:
    """Format the results as Markdown."""
    lines = [
        "# Training on few photos",
        "",
        "Written by `benchmarks/learned_start.py`, which describes the method. Means over the draws; in",
        "parentheses the lowest and the highest. Cats, dogs and some flowers are among the 1,000 classes",
        "that the backbone was trained on: a favourable case.",
        "",
        sentence(report["machine"]),
        "",
        "| photos | of each class | draws | test photos | accuracy | plain script | seconds | plain script |",
        "|---|---|---|---|---|---|---|---|",
        *(row_line(row) for row in report["rows"]),
    ]
    return "\n".join(lines) + "\n"


def row_line(row: dict[str, Any]) -> str:
    """Format one row."""
    shares = (spread([100 * share for share in row[key]], " %") for key in ("accuracy", "plain_accuracy"))
    return line(row, *shares, spread(row["seconds"]), spread(row["plain_seconds"]))


def line(row: dict[str, Any], *measured: str) -> str:
    """Format the training photos and the measurements."""
    photos = (row["data"], row["photos_per_class"], len(row["accuracy"]), f"{row['test_photos']:,}")
    return f"| {' | '.join(map(str, (*photos, *measured)))} |"


def spread(values: list[float], unit: str = "") -> str:
    """Format mean, minimum and maximum."""
    mean = f"{statistics.mean(values):.1f}{unit}"
    return mean if len(values) == 1 else f"{mean} ({min(values):.1f} to {max(values):.1f})"


if __name__ == "__main__":
    main()
