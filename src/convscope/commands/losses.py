"""`convscope losses`: why networks learn from cross-entropy."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

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
        int, typer.Option(min=0, help="Of the network's first weights and the pictures' order.")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show why networks learn from cross-entropy and not from mean squared error.

    Two networks of many a course are judged by three errors. Then the same network learns the built-in digits
    from either loss, from a normal and from a confidently wrong start.
    """
    if output is not None and output.suffix.lower() not in _WRITERS:
        raise SettingError(
            f"cannot tell from the name {output} what to write",
            remedy=f"choose a name that ends in {', '.join(_WRITERS)}",
        )

    from convscope.commands import process_tuning

    process_tuning.tune()

    from convscope.training.losses.experiment import bench

    found = bench(seed)
    if output is not None:
        _WRITERS[output.suffix.lower()](found, output)
    if as_json:
        typer.echo(_json(found))
    else:
        _print_table(found["table"])
        _print_experiment(found["experiment"])


def _json(found: dict[str, Any]) -> str:
    return json.dumps(found, indent=2, allow_nan=False)


def _write_page(found: dict[str, Any], path: Path) -> None:
    from convscope.walkthrough.page import losses_page

    _write(losses_page(found), path)


def _write_json(found: dict[str, Any], path: Path) -> None:
    _write(_json(found), path)


def _write_figure(found: dict[str, Any], path: Path) -> None:
    from convscope.training.losses.figure import loss_figure
    from convscope.training.report.figures import write

    write(loss_figure(found["experiment"]), path)


def _write(text: str, path: Path) -> None:
    from convscope.common.atomic import replacing

    with replacing(path) as file:
        file.write(text.encode())


_WRITERS = {".html": _write_page, ".png": _write_figure, ".json": _write_json}

_LOSSES = {
    "cross_entropy": "cross-entropy",
    "mean_squared_error": "mean squared error",
    "classification_error": "classification error",
}


def _print_table(found: dict[str, Any]) -> None:
    from convscope.commands.tables import out, table

    first, second = found["classes"]
    answers = table(
        ["network", "picture", "truth"],
        [first, second, *_LOSSES.values(), "gradient:\ncross-entropy", "gradient: mean\nsquared error"],
    )
    for network in found["networks"]:
        for place, picture in enumerate(network["pictures"], start=1):
            truth = picture["truth"]
            gradients = [
                picture["gradients"][loss][truth] for loss in ("cross_entropy", "mean_squared_error")
            ]
            answers.add_row(
                network["name"],
                str(place),
                found["classes"][truth],
                *(f"{share:.1f}" for share in picture["probabilities"]),
                *(f"{picture[loss]:.4f}" for loss in _LOSSES),
                *(f"{gradient:.4f}" for gradient in gradients),
            )
        answers.add_row(
            network["name"],
            "mean",
            "",
            "",
            "",
            *(f"{network[loss]:.4f}" for loss in _LOSSES),
            end_section=True,
        )
    console = out()
    console.print(answers)
    console.print("Gradients are those at the true class's logit.\n")


def _print_experiment(found: dict[str, Any]) -> None:
    from convscope.commands.tables import out, table

    runs = table(
        ["start", "learns from"], ["first gradient", "accuracy after\nan eighth", "after half", "at the end"]
    )
    for run in found["runs"]:
        last = len(run["steps"]) - 1
        accuracies = [run["accuracy_fraction"][place] for place in (last // 8, last // 2, last)]
        runs.add_row(
            run["start"].replace("_", " "),
            _LOSSES[run["loss"]],
            f"{run['gradient'][0]:.2g}",
            *(f"{100 * accuracy:.1f} %" for accuracy in accuracies),
        )
    console = out()
    console.print(
        f"{found['network']} learns from {found['pictures_learned']:,} pictures of {found['data']} for "
        f"{found['epochs']} epochs, by gradient descent with rate {found['learning_rate']};\n"
        f"accuracy is that on {found['pictures_judged']:,} others\n"
    )
    console.print(runs)
    console.print(f"\n{found['seconds']:.0f} seconds")
