"""The printable lesson: all questions for a class, then the same with answers for the teacher."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from convscope.studio.lesson.course import PAGES
from convscope.walkthrough.drawing import data_url
from convscope.web.html_page import html_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convscope.studio.lesson.course import Page
    from convscope.studio.lesson.exhibit import Grid, Line, Table
    from convscope.studio.lesson.material import Material
    from convscope.studio.lesson.question import Question

_LETTERS = "abcdef"
_STYLE = """
:root { font: 11pt/1.45 system-ui, sans-serif; color: #1b1c1e; background: #fff; }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4em; margin: 0 0 .3em; }
h2 { font-size: 1.15em; margin: 1.6em 0 .3em; padding-bottom: .15em; border-bottom: 1.5pt solid #00695c; }
p { margin: .4em 0; }
ol { padding-left: 1.6em; }
li { margin: .9em 0; }
.name { margin: 1.2em 0; }
.given { display: flex; flex-wrap: wrap; gap: .6em 1.4em; margin: .6em 0; }
.drawing { width: 9rem; height: 9rem; image-rendering: pixelated; border: .5pt solid #85878b; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-size: .85em; color: #5b5d61; }
td, th { border: .5pt solid #85878b; padding: .15em .5em; text-align: right; font-weight: 400; }
td.marked { outline: 1.5pt solid #1b1c1e; }
.options { list-style: lower-alpha; margin: .4em 0; }
.options li { margin: .15em 0; }
.intro { display: flex; gap: 1.4em; align-items: center; margin: .6em 0; }
.line { border-bottom: .5pt solid #85878b; height: 1.7em; max-width: 22rem; }
.answer { margin: .4em 0; padding: .2em .7em; border-left: 2pt solid #00695c; }
.with-answers { break-before: page; padding-top: 1em; }
@media screen { .with-answers { margin-top: 4rem; border-top: 1px solid #d4d4d0; } }
@media print {
  body { max-width: none; margin: 0; padding: 0; }
  li { break-inside: avoid; }
  h2 { break-after: avoid; }
}
@page { margin: 18mm; }
"""


def sheet(material: Material) -> str:
    """Write the sheet as a page to print: questions, then, on a new sheet, questions with answers.

    Args:
        material: The picture and network of the questions.

    Returns:
        A complete, self-contained HTML document.
    """
    parts = (
        f"<h1>How a network sees a picture, and how it learns to</h1>{_intro(material)}",
        '<p class="name">Name: ______________________________</p>',
        *_pages(material, with_answers=False),
        '<section class="with-answers"><h1>With answers</h1>',
        *_pages(material, with_answers=True),
        "</section>",
    )
    return html_page("The lesson on paper", _STYLE, "\n".join(parts))


def written(number: float) -> str:
    """Format a number as on the pages: three significant digits, whole numbers whole, a true minus sign.

    Example:
        >>> [written(number) for number in (1800, -0.31331, 0.1, 1e-06, 2.0)]
        ['1800', '−0.313', '0.1', '1e−06', '2']
    """
    whole = float(number).is_integer() and abs(number) < 10_000
    text = f"{number:.0f}" if whole else f"{number:,.0f}" if abs(number) >= 1_000 else f"{number:.3g}"
    return text.replace("-", "−") if text != "-0" else "0"


def _intro(material: Material) -> str:
    height, width, _ = material.pixels.shape
    return (
        '<div class="intro">'
        f'<img class="drawing" src="{data_url(material.pixels)}" '
        'alt="the picture that the questions are about">'
        f"<p>The questions are about this picture of {height} × {width} pixels and a network that "
        "has learned to recognise such pictures. Rows, columns, maps and neurons are counted from 0. Numbers "
        "are rounded to three digits; a calculator may help.</p></div>"
    )


def _pages(material: Material, *, with_answers: bool) -> Iterator[str]:
    for page in PAGES.values():
        yield _head(page)
        yield "<ol>"
        for question in page.questions(material):
            yield f"<li>{_question(question, with_answers=with_answers)}</li>"
        yield "</ol>"


def _head(page: Page) -> str:
    return f"<h2>{escape(page.title)}</h2><p>{escape(page.text)}</p>"


def _question(question: Question, *, with_answers: bool) -> str:
    given = [*map(_grid, question.grids), *map(_table, question.tables)]
    shown = f'<div class="given">{"".join(given)}</div>' if given else ""
    options = "".join(f"<li>{escape(option)}</li>" for option in question.options)
    choices = f'<ol class="options">{options}</ol>' if options else ""
    room = _answer(question) if with_answers else "" if options else '<div class="line"></div>'
    return f"<p>{_line(question.prompt)}</p>{shown}{choices}{room}"


def _answer(question: Question) -> str:
    if question.options:
        place = int(question.answer)
        answer = f"{_LETTERS[place]}) {escape(question.options[place])}"
    else:
        answer = f"{written(question.answer)} {escape(question.unit)}".strip()
    working = "".join(f"<p>{_line(one)}</p>" for one in question.working)
    return f'<div class="answer"><strong>{answer}</strong>{working}</div>'


def _line(pieces: Line) -> str:
    return "".join(escape(piece) if isinstance(piece, str) else written(piece) for piece in pieces)


def _grid(grid: Grid) -> str:
    def cell(value: float | None, place: tuple[int, int]) -> str:
        marked = ' class="marked"' if grid.marked == place else ""
        return f"<td{marked}>{'' if value is None else written(value)}</td>"

    rows = (
        "".join(cell(value, (row, column)) for column, value in enumerate(values))
        for row, values in enumerate(grid.rows)
    )
    return _framed(grid.caption, rows)


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in table.head)
    rows = ("".join(f"<td>{_line([piece])}</td>" for piece in row) for row in table.rows)
    return _framed(table.caption, [head, *rows])


def _framed(caption: str, rows: Iterable[str]) -> str:
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><caption>{escape(caption)}</caption>{body}</table>"
