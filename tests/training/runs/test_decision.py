import numpy as np
import pytest

from convscope import estimator
from convscope.doctor.diagnosis import diagnose
from convscope.pictures.sources import open_source
from convscope.pictures.survey import survey
from convscope.training import cross_validation
from convscope.training.runs import decision
from convscope.training.runs.decision import choose_start
from convscope.training.settings import Settings
from convscope.training.start.gain import Gain

pytestmark = pytest.mark.usefixtures("cache")


def pictures_of(side):
    """Twelve easy pictures of two classes."""
    shade = np.repeat([40, 200], 6)[:, None, None, None]
    return (shade + np.random.default_rng(0).integers(-20, 20, (12, side, side, 3))).astype(np.uint8)


LABELS = ["dark"] * 6 + ["bright"] * 6


@pytest.fixture
def trial(monkeypatch):
    """What the next trial finds, and how often one was asked for."""
    found = {"gain": None, "asked": 0}

    def fake(*_):
        found["asked"] += 1
        return found["gain"]

    monkeypatch.setattr(decision, "try_from_scratch", fake)
    return found


def test_small_pictures_are_tried_from_scratch_whatever_learned_features_recognise(trial):
    source = open_source((pictures_of(12), LABELS))
    for wins in (True, False):
        trial["gain"] = Gain(np.arange(20) < 15, np.arange(20) < (20 if wins else 15))
        start, learned = choose_start(source, Settings(), survey(source))
        assert (start, learned is None) == (("scratch", True) if wins else ("lite0", False))
    assert trial["asked"] == 2


@pytest.mark.slow
def test_photos_that_learned_features_recognise_need_no_trial(trial):
    source = open_source((pictures_of(48), LABELS))
    start, learned = choose_start(source, Settings(), survey(source))
    assert (start, trial["asked"]) == ("lite0", 0)
    assert learned.head.accuracy.fraction >= 0.95


def test_estimator_and_doctor_ask_the_same_rule(monkeypatch):
    asked = []

    def rule(source, settings, *_, **__):
        asked.append((len(source.items), settings))
        return "scratch", None

    for module in (estimator, cross_validation):
        monkeypatch.setattr(module, "choose_start", rule)
    quick = estimator.ConvscopeClassifier(network="2C3", epochs=1)
    quick.fit(pictures_of(12), LABELS)
    assert asked == [(12, Settings(network="2C3", epochs=1))]
    monkeypatch.setattr(cross_validation, "out_of_fold", lambda *_, **__: np.full((12, 2), 0.5))
    cross_validation.doubt_labels(diagnose(open_source((pictures_of(12), LABELS))))
    assert asked[1:] == [(12, Settings())]
