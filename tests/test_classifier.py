import dataclasses
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convscope.classifier import Classifier, load
from convscope.errors import ModelFileError, PictureError
from convscope.model.file import Model
from convscope.model.inputs import read_input
from convscope.model.predictor import Answer, Predictor
from convscope.pictures.preparation import prepare
from convscope.pictures.reading import Reading, read_picture
from convscope.pictures.sources import open_source
from convscope.pictures.store_building import build_store
from convscope.predictions import Prediction

Paint = Callable[..., Path]


@pytest.fixture
def classifier(model_path: Path) -> Classifier:
    return load(model_path)


def test_one_picture_gives_one_prediction(classifier: Classifier, paint: Paint, tmp_path: Path) -> None:
    path = paint(tmp_path / "a.png", 240)
    found = classifier.predict(path)
    assert (found.name, found.label) == (str(path), "bright")
    assert found.top[0] == ("bright", found.probability)
    assert [label for label, _ in found.top] == ["bright", "dark"]
    assert sum(share for _, share in found.top) == pytest.approx(1)


def test_one_picture_starts_no_thread(brightness: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []

    def noted(*given: Any) -> Reading:
        threads.append(threading.current_thread())
        return read_input(*given)

    monkeypatch.setattr("convscope.classifier.read_input", noted)
    classifier, grey = Classifier(brightness), np.zeros((4, 4), np.uint8)
    classifier.predict(grey)
    assert threads == [threading.current_thread()]
    np.testing.assert_array_equal(classifier.predict_proba(grey), classifier.predict_proba([grey]))


def test_several_pictures_of_any_kind_give_a_list(
    classifier: Classifier, paint: Paint, tmp_path: Path
) -> None:
    path = paint(tmp_path / "a.png", 10)
    with Image.open(path) as image:
        found = classifier.predict([path, str(path), path.read_bytes(), image, np.asarray(image)])
    assert [one.label for one in found] == ["dark"] * 5
    assert len({one.probability for one in found}) == 1
    assert [one.name for one in found] == [str(path), str(path), "picture 3", "picture 4", "picture 5"]


@pytest.mark.parametrize(("top", "length"), [(1, 1), (2, 2), (99, 2)])
def test_top_lists_so_many_classes(classifier: Classifier, top: int, length: int) -> None:
    assert len(classifier.predict(np.zeros((4, 4), np.uint8), top=top).top) == length


def test_pictures_are_prepared_as_in_training(brightness: Model, paint: Paint, tmp_path: Path) -> None:
    path = paint(tmp_path / "a.png", 100)
    prepared = prepare(read_picture(path, "a"), brightness.preparation)
    expected = Predictor(brightness).probabilities(prepared[np.newaxis])
    np.testing.assert_array_equal(Classifier(brightness).predict_proba(path), expected)


def test_large_photos_are_scaled_down_as_in_training(brightness: Model, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for label in brightness.classes:
        (tmp_path / "photos" / label).mkdir(parents=True)
        coarse = Image.fromarray(rng.integers(0, 256, (30, 40, 3), np.uint8))
        coarse.resize((800, 600)).save(tmp_path / "photos" / label / "a.jpg")
    store = build_store(open_source(tmp_path / "photos"), brightness.preparation, folder=tmp_path / "stores")
    paths = [tmp_path / "photos" / label / "a.jpg" for label in store.classes]
    expected = Predictor(brightness).probabilities(store.pictures)
    np.testing.assert_array_equal(Classifier(brightness).predict_proba(paths), expected)


def test_probabilities_of_a_stack_are_in_order(classifier: Classifier) -> None:
    stack = np.array([0, 255, 100, 150] * 30, np.uint8)[:, np.newaxis, np.newaxis] * np.ones(
        (1, 9, 9), np.uint8
    )
    shares = classifier.predict_proba(stack)
    assert shares.shape == (120, 2)
    np.testing.assert_array_equal(shares, np.tile(shares[:4], (30, 1)))
    assert shares[0, 0] > shares[2, 0] > shares[3, 0] > shares[1, 0]
    assert classifier.predict_proba([]).shape == (0, 2)
    assert classifier.predict([]) == []


def test_a_broken_picture_is_named(classifier: Classifier, paint: Paint, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_text("no picture")
    with pytest.raises(PictureError, match=r"broken\.png"):
        classifier.predict([paint(tmp_path / "a.png", 10), tmp_path / "broken.png"])


def test_one_by_one_a_broken_picture_stops_nothing(
    classifier: Classifier, paint: Paint, tmp_path: Path
) -> None:
    good = paint(tmp_path / "a.png", 10)
    outcomes = list(classifier.predict_each([good, tmp_path / "missing", good] * 40))
    assert [type(outcome) for outcome in outcomes] == [Prediction, PictureError, Prediction] * 40


def test_one_by_one_reads_only_a_little_ahead(classifier: Classifier) -> None:
    taken = 0

    def endless() -> Iterator[np.ndarray]:
        nonlocal taken
        while True:
            taken += 1
            yield np.zeros((4, 4), np.uint8)

    outcomes = classifier.predict_each(endless())
    for _ in range(100):
        next(outcomes)
    outcomes.close()
    assert taken < 200


@pytest.mark.usefixtures("cache")
def test_evaluation_of_a_folder(classifier: Classifier, pets: Path) -> None:
    figures = classifier.evaluate(pets, part="all")
    assert figures.confusion == ((8, 2), (0, 10))
    assert figures.accuracy_fraction == 18 / 20
    assert figures.notes == ()


@pytest.mark.usefixtures("cache")
def test_evaluation_of_arrays(classifier: Classifier) -> None:
    pictures = np.repeat(np.array([10, 20, 200, 210, 220], np.uint8), 64).reshape(5, 8, 8)
    labels = ["dark", "dark", "bright", "bright", "dark"]
    assert classifier.evaluate((pictures, labels), part="all").confusion == ((2, 1), (0, 2))


def test_what_is_saved_predicts_the_same(classifier: Classifier, tmp_path: Path) -> None:
    classifier.save(tmp_path / "again.safetensors")
    picture = np.full((5, 5), 130, np.uint8)
    assert load(tmp_path / "again.safetensors").predict(picture) == classifier.predict(picture)


def test_a_classifier_shows_itself(classifier: Classifier) -> None:
    assert classifier.classes == ("dark", "bright")
    assert classifier.network == "AP8"
    assert "AP8" in repr(classifier)
    assert "<td>dark, bright</td>" in classifier._repr_html_()


def test_names_of_classes_are_no_html(brightness: Model) -> None:
    model = dataclasses.replace(brightness, classes=("<script>", "b"))
    assert "<script>" not in Classifier(model)._repr_html_()


def test_a_missing_model(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="no such file"):
        load(tmp_path / "m.safetensors")


def test_a_guessed_range_is_noted(classifier: Classifier, tmp_path: Path) -> None:
    values = np.full((8, 8), 200, np.uint16)
    values[0, 0] = 4000
    assert "12 bits" in classifier.predict(values).note
    Image.fromarray(values).save(tmp_path / "deep.tif")
    (from_file,) = classifier.predict([tmp_path / "deep.tif"])
    assert from_file.note == classifier.predict(values).note
    assert not classifier.predict(np.full((8, 8), 200, np.uint8)).note


def test_an_animation_is_noted(classifier: Classifier, tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((8, 8), grey, np.uint8)) for grey in (20, 220)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "still.gif")
    moving, still = classifier.predict([tmp_path / "moving.gif", tmp_path / "still.gif"])
    assert moving.note == "only the first of its frames or pages is used"
    assert moving.label == still.label == "dark"
    assert still.note == ""


def test_an_unknown_picture_whose_negative_is_known_may_be_inverted(
    classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the model was trained only on dark pictures."""
    answers = classifier.predictor.answers

    def judged(pictures: np.ndarray) -> list[Answer]:
        found = zip(answers(pictures), pictures, strict=True)
        return [answer._replace(unknown=bool(pixels.mean() > 127)) for answer, pixels in found]

    monkeypatch.setattr(classifier.predictor, "answers", judged)
    bright, dark = classifier.predict([np.full((8, 8), grey, np.uint8) for grey in (240, 10)])
    assert bright.unknown
    assert bright.note == "it may be inverted: its negative is known, as dark (100%)"
    assert not dark.unknown
    assert dark.note == ""
