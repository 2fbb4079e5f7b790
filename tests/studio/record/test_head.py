"""The head that is refitted while pictures are recorded, compared with scikit-learn's regression."""

import numpy as np
from sklearn.linear_model import LogisticRegression

from convscope.studio.record.head import fit_quick_head
from convscope.training.start.head import DEFAULT_PENALTY


def test_probabilities_are_those_of_scikit_learns_balanced_regression():
    random = np.random.default_rng(0)
    centres = random.normal(0, 2, (3, 300))
    labels = np.repeat(["mug", "pen", "key"], (12, 5, 3))
    order = {"mug": 0, "pen": 1, "key": 2}
    features = centres[[order[label] for label in labels]] + random.normal(0, 1, (20, 300))
    head = fit_quick_head(features.astype(np.float32), labels)
    mean = features.mean(axis=0)
    size = np.sqrt(np.square(features - mean).mean())
    peer = LogisticRegression(C=1 / DEFAULT_PENALTY, class_weight="balanced", tol=1e-8, max_iter=1_000)
    peer.fit((features - mean) / size, labels)
    new = centres.mean(axis=0) + random.normal(0, 3, 300)
    expected = dict(zip(peer.classes_, peer.predict_proba([(new - mean) / size])[0], strict=True))
    found = head.probabilities(new.astype(np.float32))
    assert found.keys() == expected.keys()
    assert all(abs(found[label] - expected[label]) < 0.01 for label in expected)
