"""Speed of computing features: convscope, ONNX Runtime and OpenVINO with the same graph.

The graph is that of EfficientNet-Lite0 at 224x224, with the means of all maps that a head may read.
Contenders take turns (`turns.py`) on preprocessed pictures of noise in memory; the table gives medians.
OpenVINO takes part twice: by default it computes in bfloat16 if the processor can; the fair comparison is
with float32. With an empty cache, every call opens the network again, which a training does once. Run it with

    pip install . openvino        # contenders that are not installed are left out
    python benchmarks/features.py

It writes docs/benchmarks/features.md and .json.
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

from machine import describe, sentence
from turns import Entry, rates

DOCS = Path(__file__).parent.parent / "docs" / "benchmarks"
BATCHES = (1, 8, 64, 256)
CONTENDERS = {
    "convscope": Entry("feature_extractors", "convscope"),
    "convscope, with an empty cache": Entry("feature_extractors", "convscope-cache"),
    "ONNX Runtime": Entry("feature_extractors", "onnxruntime"),
    "OpenVINO, float32": Entry("feature_extractors", "openvino-f32"),
    "OpenVINO, default": Entry("feature_extractors", "openvino"),
}


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--output", type=Path, default=DOCS / "features")
    arguments = parser.parse_args()
    report: dict[str, Any] = {"machine": describe(), "rounds": arguments.rounds, "rates": {}}
    for batch in BATCHES:
        found = rates(CONTENDERS, "lite0", "3x224x224", batch, arguments.rounds)
        medians = {contender: statistics.median(turns) for contender, turns in found.items()}
        report["rates"][str(batch)] = medians
        print(batch, {contender: round(rate) for contender, rate in medians.items()}, flush=True)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.with_suffix(".json").write_text(json.dumps(report, indent=2) + "\n")
    arguments.output.with_suffix(".md").write_text(table(report))


def table(report: dict[str, Any]) -> str:
    """Format the results as Markdown."""
    lines = [
        "# Features",
        "",
        "Written by `benchmarks/features.py`, which describes the method. Medians of",
        f"{report['rounds']} rounds.",
        sentence(report["machine"]),
        "",
        "Pictures per second, by how many are given at once:",
        "",
        f"| | {' | '.join(CONTENDERS)} |",
        f"|{'---|' * (len(CONTENDERS) + 1)}",
        *(
            f"| {batch} | {' | '.join(f'{found[n]:,.0f}' if n in found else 'missing' for n in CONTENDERS)} |"
            for batch, found in report["rates"].items()
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
