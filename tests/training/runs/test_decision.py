import numpy as np
import pytest

from convscope import estimator
from convscope.doctor.diagnosis import diagnose
from convscope.pictures.sources import open_source
from convscope.pictures.survey import survey
from convscope.training import cross_validation
from convscope.training.events import Note
from convscope.training.runs import decision, feature_sample
from convscope.training.runs.decision import choose_start
from convscope.training.settings import Settings
from convscope.training.start.gain import Gain
from convscope.training.start.trial import Trial

pytestmark = pytest.mark.usefixtures("cache")


def pictures_of(side):
    """Twelve easy pictures of two classes."""
    shade = np.repeat([40, 200], 6)[:, None, None, None]
    return (shade + np.random.default_rng(0).integers(-20, 20, (12, side, side, 3))).astype(np.uint8)


LABELS = ["dark"] * 6 + ["bright"] * 6


@pytest.fixture
def trial(monkeypatch):
    """The result of the next trial, and the number of trials."""
    found = {"recognised": None, "asked": 0}

    def fake(data, *_):
        found["asked"] += 1
        indices = data.kept.split.train
        return Trial(np.arange(len(indices)), data.kept.store.labels[indices], found["recognised"])

    monkeypatch.setattr(decision, "try_from_scratch", fake)
    return found


def shades(side, count, noise):
    """Pictures of two classes, which are harder to separate with more noise."""
    rng, labels = np.random.default_rng(0), np.arange(count) % 2
    shade = np.array([110, 140])[labels][:, None, None, None] + rng.normal(0, noise, (count, 1, 1, 1))
    pictures = np.clip(shade + rng.integers(-20, 20, (count, side, side, 3)), 0, 255).astype(np.uint8)
    return pictures, np.array(["dark", "bright"])[labels].tolist()


def test_small_pictures_that_a_network_from_scratch_recognises_need_no_learned_features(trial, monkeypatch):
    monkeypatch.setattr(decision.learned_run, "learn", lambda *_: pytest.fail("features were computed"))
    notes, source = [], open_source(shades(12, 400, 0))
    trial["recognised"] = np.arange(400) >= 10
    assert choose_start(source, Settings(), survey(source), listeners=[notes.append]) == ("scratch", None)
    assert notes[-1].text == (
        "a network from scratch recognises 97.5 % of 400 held-out pictures after a short training"
    )


def test_small_pictures_are_learned_in_the_way_that_recognises_more(trial):
    source = open_source(shades(12, 24, 40))
    for wins in (True, False):
        trial["recognised"] = np.full(24, wins)
        start, learned = choose_start(source, Settings(), survey(source))
        assert (start, learned is None) == (("scratch", True) if wins else ("lite0", False))
    assert trial["asked"] == 2


def test_one_picture_more_is_enough_from_scratch_but_only_for_small_pictures(trial, monkeypatch):
    learned = Gain(np.arange(24) >= 2, np.arange(24) != 2)
    monkeypatch.setattr(Trial, "gain_over", lambda *_: learned)
    trial["recognised"] = np.arange(24) != 2
    assert 0 < learned.difference <= learned.standard_error
    for side, expected in ((12, "scratch"), (48, "lite0")):
        source = open_source(shades(side, 24, 40))
        assert choose_start(source, Settings(), survey(source))[0] == expected


def test_few_small_pictures_that_learned_features_recognise_need_no_trial(trial):
    source = open_source((pictures_of(12), LABELS))
    assert choose_start(source, Settings(), survey(source))[0] == "lite0"
    assert trial["asked"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("wins", [True, False])
def test_of_many_small_pictures_features_are_computed_of_a_sample_first(monkeypatch, wins):
    sizes = []

    def fake(data, *_):
        labels = data.kept.store.labels[data.kept.split.train]
        return Trial(np.arange(0, 400, 40), labels[::40], np.full(10, wins))

    def learn(source, *arguments, **options):
        sizes.append(len(source.items))
        return real(source, *arguments, **options)

    real = decision.learned_run.learn
    monkeypatch.setattr(decision, "try_from_scratch", fake)
    monkeypatch.setattr(decision.learned_run, "learn", learn)
    for module in (decision, feature_sample):
        monkeypatch.setattr(module, "SAMPLE_SIZE", 24)
    notes, source = [], open_source(shades(12, 400, 40))
    start, learned = choose_start(source, Settings(), survey(source), listeners=[notes.append])
    assert (start, learned is None, sizes) == (
        ("scratch", True, [24]) if wins else ("lite0", False, [24, 400])
    )
    assert "of 10 held-out pictures" in " ".join(note.text for note in notes if isinstance(note, Note))


def test_photos_that_learned_features_recognise_need_no_trial(trial):
    source = open_source((pictures_of(48), LABELS))
    start, learned = choose_start(source, Settings(), survey(source))
    assert (start, trial["asked"]) == ("lite0", 0)
    assert learned.head.accuracy.fraction >= 0.95


def test_few_photos_whose_colours_tell_little_need_no_trial(trial):
    """Horizontal or vertical waves, which pretrained features separate, but mean colours do not."""
    rng, labels = np.random.default_rng(0), np.arange(60) % 2
    waves = np.sin(np.arange(64) * 0.8 + rng.uniform(0, 6, (60, 1)))[:, None] + rng.normal(0, 6, (60, 64, 64))
    waves[labels == 1] = waves[labels == 1].transpose(0, 2, 1)
    pictures = np.clip(128 + 25 * waves, 0, 255).astype(np.uint8)[..., None].repeat(3, axis=3)
    notes, source = [], open_source((pictures, np.array(["along", "across"])[labels].tolist()))
    start, learned = choose_start(source, Settings(), survey(source), listeners=[notes.append])
    assert 0.6 < learned.head.accuracy.fraction < 0.95
    assert (start, trial["asked"]) == ("lite0", 0)
    assert "no training from scratch on so few photos" in notes[-1].text


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
