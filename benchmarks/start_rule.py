"""Whether the rule decides correctly between pretrained features and a network from scratch.

For each data set some pictures of each class are drawn, with a fixed seed. The rule (`choose_start`, which
`convscope train`, the estimator and the doctor share) decides from these alone. Then both starts are trained
on them with their defaults, except for a time limit of the network from scratch. Both are evaluated on the
same test pictures. The rule is correct if the chosen start has the higher accuracy, or an equal one within
the standard error of the difference. Run it with

    python benchmarks/start_rule.py digits=PATH:10,50,all catsdogs=PATH:10,50,200

where PATH has the folders train and test, each with class folders, and the numbers are pictures of each
class. It writes docs/benchmarks/start_rule.md and .json. Existing rows are kept, unless they are measured
again.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import convscope
from convscope.classifier import Classifier
from convscope.pictures.sources import open_source
from convscope.pictures.survey import survey
from convscope.training.events import Note
from convscope.training.runs import learned_run
from convscope.training.runs.decision import choose_start
from convscope.training.settings import Settings
from convscope.training.start.gain import Gain
from convscope.training.start.learning import learned_model
from machine import describe, sentence

DOCS = Path(__file__).parent.parent / "docs" / "benchmarks"


def main() -> None:
    """Measure every data set with every number of pictures and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", nargs="+", metavar="NAME=PATH:N,N")
    parser.add_argument(
        "--test", type=int, default=500, help="test pictures at most, of each class its share"
    )
    parser.add_argument("--minutes", type=float, default=5, help="time limit from scratch")
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    parser.add_argument("--output", type=Path, default=DOCS / "start_rule")
    arguments = parser.parse_args()
    rows = read_rows(arguments.output.with_suffix(".json"))
    for text in arguments.data:
        name, _, rest = text.partition("=")
        path, _, numbers = rest.rpartition(":")
        for number in numbers.split(","):
            with TemporaryDirectory() as folder:
                link(Path(path), Path(folder), number, arguments.test, arguments.seed)
                row = measure(Path(folder), arguments.seed, arguments.minutes)
            rows[name, number] = {
                "data": name,
                "of_each_class": number,
                "load": os.getloadavg()[0],
                **row,
            }
            print(json.dumps(rows[name, number]), flush=True)
            report = {"machine": describe(), "seed": arguments.seed, "rows": [*rows.values()]}
            arguments.output.with_suffix(".json").write_text(json.dumps(report, indent=1) + "\n")
            arguments.output.with_suffix(".md").write_text(table(report))


def read_rows(path: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the rows of an earlier measurement, by data set and number of pictures."""
    rows = json.loads(path.read_text())["rows"] if path.is_file() else []
    return {(row["data"], row["of_each_class"]): row for row in rows}


def link(source: Path, target: Path, number: str, most_tests: int, seed: int) -> None:
    """Draw pictures of each class into the folders train and test."""
    for part in ("train", "test"):
        classes = sorted(path for path in (source / part).iterdir() if path.is_dir())
        for folder in classes:
            files = sorted(folder.iterdir())
            count = most_tests // len(classes) if part == "test" else int(number.replace("all", "1000000"))
            (target / part / folder.name).mkdir(parents=True)
            for path in random.Random(seed).sample(files, min(count, len(files))):  # noqa: S311  # no secret
                (target / part / folder.name / path.name).symlink_to(path.resolve())


def measure(folder: Path, seed: int, minutes: float) -> dict[str, Any]:
    """Let the rule decide, and train both ways."""
    notes: list[str] = []
    source = open_source(folder)
    begin = time.perf_counter()
    chosen, head = choose_start(source, Settings(seed=seed), survey(source), listeners=[_collect(notes)])
    decision_seconds = time.perf_counter() - begin
    tests = sorted((folder / "test").glob("*/*"))
    head = head or learned_run.learn(source, Settings(start="lite0", seed=seed), None, [])
    learned = recognised(Classifier(learned_model(head.backbone, head.head, head.data.kept.store)), tests)
    begin = time.perf_counter()
    from_scratch = convscope.train(folder, start="scratch", minutes=minutes, seed=seed, progress=False)
    scratch_seconds = time.perf_counter() - begin
    scratch = recognised(from_scratch, tests)
    gain = Gain(*(learned, scratch) if chosen == "lite0" else (scratch, learned))
    return {
        "pictures": sum(1 for _ in (folder / "train").glob("*/*")),
        "test_pictures": len(tests),
        "chosen": chosen,
        "found": [note for note in notes if "held-out" in note or "cross-validation" in note],
        "decision_seconds": decision_seconds,
        "learned": float(learned.mean()),
        "scratch": float(scratch.mean()),
        "scratch_seconds": scratch_seconds,
        "is_right": not gain.pays,
    }


def _collect(notes: list[str]) -> Any:  # noqa: ANN401  # a listener
    return lambda event: notes.append(event.text) if isinstance(event, Note) else None


def recognised(classifier: Classifier, tests: list[Path]) -> Any:  # noqa: ANN401  # an array
    """Return which test pictures are classified correctly."""
    answers = classifier.predict([str(path) for path in tests])
    return np.array([answer.label == path.parent.name for answer, path in zip(answers, tests, strict=True)])


def table(report: dict[str, Any]) -> str:
    """Format the results as Markdown."""
    lines = [
        "# Pretrained features or from scratch",
        "",
        "Written by `benchmarks/start_rule.py`, which describes the method. Accuracies are of test pictures.",
        "A difference within its standard error counts as right either way. Cats, dogs and some flowers are",
        "among the 1,000 classes that the backbone was trained on: a favourable case.",
        "",
        sentence(report["machine"]),
        "",
        "Other programs were running: the load is the mean number of runnable processes in the last",
        f"minute. Seconds are those from scratch. Seed {report['seed']}.",
        "",
        "| pictures | per class | tests | chosen | pretrained features | scratch | seconds | load | choice |",
        "|---|---|---|---|---|---|---|---|---|",
        *(row_line(row) for row in report["rows"]),
    ]
    return "\n".join(lines) + "\n"


def row_line(row: dict[str, Any]) -> str:
    """Format one row."""
    cells = [
        row["data"],
        row["of_each_class"],
        f"{row['test_pictures']:,}",
        {"lite0": "pretrained features", "scratch": "from scratch"}[row["chosen"]],
        f"{100 * row['learned']:.1f} %",
        f"{100 * row['scratch']:.1f} %",
        f"{row['scratch_seconds']:.0f}",
        f"{row['load']:.0f}",
        "right" if row["is_right"] else "wrong",
    ]
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    main()
