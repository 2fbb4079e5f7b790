"""`convscope losses`: why networks are trained with cross-entropy."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from convscope.commands.output_option import say_written, write_text
from convscope.common.percent import percent
from convscope.errors import SettingError


def losses(
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Write a page (.html), a figure (.png) or the numbers (.json).",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="Random seed of the initial weights and the order of the pictures.")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show why classifiers are trained with cross-entropy rather than squared error.

    First, three losses are computed for the predictions of two networks, a common textbook example. Then
    one network is trained on the built-in digits with both losses, each from a normal and a confidently
    wrong start.
    """
    if output is not None and output.suffix.lower() not in _WRITERS:
        raise SettingError(
            f"the name {output} does not say what to write",
            remedy=f"choose a name that ends in {', '.join(_WRITERS)}",
        )

    from convscope.commands import process_tuning

    process_tuning.tune()

    from convscope.training.listeners.terminal import Terminal

    with Terminal(sys.stderr, task="training the same network from four starts"):
        from convscope.training.losses.experiment import bench

        result = bench(seed)
    if output is not None:
        _WRITERS[output.suffix.lower()](result, output, as_json)
    if as_json:
        typer.echo(_json(result))
    else:
        _print_table(result["table"])
        _print_experiment(result["experiment"])


def _json(result: dict[str, Any]) -> str:
    return json.dumps(result, indent=2, allow_nan=False)


def _write_page(result: dict[str, Any], path: Path, as_json: bool) -> None:  # noqa: FBT001 - see _WRITERS
    from convscope.walkthrough.page import losses_page

    write_text(path, losses_page(result), to_stderr=as_json)


def _write_json(result: dict[str, Any], path: Path, as_json: bool) -> None:  # noqa: FBT001 - see _WRITERS
    write_text(path, _json(result), to_stderr=as_json)


def _write_figure(result: dict[str, Any], path: Path, as_json: bool) -> None:  # noqa: FBT001 - see _WRITERS
    from convscope.training.losses.figure import loss_figure
    from convscope.training.report.figures import write

    write(loss_figure(result["experiment"]), path)
    say_written(path, to_stderr=as_json)


_WRITERS = {".html": _write_page, ".png": _write_figure, ".json": _write_json}

_LOSSES = {
    "cross_entropy": "cross-entropy",
    "squared_error": "squared error",
    "classification_error": "classification error",
}


def _print_table(result: dict[str, Any]) -> None:
    from convscope.commands.tables import stdout_console, table

    first, second = result["classes"]
    answers = table(
        ["network", "picture", "truth"],
        [first, second, *_LOSSES.values(), "gradient:\ncross-entropy", "gradient:\nsquared error"],
    )
    for network in result["networks"]:
        for number, picture in enumerate(network["pictures"], start=1):
            truth = picture["truth"]
            gradients = [picture["gradients"][loss][truth] for loss in ("cross_entropy", "squared_error")]
            answers.add_row(
                network["name"],
                str(number),
                result["classes"][truth],
                *(f"{probability:.1f}" for probability in picture["probabilities"]),
                *(f"{picture[loss]:.4f}" for loss in _LOSSES),
                *(f"{gradient:.4f}" for gradient in gradients),
            )
        means = (f"{network[loss]:.4f}" for loss in _LOSSES)
        answers.add_row(network["name"], "mean", "", "", "", *means, end_section=True)
    console = stdout_console()
    console.print(answers)
    console.print("Gradients are with respect to the logit of the true class.\n")


def _print_experiment(result: dict[str, Any]) -> None:
    from convscope.commands.tables import stdout_console, table

    runs = table(
        ["start", "loss"], ["first gradient", "accuracy after\none eighth", "after half", "at the end"]
    )
    for run in result["runs"]:
        last = len(run["steps"]) - 1
        accuracies = [run["accuracy_fraction"][index] for index in (last // 8, last // 2, last)]
        runs.add_row(
            run["start"].replace("_", " "),
            _LOSSES[run["loss"]],
            f"{run['gradient'][0]:.2g}",
            *map(percent, accuracies),
        )
    console = stdout_console()
    console.print(
        f"{result['network']} is trained on {result['training_pictures']:,} pictures of {result['data']} for "
        f"{result['epochs']} epochs, by gradient descent with learning rate {result['learning_rate']};\n"
        f"accuracy is measured on {result['test_pictures']:,} other pictures\n"
    )
    console.print(runs)
    console.print(f"\n{result['seconds']:.0f} seconds")
