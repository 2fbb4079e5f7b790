"""`convscope filter`: what a filter makes of a picture."""

from typing import Annotated

import typer

from convscope.commands.output_option import Form, Output, save_or_open, settled
from convscope.errors import SettingError


def filter_(
    picture: Annotated[str, typer.Argument(help="The picture's file; it is read as grey.")],
    *,
    kernel: Annotated[
        str | None,
        typer.Option(
            metavar="FILTER",
            help="A name, or rows of numbers: '0 -1 0 / -1 5 -1 / 0 -1 0'.",
            show_default=False,
        ),
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="Several by name: blur,sharpen,sobel-x.", show_default=False),
    ] = None,
    stride: Annotated[int, typer.Option(min=1, help="How far the filter moves.")] = 1,
    padding: Annotated[
        int | None,
        typer.Option(min=0, help="Zeros around the picture.", show_default="what keeps its size"),
    ] = None,
    output: Output = None,
    form: Form = None,
) -> None:
    """Show what a filter makes of a picture, sum by sum.

    Filters with a name: identity, sharpen, blur, emboss, edge-enhance, outline, sobel-x, sobel-y.
    """
    from convscope.walkthrough.explanation import Explanation
    from convscope.walkthrough.filtering import filter_picture
    from convscope.walkthrough.named_filters import KERNELS
    from convscope.walkthrough.named_filters import kernel as read

    form = settled(output, form)
    names = [name.strip() for name in compare.split(",")] if compare else []
    chosen = ([kernel] if kernel else []) + names
    if not chosen:
        raise SettingError(
            "there is no filter to slide over the picture",
            remedy=f"say --kernel {next(iter(KERNELS))}, for example",
        )
    walk = filter_picture(
        picture,
        {name: read(name) for name in chosen},
        stride=(stride, stride),
        padding=None if padding is None else (padding, padding),
    )
    save_or_open(Explanation(walk), output, form)
