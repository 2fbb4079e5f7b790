"""Mistakes over a real socket."""

import json

import numpy as np
import pytest

from convscope.classifier import load
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
    status, _, body = studio_server.ask("GET", f"{address}/cell?data={of['data']}&truth=99&predicted=0")
    assert status == 404
    assert json.loads(body)["detail"] == "the model has no such cell in a confusion matrix"


def test_the_worst_come_first_and_the_uncertain_list_has_all(studio_server, of, digits_model):
    address = f"/api/models/{of['model']}/mistakes/pictures?data={of['data']}&order="
    worst = studio_server.get(f"{address}worst")
    assert worst["probabilities"] == sorted(worst["probabilities"], reverse=True)
    assert all(label != said for label, said in zip(worst["labels"], worst["predicted"], strict=True))
    uncertain = studio_server.get(f"{address}uncertain")
    chosen = select("digits", load(digits_model).model)
    assert sorted(uncertain["places"]) == chosen.positions.tolist()


def test_only_the_studios_page_can_correct_labels_and_only_of_files(studio_server, of):
    address, body = f"/api/data/{of['data']}/corrections/0", json.dumps({"label": "3"}).encode()
    assert studio_server.ask("PUT", address, body, own=False, content_type="application/json")[0] == 403
    status, _, answer = studio_server.ask("PUT", address, body, content_type="application/json")
    assert status == 422
    assert "not files of their own" in json.loads(answer)["why"]
    assert studio_server.get(f"/api/data/{of['data']}/corrections")["corrections"] == []
