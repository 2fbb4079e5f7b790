"""`convscope lesson`: the lesson's questions as a printable page."""

from convscope.commands.output_option import Output, write_or_open
from convscope.errors import SettingError


def lesson(*, output: Output = None) -> None:
    """Write the lesson's questions to a printable page, without answers and then with them.

    The questions are about the built-in network and a drawing. The interactive lesson, which checks answers,
    is in the studio: convscope studio.
    """
    if output is not None and output.suffix.lower() not in {".html", ".htm"}:
        raise SettingError(
            f"cannot write the lesson as {output}",
            why="it is a web page",
            remedy="choose a name that ends in .html",
        )
    from convscope.studio.lesson.material import own_material
    from convscope.studio.lesson.sheet import sheet

    write_or_open(sheet(own_material()), output, "lesson.html")
