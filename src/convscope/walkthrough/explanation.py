"""An explanation of a picture, for display in a notebook or saving to a file."""

from __future__ import annotations

import html
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from convscope.common.atomic import replacing
from convscope.errors import SettingError
from convscope.walkthrough.page import page
from convscope.walkthrough.walk import walk

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from convscope.model.file import Model
    from convscope.model.inputs import Picture
    from convscope.pictures.sources import Data
    from convscope.walkthrough.document import Walk

Format = Literal["html", "json", "png", "pdf"]

FORMATS: tuple[Format, ...] = ("html", "json", "png", "pdf")
_NOTEBOOK_HEIGHT = 900


class Explanation:
    """The computation of a model for a picture.

    Args:
        walk: The document with all its numbers.
    """

    def __init__(self, walk: Walk) -> None:
        self.walk = walk

    def save(self, path: str | os.PathLike[str], form: Format | None = None) -> None:
        """Write a page (.html), the numbers (.json) or a figure for a paper or a slide (.png, .pdf).

        Args:
            path: The file to write; its folder must exist.
            form: The format; None: by the extension of the file name.

        Raises:
            SettingError: The extension is unknown.
            ConvscopeError: The file cannot be written.
        """
        path = Path(path)
        form = form or format_of(path)
        with replacing(path) as file:
            match form:
                case "html":
                    file.write(self.to_html().encode())
                case "json":
                    file.write(self.to_json().encode())
                case "png" | "pdf":
                    # importing Matplotlib takes a third of the time of a page
                    from convscope.walkthrough.static import draw  # noqa: PLC0415

                    draw(self.walk, file, form)

    def to_html(self) -> str:
        """Return the page as a single, self-contained file."""
        return page(self.walk.model_dump())

    def to_json(self) -> str:
        """Return the numbers as JSON; `docs/reference/walk.md` describes it."""
        return self.walk.model_dump_json()

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{html.escape(self.to_html())}" width="100%" height="{_NOTEBOOK_HEIGHT}" '
            'style="border: 0" title="convscope"></iframe>'
        )


def explain(
    model: Model,
    picture: Picture,
    *,
    model_name: str = "",
    truth: str | None = None,
    data: Data | None = None,
    names: Mapping[str, str] = MappingProxyType({}),
) -> Explanation:
    """Walk a picture through a model; same arguments and errors as `walk`."""
    found = walk(model, picture, model_name=model_name, truth=truth, data=data, names=names, gradients=True)
    return Explanation(found)


def format_of(path: Path) -> Format:
    """Return the format for a file name's extension.

    Raises:
        SettingError: The extension is unknown.

    Example:
        >>> format_of(Path("walk.html"))
        'html'
    """
    for form in FORMATS:
        if path.suffix.lower() == f".{form}":
            return form
    raise SettingError(
        f"the name {path} does not say which format to write",
        why="its extension is none of " + ", ".join(f".{form}" for form in FORMATS),
        remedy="choose such a name, or give --format",
    )
