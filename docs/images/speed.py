"""Draw README's chart: pictures a second in a training step, from what benchmarks/training_step.py wrote."""

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


def main() -> None:
    """Draw a panel a network, a bar a contender."""
    report = json.loads((HERE.parent / "benchmarks" / "training_step.json").read_text())
    networks, machine = report["networks"], report["machine"]
    figure = Figure(figsize=(10, 5.4), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    panels: list[Axes] = list(figure.subplots(2, 2, sharey=True).flat)
    for axes, network in zip(panels, networks.values(), strict=True):
        draw(axes, network)
    about = f"{machine['processor']}, {machine['cores']} cores, batch {report['batch']}"
    figure.suptitle(f"Training: pictures a second ({about})", x=0.01, ha="left", color=INK, fontsize=11)
    figure.savefig(HERE / "speed.png", dpi=110)


def draw(axes: Axes, network: dict[str, Any]) -> None:
    """Draw one network's bars, each with its figure."""
    rates = {name: rate for name, rate in network["pictures_per_second"].items() if "product" not in name}
    bars = axes.barh(
        list(rates), list(rates.values()), color=[BLUE if "convscope" in name else REST for name in rates]
    )
    axes.bar_label(bars, [f"{rate:,.0f}" for rate in rates.values()], padding=4, color=INK, fontsize=8)
    axes.set_title(f"{network['notation']} on {network['input']}", loc="left", color=GREY, fontsize=9)
    axes.set_ylim(len(rates) - 0.5, -0.5)
    axes.set_xlim(0, 1.15 * max(rates.values()))
    axes.tick_params(left=False, bottom=False, labelbottom=False, labelcolor=INK, labelsize=8)
    axes.spines[:].set_visible(False)


if __name__ == "__main__":
    main()
