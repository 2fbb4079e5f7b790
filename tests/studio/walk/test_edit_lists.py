"""A model whose edits are not saved yet answers like a classifier of it."""

from dataclasses import replace

import numpy as np
import pytest

from convscope.model import nearest
from convscope.model.predictor import Predictor
from convscope.studio.walk.edit_lists import EditedModel
from convscope.walkthrough.compute import step_engine
from convscope.walkthrough.edits import WeightEdit, apply_edits

PICTURES = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 3), np.uint8)


def answers(model, edits=()):
    edited = apply_edits(model, edits)
    return [EditedModel(edited, keeps_relu=True, engine=step_engine(edited)).answer(one) for one in PICTURES]


@pytest.mark.parametrize("thresholds", [None, (0.5, 0.3, 0.7)])
def test_probabilities_are_those_of_the_model(make_model, thresholds):
    model = replace(make_model("4C3-MP2-6N", (3, 8, 8), thresholds=thresholds), temperature=2.0)
    told = [one.probabilities for one in answers(model)]
    np.testing.assert_allclose(told, Predictor(model).probabilities(PICTURES), atol=1e-5)


def test_an_unedited_model_keeps_its_rule_for_unknown_pictures(make_model):
    model = make_model("4C3-MP2-6N", (3, 8, 8))
    model = replace(model, open_set=rule_of(model))
    judged = Predictor(model).answers(PICTURES)
    assert [one.unknown for one in answers(model)] == [one.unknown for one in judged]
    assert {one.unknown for one in judged} == {True, False}
    told, expected = answers(model)[0].similar, judged[0].similar
    assert [one.digest for one in told] == [one.digest for one in expected]
    edit = WeightEdit(tensor="convolution_1.bias", place=[0], value=0.5)
    assert not any(one.unknown or one.similar for one in answers(model, [edit]))


def rule_of(model):
    """A rule fitted to the pictures, with a threshold that about half of them do not reach."""
    features = np.random.default_rng(1).normal(size=(40, 6)).astype(np.float32)
    digests, labels = np.random.default_rng(2).integers(0, 256, (40, 16), np.uint8), np.arange(40) % 3
    rule = nearest.fit(features, [slice(0, 6)], np.arange(40), digests, labels)
    engine = step_engine(model)
    scores = [
        float(rule.score(engine.values(one[np.newaxis])[model.chain.features.name], np.zeros((1, 3)))[0])
        for one in PICTURES
    ]
    return replace(rule, threshold=float(np.median(scores)))
