"""Draw README's chart of accuracy over minutes, from the results of benchmarks/accuracy_after_minutes.py."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sklearn.isotonic import isotonic_regression

from convscope.common.palette import BLUE, GREY, INK

HERE = Path(__file__).parent
REST = "#9a9a9a"
NEAREST = 2.6
"""Smallest distance between two labels, in points of accuracy."""


def main() -> None:
    """Draw a line for each program, with its name at the end."""
    report = json.loads((HERE.parent / "benchmarks" / "accuracy_after_minutes.json").read_text())
    programs = {
        name: [(float(minutes), 100 * share) for minutes, share in shares.items() if share is not None]
        for name, shares in report["accuracy"].items()
    }
    figure = Figure(figsize=(9, 4.2), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    ends = spread({name: points[-1][1] for name, points in programs.items() if points})
    for name, points in programs.items():
        colour, style = BLUE if "convscope" in name else REST, "-" if "pretrained" in name else "--"
        if points:
            axes.plot(*zip(*points, strict=True), marker="o", markersize=5, color=colour, linestyle=style)
            last = points[-1]
            axes.annotate(
                f"{name}: {last[1]:.1f} %",
                (last[0], ends[name]),
                (10, 0),
                textcoords="offset points",
                va="center",
                color=INK if colour == BLUE else GREY,
                fontsize=8,
            )
    minutes = [float(text) for text in next(iter(report["accuracy"].values()))]
    axes.set_xlim(0, 1.75 * max(minutes))
    axes.set_xticks(minutes, [f"{one:g} min" for one in minutes])
    axes.set_ylabel("test accuracy, %", color=GREY, fontsize=8)
    axes.tick_params(colors=GREY, labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(REST)
    machine = report["machine"]
    axes.set_title(
        f"{report['training_photos']:,} photos of cats and dogs: accuracy after minutes of training "
        f"({machine['processor']}, {machine['cores']} cores)",
        loc="left",
        color=INK,
        fontsize=10,
    )
    figure.savefig(HERE / "minutes.png", dpi=110)


def spread(heights: dict[str, float]) -> dict[str, float]:
    """Move overlapping labels apart, as little as possible: a least squares problem with ordered results."""
    names = sorted(heights, key=heights.__getitem__)
    steps = NEAREST * np.arange(len(names))
    places = isotonic_regression([heights[name] for name in names] - steps) + steps
    return dict(zip(names, places.tolist(), strict=True))


if __name__ == "__main__":
    main()
