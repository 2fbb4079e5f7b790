"""Mistakes, comparison, losses and the lesson, asked over a real socket."""

import json
from dataclasses import replace

import numpy as np
import pytest

from convscope.classifier import load
from convscope.comparison import compare
from convscope.model.file import save
from convscope.model.selection import select
from convscope.pictures.sources import open_source


@pytest.fixture(scope="module")
def of(studio_server):
    return {"model": studio_server.model("digits"), "data": studio_server.data("digits")}


def test_figures_are_those_of_the_evaluation(studio_server, of, digits_model):
    found = studio_server.get(f"/api/models/{of['model']}/mistakes?data={of['data']}")
    expected = load(digits_model).evaluate("digits")
    assert found["confusion"] == [list(row) for row in expected.confusion]
    assert found["accuracy_fraction"] == expected.accuracy_fraction
    assert found["notes"] == list(expected.notes)


def test_the_pictures_of_every_cell_are_as_many_as_it_says_and_of_its_classes(studio_server, of):
    address = f"/api/models/{of['model']}/mistakes"
    confusion = np.array(studio_server.get(f"{address}?data={of['data']}")["confusion"])
    wrong = confusion * (1 - np.eye(len(confusion), dtype=int))
    truth, said = (int(n) for n in np.unravel_index(wrong.argmax(), wrong.shape))
    cell = studio_server.get(f"{address}/cell?data={of['data']}&truth={truth}&predicted={said}")
    assert len(cell["places"]) == confusion[truth, said]
    items = open_source("digits").items
    assert {items[place].label for place in cell["places"]} == {str(truth)}
    assert [items[place].name for place in cell["places"]] == cell["names"]
    nothing = studio_server.get(f"{address}/cell?data={of['data']}&truth=99&predicted=0")
    assert nothing["places"] == []


def test_the_worst_come_first_and_the_uncertain_are_all(studio_server, of, digits_model):
    address = f"/api/models/{of['model']}/mistakes/pictures?data={of['data']}&order="
    worst = studio_server.get(f"{address}worst")
    assert worst["probabilities"] == sorted(worst["probabilities"], reverse=True)
    assert all(label != said for label, said in zip(worst["labels"], worst["predicted"], strict=True))
    uncertain = studio_server.get(f"{address}uncertain")
    chosen = select("digits", load(digits_model).model)
    assert sorted(uncertain["places"]) == chosen.places.tolist()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/models/{model}/mistakes?data=elsewhere", 404),
        ("GET", "/api/models/..%2F..%2Fetc/mistakes?data={data}", 404),
        ("GET", "/api/models/{model}/mistakes?data={data}&part=some", 422),
        ("GET", "/api/models/{model}/mistakes/cell?data={data}&truth=-1&predicted=0", 422),
        ("GET", "/api/comparison?first={model}&second=elsewhere&data={data}", 404),
        ("GET", "/api/lesson/<script>", 404),
        ("GET", "/api/lesson/relu/questions?model={model}&picture=data.{data}.99999", 404),
        ("GET", "/api/lesson/relu?model={model}&row=-1", 422),
        ("GET", "/api/data/elsewhere/suspects", 404),
    ],
)
def test_what_is_not_there_is_a_problem_that_says_so(studio_server, of, method, path, status):
    found, headers, body = studio_server.ask(method, path.format(**of))
    assert found == status, body
    assert headers["content-type"] == "application/problem+json"
    assert b"<script>" not in body or headers["x-content-type-options"] == "nosniff"


def test_only_the_own_page_may_correct_and_only_files_can_be(studio_server, of):
    address, body = f"/api/data/{of['data']}/corrections/0", json.dumps({"label": "3"}).encode()
    assert studio_server.ask("PUT", address, body, own=False, content_type="application/json")[0] == 403
    status, _, answer = studio_server.ask("PUT", address, body, content_type="application/json")
    assert status == 422
    assert "no files of their own" in json.loads(answer)["why"]
    assert studio_server.get(f"/api/data/{of['data']}/corrections")["corrections"] == []


def test_a_comparison_is_the_one_of_the_command_line(start_studio, brightness, pets, tmp_path):
    other = replace(brightness, weights={name: -weight for name, weight in brightness.weights.items()})
    for name, model in (("tone", brightness), ("opposite", other)):
        save(model, tmp_path / f"{name}.safetensors")
    paths = [tmp_path / "tone.safetensors", tmp_path / "opposite.safetensors"]
    studio = start_studio(*paths, "--data", pets)
    first, second = studio.model("tone"), studio.model("opposite")
    address = f"/api/comparison?first={first}&second={second}&data={studio.data('pets')}&part=all"
    expected = compare(load(paths[0]), load(paths[1]), pets, "all").to_dict()
    assert studio.get(address) == json.loads(json.dumps(expected))
    place = studio.get(address)["flips"][3]["place"]
    corrected = studio.post(
        f"/api/data/{studio.data('pets')}/corrections/{place}", {"label": "bright"}, "PUT"
    )
    assert corrected["manifest"].startswith("pets-corrected")
    assert (studio.home / "data" / corrected["manifest"]).is_file()


@pytest.mark.parametrize("model", ["digits", ""], ids=["own network", "smiley"])
def test_a_lesson_tells_no_answer_before_it_is_asked_for(studio_server, of, model):
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
