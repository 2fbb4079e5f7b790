import re
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from convscope.studio.lesson.course import PAGES
from convscope.studio.lesson.material import own_material
from convscope.studio.lesson.sheet import sheet, written

Run = Callable[..., subprocess.CompletedProcess[str]]


class Texts(HTMLParser):
    """Collects the text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.said = ""

    def handle_data(self, data: str) -> None:
        self.said += data


def text_of(page: str) -> str:
    parser = Texts()
    parser.feed(re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL))
    return parser.said


@pytest.mark.slow
def test_a_class_gets_every_question_and_the_teacher_every_answer() -> None:
    page = sheet(own_material())
    for_class, for_teacher = page.split('<section class="with-answers">')
    asked = [one for chapter in PAGES.values() for one in chapter.questions(own_material())]
    assert for_class.count('<div class="answer">') == 0
    assert for_teacher.count('<div class="answer">') == len(asked)
    for half in (text_of(for_class), text_of(for_teacher)):
        for one in asked:
            assert (
                "".join(piece if isinstance(piece, str) else written(piece) for piece in one.prompt) in half
            )
    for one in asked:
        answer = one.options[int(one.answer)] if one.options else written(one.answer)
        assert answer in text_of(for_teacher)


def test_the_sheet_is_one_page_that_asks_for_nothing() -> None:
    page = sheet(own_material())
    assert not re.search(r"(?:src|href)=\"(?!data:)", page)
    assert "<script" not in page
    assert len(page) < 100_000


@pytest.mark.slow
def test_it_is_written_where_it_should_be(run: Run, tmp_path: Path) -> None:
    done = run("lesson", "-o", tmp_path / "sheet.html")
    assert done.returncode == 0, done.stderr
    assert "With answers" in (tmp_path / "sheet.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["sheet.pdf", "sheet"])
def test_another_form_is_refused_before_the_work(run: Run, tmp_path: Path, name: str) -> None:
    done = run("lesson", "-o", tmp_path / name)
    assert done.returncode == 2
    assert "ends in .html" in done.stderr
