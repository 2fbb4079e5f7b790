from dataclasses import replace

import numpy as np
import pytest

from convscope.classifier import Classifier
from convscope.model.file import load
from convscope.model.verification import check_data
from convscope.pictures.sources import open_source
from convscope.pictures.split import split
from convscope.pictures.store_building import build_store
from convscope.playground.shipped_model import shapes_model, shapes_model_path
from convscope.studio.walk.drawings import placement_of
from mouse_drawings import mouse_drawings
from shapes_model import easy_to_follow


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return build_store(
        open_source("shapes"), shapes_model().preparation, folder=tmp_path_factory.mktemp("shapes")
    )


def right(pictures, labels):
    answers = Classifier(shapes_model()).answers_at(pictures, np.arange(len(pictures)))
    found = [shapes_model().classes[int(np.argmax(answer.probabilities))] for answer in answers]
    return np.array([one == label for one, label in zip(found, labels, strict=True)])


def test_it_was_made_from_the_built_in_pictures():
    assert check_data(shapes_model(), shapes_model_path().parent, "shapes").same


def test_its_accuracy_is_what_its_file_says(store):
    test = split(store).test
    labels = [store.classes[label] for label in store.labels[test].tolist()]
    figures = shapes_model().figures
    assert figures["pictures"] == len(test)
    assert right(store.pictures[test], labels).mean() == pytest.approx(figures["accuracy_fraction"])
    assert figures["accuracy_fraction"] > 0.95


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_it_recognises_drawings_of_simulated_hands(store, seed):
    placement = placement_of(store.pictures[:180])
    pictures, labels = mouse_drawings(900, placement, seed=seed)
    recognised = right(pictures[..., np.newaxis], labels)
    assert recognised.mean() >= 0.95
    for name in set(labels):
        assert recognised[np.array(labels) == name].mean() >= 0.85, name


def test_a_teaching_network_is_small_and_plain():
    model = shapes_model()
    assert {step.kind for step in model.chain} == {
        "image",
        "convolution",
        "relu",
        "max_pooling",
        "flattening",
        "full_connection",
        "softmax",
    }
    assert model.chain.multiply_adds < 200_000
    assert (model.mean, model.std, model.temperature, model.open_set) == ((0,), (255,), 1, None)
    assert shapes_model_path().stat().st_size < 200_000
    filters = model.weights["convolution_1.weight"]
    assert (
        np.abs(filters[: len(filters) // 2] + filters[len(filters) // 2 :]).max() > 0.1
    )  # no pairs: learned


def test_rewriting_a_model_leaves_its_answers(store):
    given = replace(
        load(shapes_model_path()),
        mean=(40.0,),
        std=(70.0,),
        temperature=0.6,
        receipt={"seed": "0", "machine": "x"},
    )
    rewritten = easy_to_follow(given)
    before, after = (
        [answer.probabilities for answer in Classifier(model).answers_at(store.pictures, np.arange(50))]
        for model in (given, rewritten)
    )
    np.testing.assert_allclose(after, before, atol=1e-4)
    assert "machine" not in rewritten.receipt
