"""The names of a model's pictures, from the list next to it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convscope.classifier import Classifier, load
from convscope.model import nearest
from convscope.model.file import save
from convscope.model.picture_names import names_of, read_list
from convscope.model.receipt import digest

LIST = b"""picture,class,part,digest
cat/tom.jpg,cat,train,4321c228dc684ef30fe2db60117c005d
"cat/a ""copy"", of tom.jpg",cat,train,4321c228dc684ef30fe2db60117c005d
dog/\xc3\xa9.jpg,dog,test,00000000000000000000000000000001
"""
RECEIPT = {"pictures_digest": digest(LIST)}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "pictures.csv").write_bytes(LIST)
    return tmp_path


def test_a_picture_is_found_by_its_digest_or_the_start_of_it(folder):
    whole, start = "00000000000000000000000000000001", "4321c228dc684ef3"
    assert names_of(folder, RECEIPT, [whole, "1" * 32]) == {whole: "dog/é.jpg"}
    assert names_of(folder, RECEIPT, [start]) == {start: "cat/tom.jpg"}
    assert names_of(folder, RECEIPT, []) == {}


def test_a_list_of_other_pictures_is_not_believed(folder):
    assert names_of(folder, {}, ["4321c228dc684ef3"]) == {}
    assert names_of(folder, {"pictures_digest": "0" * 32}, ["4321c228dc684ef3"]) == {}
    with pytest.raises(ValueError, match="is not the list of its pictures"):
        read_list(folder, {})


def test_without_a_list_there_are_no_names(tmp_path):
    assert names_of(tmp_path, RECEIPT, ["4321c228dc684ef3"]) == {}
    with pytest.raises(ValueError, match="is missing next to it"):
        read_list(tmp_path, RECEIPT)


def test_a_prediction_names_the_pictures_that_it_resembles(make_model, tmp_path):
    model = make_model("4C3-MP2-6N")
    pictures = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 3), np.uint8)
    features = np.random.default_rng(1).uniform(size=(20, 6)).astype(np.float32)
    digests = np.random.default_rng(2).integers(0, 256, (20, 16), np.uint8)
    rule = nearest.fit(features, [slice(0, 6)], np.arange(20), digests, np.arange(20) % 3)
    rows = [f"{place}.png,class 0,train,{one.tobytes().hex()}\n" for place, one in enumerate(digests)]
    text = "picture,class,part,digest\n" + "".join(rows)
    known = {"receipt": {"pictures_digest": digest(text.encode())}, "open_set": rule}
    save(replace(model, **known), tmp_path / "m")
    nameless = load(tmp_path / "m").predict(pictures[0])
    (tmp_path / "pictures.csv").write_text(text)
    prediction = load(tmp_path / "m").predict(pictures[0])
    expected = {one.tobytes().hex()[:16]: f"{place}.png" for place, one in enumerate(digests)}
    assert len(prediction.similar) == nearest.MOST_SIMILAR
    for one, same in zip(prediction.similar, nameless.similar, strict=True):
        position = int(one.name.removesuffix(".png"))
        assert one.name == expected[one.digest]
        assert one.label == f"class {position % 3}"
        assert (same.name, same.digest, same.similarity) == (None, one.digest, one.similarity)
    assert prediction.score == prediction.similar[0].similarity
    assert Classifier(model).predict(pictures[0]).similar == ()
