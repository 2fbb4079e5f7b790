"""The experiment with two losses as a figure: accuracy and gradient over the steps, by initialisation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import PercentFormatter

from convscope.common.palette import BLUE, GREY, INK, ORANGE_RED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LOOKS = {
    "cross_entropy": ("cross-entropy", BLUE, "-"),
    "squared_error": ("squared error", ORANGE_RED, "--"),
}
_STARTS = {"normal": "from a normal start", "confidently_wrong": "from a confidently wrong start"}


def loss_figure(experiment: dict[str, Any]) -> Figure:
    """Draw the `experiment` part of `experiment.bench`, one column per initialisation."""
    layout = ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.08)
    figure = Figure(figsize=(8, 5.6), layout=layout, facecolor="white")
    panels = figure.subplots(2, len(_STARTS), sharex=True, sharey="row")
    for column, (start, title) in enumerate(_STARTS.items()):
        accuracy, gradient = panels[0, column], panels[1, column]
        for run in experiment["runs"]:
            if run["start"] == start:
                _curve(accuracy, run, "accuracy_fraction")
                _curve(gradient, run, "gradient")
        accuracy.set_title(title, loc="left", color=INK, fontsize=11)
        accuracy.set_ylim(0, 1)
        accuracy.yaxis.set_major_formatter(PercentFormatter(xmax=1, symbol=" %"))
        gradient.set_yscale("log")
        gradient.set_xlabel("step", color=GREY)
    panels[0, 0].set_ylabel("accuracy", color=GREY)
    panels[1, 0].set_ylabel("gradient at the logits", color=GREY)
    panels[0, 0].legend(frameon=False, labelcolor="linecolor", loc="lower right")
    for axes in panels.flat:
        axes.grid(axis="y", color="#e5e5e5", linewidth=0.8)
        axes.tick_params(colors=GREY, length=0, which="both")
        axes.spines[:].set_visible(False)
    return figure


def _curve(axes: Axes, run: dict[str, Any], what: str) -> None:
    name, colour, line = _LOOKS[run["loss"]]
    axes.plot(run["steps"], run[what], color=colour, linestyle=line, linewidth=1.6, label=name)
