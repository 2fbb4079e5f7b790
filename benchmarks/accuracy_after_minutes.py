"""Accuracy after 1, 3 and 6 minutes: convscope compared with fastai, Keras and PyTorch, on the same photos.

Each program gets the same folder and runs with its defaults: convscope with `--minutes`, fastai with as many
epochs as fit, Keras with the network of TensorFlow's tutorial, PyTorch with the same network and a DataLoader
of two workers. Some start from pretrained features, the others from scratch. The time is that of the complete
process, including imports and with empty caches, without predicting the test photos. A program that ends
earlier is evaluated at its end. The contenders are `contenders/minutes_*.py`; fastai runs in its own
environment (see `fine_tune.py`). Run it with

    pip install . tensorflow-cpu keras
    python benchmarks/accuracy_after_minutes.py PATH --fastai fastai/bin/python

where PATH has the folders train and test, each with class folders. It writes
docs/benchmarks/accuracy_after_minutes.md and .json; `docs/images/minutes.py` draws them. Programs and times
that are not run again (`--only`, `--minutes`) keep their results.

`--minutes` only limits convscope's training; for imports, decoding, evaluation and figures it gets 20 seconds
less.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from convscope.classifier import load
from learned_start import accuracy_of
from machine import describe, sentence

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs" / "benchmarks"
MINUTES_BESIDE_TRAINING = 1 / 3
NAMES = {
    "ours lite0": "convscope, pretrained features",
    "fastai lite0": "fastai, pretrained features",
    "ours scratch": "convscope, from scratch",
    "fastai scratch": "fastai, from scratch",
    "keras": "Keras, from scratch",
    "torch": "PyTorch, DataLoader with 2 workers, from scratch",
}


def main() -> None:
    """Measure every program and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--fastai", type=Path, required=True, help="an interpreter that has fastai")
    parser.add_argument("--minutes", type=float, nargs="+", default=[1, 3, 6])
    parser.add_argument("--test", type=int, default=1_000, help="test photos at most, evenly spread")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=[*NAMES])
    parser.add_argument("--output", type=Path, default=DOCS / "accuracy_after_minutes")
    arguments = parser.parse_args()
    tests = sorted(path for path in (arguments.data / "test").glob("*/*") if path.is_file())
    places = np.linspace(0, len(tests) - 1, min(arguments.test, len(tests))).astype(int)
    chosen = [tests[place] for place in places.tolist()]
    photos = sum(path.is_file() for path in (arguments.data / "train").glob("*/*"))
    file = arguments.output.with_suffix(".json")
    programs: dict[str, Any] = json.loads(file.read_text())["accuracy"] if file.exists() else {}
    for key in arguments.only:
        found = measure(key, arguments.data, chosen, arguments.minutes, arguments.fastai)
        shares = programs.setdefault(NAMES[key], {})
        shares |= {f"{minutes:g}": share for minutes, share in found.items()}
        print(NAMES[key], found, flush=True)
        report = {
            "machine": describe(),
            "data": arguments.data.name,
            "training_photos": photos,
            "test_photos": len(chosen),
            "accuracy": programs,
        }
        file.write_text(json.dumps(report, indent=2) + "\n")
        arguments.output.with_suffix(".md").write_text(table(report))


def measure(
    key: str, data: Path, tests: list[Path], minutes: list[float], fastai: Path
) -> dict[float, float | None]:
    """Return the accuracy after each number of minutes; None if there was no result yet."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        listed = place / "tests.txt"
        listed.write_text("\n".join(map(str, tests)))
        if key.startswith("ours"):
            return {mark: ours(data, place / f"{mark:g}", key.split()[1], mark, tests) for mark in minutes}
        marks = [f"{mark:g}" for mark in minutes]
        given = [str(data.resolve()), str(listed), str(place)]
        if key.startswith("fastai"):
            for mark in marks:
                # -E: PYTHONPATH is only meant for this interpreter
                run([str(fastai), "-E", contender("fastai"), *given, key.split()[1], mark])
        else:
            run([sys.executable, contender(key), *given, *marks])
        return {mark: judged(place / f"{mark:g}.txt", tests) for mark in minutes}


def ours(data: Path, place: Path, start: str, minutes: float, tests: list[Path]) -> float:
    """Train with convscope for some minutes."""
    place.mkdir()
    (place / "photos").mkdir()
    (place / "photos" / "train").symlink_to((data / "train").resolve())
    limit = f"{minutes - MINUTES_BESIDE_TRAINING:.2f}"
    options = ["--start", start, "--minutes", limit, "--quiet", "-o", str(place / "run")]
    begin = time.perf_counter()
    run(
        [sys.executable, "-m", "convscope", "train", str(place / "photos" / "train"), *options],
        CONVSCOPE_CACHE=str(place / "cache"),
    )
    print(f"  {start}, {minutes:g} minutes: {time.perf_counter() - begin:.0f} s", flush=True)
    answers = load(place / "run").predict([str(path) for path in tests])
    return accuracy_of([answer.label for answer in answers], tests)


def contender(name: str) -> str:
    """Return the path of a contender's program."""
    return str(HERE / "contenders" / f"minutes_{name}.py")


def run(command: list[str], **environment: str) -> None:
    """Run a program to its end."""
    subprocess.run(command, check=True, env=os.environ | {"KERAS_BACKEND": "tensorflow"} | environment)


def judged(answers: Path, tests: list[Path]) -> float | None:
    """Return the accuracy of a contender's predictions, if it wrote any."""
    return accuracy_of(answers.read_text().splitlines(), tests) if answers.exists() else None


def table(report: dict[str, Any]) -> str:
    """Format the results as Markdown."""
    programs = report["accuracy"]
    marks = sorted({mark for shares in programs.values() for mark in shares}, key=float)
    lines = [
        "# Accuracy after some minutes",
        "",
        "Written by `benchmarks/accuracy_after_minutes.py`, which describes the method:",
        f"{report['training_photos']:,} training and {report['test_photos']:,} test photos",
        f"of {report['data']}, one run of each program. Cats and dogs are among the 1,000 classes that the",
        "pretrained backbone was trained on, which favours programs that start from it.",
        "",
        sentence(report["machine"]),
        "",
        "| | " + " | ".join(f"after {mark} min" for mark in marks) + " |",
        "|---" * (len(marks) + 1) + "|",
        *(
            " | ".join([f"| {name}", *(cell(shares, mark) for mark in marks)]) + " |"
            for name, shares in programs.items()
        ),
        "",
        "A dash: the first epoch had not finished. An empty cell: not measured.",
    ]
    return "\n".join(lines) + "\n"


def cell(shares: dict[str, float | None], mark: str) -> str:
    """Format an accuracy as a percentage; it is empty if it was not measured."""
    if mark not in shares:
        return ""
    share = shares[mark]
    return "–" if share is None else f"{100 * share:.1f} %"


if __name__ == "__main__":
    main()
