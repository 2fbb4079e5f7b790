"""`convscope filter`: apply filters to a picture."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from convscope.commands.output_option import Form, Output, check_output, save_or_open, say_written
from convscope.errors import SettingError

if TYPE_CHECKING:
    from convscope.walkthrough.document import Walk

_PICTURES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")


def filter_(
    picture: Annotated[str, typer.Argument(help="Picture file; converted to greyscale.")],
    *,
    kernel: Annotated[
        str | None,
        typer.Option(
            metavar="FILTER",
            help="Name of a filter, or its rows: '0 -1 0 / -1 5 -1 / 0 -1 0'.",
            show_default=False,
        ),
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES", help="Several filters, as in blur,sharpen,sobel-x.", show_default=False
        ),
    ] = None,
    stride: Annotated[int, typer.Option(min=1, help="Stride of the filter, in pixels.")] = 1,
    padding: Annotated[
        int | None,
        typer.Option(min=0, help="Zero padding around the picture.", show_default="keeps the size"),
    ] = None,
    output: Output = None,
    form: Form = None,
) -> None:
    """Apply a filter to a picture and show the arithmetic of every number.

    If FILE is a picture (.png, .jpg, ...), the filtered picture is written; with .html an interactive page,
    and with .pdf or --format png a figure.

    Named filters: identity, sharpen, blur, emboss, edge-enhance, outline, sobel-x, sobel-y.
    """
    names = [name.strip() for name in compare.split(",")] if compare else []
    chosen = ([kernel] if kernel else []) + names
    if not chosen:
        raise SettingError("the filter is missing", remedy="add --kernel sharpen, for example")
    is_picture = (
        form is None and output is not None and output.suffix.lower() in _PICTURES and len(chosen) == 1
    )
    if not is_picture:
        form = check_output(output, form)

    from convscope.walkthrough.explanation import Explanation
    from convscope.walkthrough.filtering import filter_picture
    from convscope.walkthrough.named_filters import parse_filter

    walk = filter_picture(
        picture,
        {name: parse_filter(name) for name in chosen},
        stride=(stride, stride),
        padding=None if padding is None else (padding, padding),
    )
    if is_picture and output is not None:
        _save_picture(walk, output)
        say_written(output)
    else:
        save_or_open(Explanation(walk), output, form)


def _save_picture(walk: "Walk", path: Path) -> None:
    """Write the first feature map as a greyscale picture; values outside 0 to 255 become 0 or 255."""
    import numpy as np
    from PIL import Image

    from convscope.common.atomic import replacing
    from convscope.walkthrough.document import ConvolutionStep

    convolution = next(step for step in walk.steps if isinstance(step, ConvolutionStep))
    values = np.clip(np.rint(convolution.output.values()[0]), 0, 255).astype(np.uint8)
    with replacing(path) as file:
        Image.fromarray(values).save(file, Image.registered_extensions()[path.suffix.lower()])
