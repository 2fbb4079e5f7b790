"""The base class of commands: it suggests options by their names in other programs, and formats flags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand

from convscope.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterator

_OTHER_NAMES = {
    "--allow-origin": ("--allow-origins", "--cors", "--cors-origin", "--cors-origins"),
    "--augmentation": ("--aug", "--augment"),
    "--batch-size": ("--batch", "--bs"),
    "--device": ("--accelerator", "--cuda", "--gpu", "--gpus"),
    "--ema": ("--averaging", "--model-ema", "--moving-average"),
    "--epochs": ("--epoch", "--max-epochs", "--n-epochs", "--num-epochs"),
    "--flip": ("--fliplr", "--hflip", "--horizontal-flip", "--mirror"),
    "--host": ("--addr", "--address", "--bind"),
    "--label-smoothing": ("--smoothing",),
    "--learning-rate": ("--lr", "--lr0"),
    "--licence": ("--license",),
    "--minutes": ("--max-time", "--time"),
    "--network": ("--arch", "--architecture", "--backbone", "--model"),
    "--output": ("--name", "--out", "--out-dir", "--output-dir", "--project", "--save", "--save-dir"),
    "--part": ("--set", "--split", "--subset"),
    "--precision": ("--amp", "--bf16", "--dtype", "--fp16", "--half"),
    "--quantise": ("--int8", "--quantize"),
    "--seed": ("--random-seed", "--random-state"),
    "--size": ("--image-size", "--img-size", "--imgsz", "--input-size", "--resize", "--resolution"),
    "--token-file": ("--api-key", "--auth", "--token"),
    "--top": ("--top-k", "--topk"),
}
_ARGUMENTS = {
    "data": ("--data", "--dataset", "--train-dir"),
    "model": ("--checkpoint", "--ckpt", "--model", "--weights"),
    "pictures": ("--image", "--images", "--input", "--source"),
}


class Command(TyperCommand):
    """A command that knows the names of its options in other programs. Typer itself handles misspellings."""

    def __init__(self, *args: Any, **settings: Any) -> None:  # noqa: ANN401 - Typer's own
        super().__init__(*args, **settings)
        for parameter in self.params:
            if getattr(parameter, "is_flag", False):
                parameter.metavar = ""  # Typer would write `--json <bool>`, as if it took a value

    def get_help_option(self, ctx: Any) -> Any:  # noqa: ANN401
        """Return the option --help, shown without a value, too."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.metavar = ""
        return option

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - Typer's own type is private
        """Parse the command line; refuse options named as in other programs.

        Raises:
            SettingError: There is such an option; the message names the right one.
        """
        options = {name for parameter in self.params for name in parameter.opts if name.startswith("--")}
        arguments = {parameter.name for parameter in self.params if not parameter.opts[0].startswith("-")}
        for name in _option_names(args):
            if name not in options:
                self._suggest(name, options, arguments)
        return super().parse_args(ctx, args)

    def _suggest(self, name: str, options: set[str], arguments: set[str]) -> None:
        for option, others in _OTHER_NAMES.items():
            if name in others and option in options:
                raise SettingError(f"there is no option {name}", remedy=f"use {option}")
        for argument, others in _ARGUMENTS.items():
            if name in others and argument in arguments:
                raise SettingError(
                    f"there is no option {name}",
                    why=f"{argument.upper()} is an argument, not an option",
                    remedy=f"leave out {name} and write its value alone; see convscope {self.name} --help",
                )


def _option_names(args: list[str]) -> Iterator[str]:
    for word in args:
        if word == "--":
            return
        if word.startswith("--"):
            yield word.partition("=")[0]
