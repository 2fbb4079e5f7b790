import numpy as np
import pytest

from convscope.model.intermediate import Intermediate
from convscope.model.predictor import Predictor
from convscope.walkthrough.numpy_chain import forward


def test_every_step_in_batches_is_that_of_numpy(make_model, monkeypatch):
    monkeypatch.setattr("convscope.model.predictor._MAX_BATCH_SIZE", 3)
    model = make_model("4C3-MP2o-5N", (3, 9, 8))
    pictures = np.random.default_rng(0).integers(0, 256, (7, 9, 8, 3), np.uint8)
    steps = [forward(model, picture)[:-1] for picture in pictures]
    names = [step.name for step in steps[0]]
    result = Intermediate(model, names).values(pictures)
    assert [*result] == names
    for place, name in enumerate(names):
        expected = np.array([of_picture[place].output for of_picture in steps])
        np.testing.assert_allclose(result[name], expected, rtol=1e-4, atol=1e-4)


def test_only_what_is_asked_for_is_given_and_the_logits_are_the_predictor_s(make_model):
    model = make_model("2C3-4N")
    pictures = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), np.uint8)
    result = Intermediate(model, ["full_connection_2"]).values(pictures)
    assert [*result] == ["full_connection_2"]
    np.testing.assert_allclose(result["full_connection_2"], Predictor(model).logits(pictures), rtol=1e-6)


def test_a_step_that_is_not_there(make_model):
    with pytest.raises(KeyError):
        Intermediate(make_model("2C3"), ["convolution_2"])
