"""From a folder of picture files to a trained network, end to end, compared with PyTorch and Keras.

All train the same network on the training part of the same folder, with batch size 128, as complete
processes: imports, decoding, resizing and training. convscope preprocesses all pictures once before the first
epoch, including test pictures, and evaluates the model after the last, which is not part of the time to the
last epoch. Its cache is empty. The contenders take turns; the table gives medians. Run it with

    pip install . tensorflow-cpu keras            # contenders that are not installed are left out
    python benchmarks/folder_to_trained.py cifar10=PATH catsdogs=PATH

where PATH is a folder train/CLASS/PICTURE. It writes docs/benchmarks/folder_to_trained.md and .json. Existing
runs on the same data are replaced, all others are kept.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from machine import describe, sentence
from process_tree import observe

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs" / "benchmarks"
NETWORK = "32C3-MP2-32C3-MP2-128N"
CONTENDERS = {
    "convscope": "",
    "PyTorch, DataLoader with 2 workers": "folder_torch.py",
    "Keras on TensorFlow": "folder_keras.py",
}


def main() -> None:
    """Measure every folder and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", nargs="+", metavar="NAME=PATH")
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=DOCS / "folder_to_trained")
    arguments = parser.parse_args()
    file = arguments.output.with_suffix(".json")
    runs: list[dict[str, Any]] = json.loads(file.read_text())["runs"] if file.exists() else []
    asked = {"side": arguments.side, "epochs": arguments.epochs}
    for name, _, path in (text.partition("=") for text in arguments.data):
        runs = [run for run in runs if run["data"] != name]
        pictures = sum(file.is_file() for file in Path(path, "train").rglob("*"))
        for contender, script in list(CONTENDERS.items()) * arguments.rounds:
            if script and not runs_here(script):
                continue
            found = measure(script, path, arguments.side, arguments.epochs)
            print(name, contender, found, flush=True)
            runs.append({"data": name, "pictures": pictures, "contender": contender, **asked, **found})
    report = {"machine": describe(), "network": NETWORK, "runs": runs}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(report, indent=2) + "\n")
    file.with_suffix(".md").write_text(table(report))


def runs_here(script: str) -> bool:
    """Whether a contender's packages can be imported."""
    library = script.removeprefix("folder_").removesuffix(".py")
    command = [sys.executable, "-c", f"import {library}"]
    return not subprocess.run(command, check=False, capture_output=True).returncode


def measure(script: str, path: str, side: int, epochs: int) -> dict[str, Any]:
    """Train once; return the seconds to the end of each epoch and the peak memory."""
    with TemporaryDirectory() as folder:
        environment = {**os.environ, "CONVSCOPE_CACHE": f"{folder}/cache", "KERAS_BACKEND": "tensorflow"}
        command = [sys.executable, str(HERE / "contenders" / script), path, str(side), NETWORK, str(epochs)]
        if not script:
            said = {
                "-o": f"{folder}/run",
                "--network": NETWORK,
                "--size": side,
                "--epochs": epochs,
                "--batch-size": 128,
            }
            options = [str(word) for option in said.items() for word in option]
            command = [sys.executable, "-m", "convscope", "train", path, *options]
        seen = observe(command, environment)
    ends = [seconds for seconds, line in seen.lines if line.startswith("epoch ")]
    return {"epoch_ends_seconds": ends, "peak_mebibytes": seen.peak_mebibytes}


def table(report: dict[str, Any]) -> str:
    """Format the results as Markdown."""
    machine, runs = report["machine"], report["runs"]
    pairs = dict.fromkeys((run["data"], run["contender"]) for run in runs)
    lines = [
        "# From a folder to a trained network",
        "",
        "Written by `benchmarks/folder_to_trained.py`, which describes the method:",
        f"`{report['network']}`, medians of the given number of runs. The first epoch is timed from the",
        "start of the process; memory is that of all its processes, without mapped files.",
        "",
        sentence(machine),
        "",
        "| data | | first epoch | later epochs | pictures/s in later epochs | total | peak memory | runs |",
        "|---|---|---|---|---|---|---|---|",
        *(row(*pair, [run for run in runs if (run["data"], run["contender"]) == pair]) for pair in pairs),
    ]
    return "\n".join(lines) + "\n"


def row(name: str, contender: str, runs: list[dict[str, Any]]) -> str:
    """Format the runs of a contender as a line of the table."""
    one, ends = runs[0], [run["epoch_ends_seconds"] for run in runs]
    first, last = (statistics.median(end[place] for end in ends) for place in (0, -1))
    later = statistics.median((end[-1] - end[0]) / (len(end) - 1) for end in ends)
    cells = [
        f"{name}, {one['pictures']:,} pictures, at {one['side']}x{one['side']}",
        contender,
        f"{first:.1f} s",
        f"{later:.1f} s",
        f"{one['pictures'] / later:,.0f}",
        f"{last:.1f} s ({one['epochs']} epochs)",
        f"{statistics.median(run['peak_mebibytes'] for run in runs):,.0f} MiB",
        str(len(runs)),
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
