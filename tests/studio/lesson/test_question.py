import math

import pytest

from convscope.errors import RequestError
from convscope.studio.lesson.question import Question, change

NUMBER = Question(
    "sum", ["?"], 4.0, (["2 + 2"],), within=0.04, slips={1.0: "without the bias", math.nan: "never"}
)
CHOICE = Question("which", ["?"], 1, (), options=("it rises", "it falls"))


@pytest.mark.parametrize("given", [3.97, 4, 4.03])
def test_a_correct_answer_comes_with_its_working(given):
    verdict = NUMBER.check(given)
    assert (verdict.right, verdict.answer, verdict.working) == (True, 4.0, [["2 + 2"]])


def test_a_wrong_answer_gets_the_working_and_not_the_result():
    verdict = NUMBER.check(1)
    assert (verdict.right, verdict.answer, verdict.working) == (False, None, [["2 + 2"]])
    assert verdict.why == "without the bias"
    assert NUMBER.check(17).why == ""


def test_a_choice():
    assert CHOICE.check(1).answer == "it falls"
    assert not CHOICE.check(0).right
    assert CHOICE.reveal().answer == "it falls"
    assert not CHOICE.reveal().right


@pytest.mark.parametrize(
    ("question", "given"), [(NUMBER, math.inf), (NUMBER, math.nan), (CHOICE, 2), (CHOICE, 0.5)]
)
def test_what_is_no_possible_answer_is_refused(question, given):
    with pytest.raises(RequestError, match="is not a possible answer"):
        question.check(given)


def test_an_asked_question_holds_no_answer():
    assert set(NUMBER.asked().model_dump()) == {
        "name",
        "prompt",
        "options",
        "grids",
        "tables",
        "unit",
        "hides",
    }


def test_a_change_is_described_by_its_option():
    assert (change(1, 1 + 1e-15), change(2, 1), change(1, 2)) == (0, 1, 2)
