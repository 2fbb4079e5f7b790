"""The lesson over a real socket."""

import json

import pytest


@pytest.fixture(scope="module")
def of(studio_server):
    return {"model": studio_server.model("digits"), "data": studio_server.data("digits")}


@pytest.mark.parametrize("model", ["digits", ""], ids=["own network", "smiley"])
def test_a_lesson_gives_no_answer_away(studio_server, of, model):
    which = f"model={of['model']}&picture=data.{of['data']}.7" if model else ""
    chapters = studio_server.get("/api/lesson")["chapters"]
    for chapter in chapters:
        address = f"/api/lesson/{chapter['name']}/questions"
        for question in studio_server.get(f"{address}?{which}")["questions"]:
            assert "answer" not in question
            told = studio_server.post(f"{address}/{question['name']}?{which}", {"answer": None})
            right = question["options"].index(told["answer"]) if question["options"] else told["answer"]
            assert not told["right"]
            judged = studio_server.post(f"{address}/{question['name']}?{which}", {"answer": right})
            assert judged["right"], (chapter["name"], question["name"])
    assert all(chapter["right"] for chapter in studio_server.get("/api/lesson")["chapters"])
    assert json.loads((studio_server.home / "lesson.json").read_text())
    studio_server.post("/api/lesson", method="DELETE")
    assert not any(chapter["right"] for chapter in studio_server.get("/api/lesson")["chapters"])


def test_no_answer_is_refused(studio_server):
    for body in (b'{"answer": 1e999}', b'{"answer": "x"}', b"[", b'{"answer": NaN}'):
        status, _, answer = studio_server.ask(
            "POST", "/api/lesson/image/questions/number", body, content_type="application/json"
        )
        assert status == 422, answer
