"""Draw README's chart: pictures per second in training, from the results of benchmarks/training_step.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from convscope.common.palette import BLUE, GREY, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HERE = Path(__file__).parent
REST = "#c4c4c4"
KINDS = {
    "training_step": "with fast bfloat16",
    "training_step_float32": "in float32",
    "training_step_avx2": "in float32 with AVX2 only, as in most laptops",
}
"""The results for each row of panels."""


def main() -> None:
    """Draw a row of panels per kind of processor, a panel per network, a bar per contender."""
    files = {kind: HERE.parent / "benchmarks" / f"{name}.json" for name, kind in KINDS.items()}
    reports = {kind: json.loads(file.read_text()) for kind, file in files.items() if file.exists()}
    heights = [3 + max(map(len, map(bars_of, report["networks"].values()))) for report in reports.values()]
    figure = Figure(figsize=(13, 0.25 * sum(heights)), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    rows = figure.subfigures(len(reports), 1, squeeze=False, height_ratios=heights)[:, 0]
    for row, (kind, report) in zip(rows, reports.items(), strict=True):
        about = (
            f"{report['machine']['processor']}, {report['machine']['cores']} cores, batch {report['batch']}"
        )
        row.suptitle(
            f"Training {kind}: pictures per second ({about})", x=0.01, ha="left", color=INK, fontsize=10
        )
        panels: list[Axes] = list(row.subplots(1, len(report["networks"]), sharey=True, squeeze=False).flat)
        for axes, network in zip(panels, report["networks"].values(), strict=True):
            draw(axes, network)
    figure.savefig(HERE / "speed.png", dpi=110)


def bars_of(network: dict[str, Any]) -> dict[str, float]:
    """Return the pictures per second of all contenders."""
    return {name: rate for name, rate in network["pictures_per_second"].items() if "product" not in name}


def draw(axes: Axes, network: dict[str, Any]) -> None:
    """Draw one network's bars, each with its number."""
    rates = bars_of(network)
    bars = axes.barh(
        list(rates), list(rates.values()), color=[BLUE if "convscope" in name else REST for name in rates]
    )
    axes.bar_label(bars, [f"{rate:,.0f}" for rate in rates.values()], padding=4, color=INK, fontsize=7)
    axes.set_title(f"{network['notation']}\n{network['input']}", loc="left", color=GREY, fontsize=7)
    axes.set_ylim(len(rates) - 0.5, -0.5)
    axes.set_xlim(0, 1.25 * max(rates.values()))
    axes.tick_params(left=False, bottom=False, labelbottom=False, labelcolor=INK, labelsize=7)
    axes.spines[:].set_visible(False)


if __name__ == "__main__":
    main()
