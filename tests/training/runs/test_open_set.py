"""Unknown pictures are separated from known ones by a trained network."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score

from convscope.training.runs import runner
from convscope.training.settings import Settings

SETTINGS = Settings(network="8C3-MP2-16C3-24N", epochs=12, batch_size=50, precision="fp32", size=(8, 8))


@pytest.fixture(scope="module")
def digits():
    found = load_digits()
    return (found.images * 15).astype(np.uint8), found.target


@pytest.fixture(scope="module")
def classifier(digits, tmp_path_factory):
    """A classifier of the digits 0 to 6, trained without every sixth picture."""
    pictures, labels = digits
    learned = np.flatnonzero((labels < 7) & (np.arange(len(labels)) % 6 > 0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONVSCOPE_CACHE", str(tmp_path_factory.mktemp("cache")))
        return runner.train((pictures[learned], [str(label) for label in labels[learned]]), SETTINGS)


@pytest.fixture(scope="module")
def known(classifier, digits):
    pictures, labels = digits
    return classifier.predict(list(pictures[(labels < 7) & (np.arange(len(labels)) % 6 == 0)]))


@pytest.mark.slow
def test_pictures_of_known_classes_are_seldom_refused(known):
    share = np.mean([one.unknown for one in known])
    assert 0 < share < 0.05 + 3 * np.sqrt(0.05 * 0.95 * (1 / len(known) + 1 / 100))


@pytest.mark.parametrize("kind", ["other digits", "noise"])
def test_pictures_of_other_things_are_told(classifier, known, digits, kind):
    pictures, labels = digits
    random = np.random.default_rng(0)
    foreign = {
        "other digits": pictures[labels >= 7],
        "noise": random.integers(0, 256, (300, 8, 8), np.uint8),
    }[kind]
    found = classifier.predict(list(foreign))
    scores = [one.score for one in (*known, *found)]
    truth = np.repeat([1, 0], [len(known), len(found)])
    assert roc_auc_score(truth, scores) > 0.85
    assert np.mean([one.unknown for one in found]) > 3 * np.mean([one.unknown for one in known])
