import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from convscope.doctor.label_suspects import label_suspects


def by_the_book(probabilities, labels):
    """The definition of confident learning, picture by picture."""
    classes = range(probabilities.shape[1])
    sure_from = {k: probabilities[labels == k, k].mean() for k in classes if (labels == k).any()}
    found = {}
    for row, label in enumerate(labels.tolist()):
        sure = {k: probabilities[row, k] for k, least in sure_from.items() if probabilities[row, k] >= least}
        if sure and (best := max(sure, key=sure.__getitem__)) != label:
            found[row] = best
    return found


@given(st.integers(1, 40), st.integers(2, 5), st.integers(0, 999))
def test_the_same_as_by_the_book(count, classes, seed):
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(classes), count)
    labels = rng.integers(0, classes, count)
    suspects, others = label_suspects(probabilities, labels)
    assert dict(zip(suspects.tolist(), others.tolist(), strict=True)) == by_the_book(probabilities, labels)
    doubt = probabilities[suspects, others] - probabilities[suspects, labels[suspects]]
    assert (np.diff(doubt) <= 0).all()


def test_most_wrong_labels_are_found_and_nothing_else():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 300)
    probabilities = rng.dirichlet(np.ones(3), 300) * 0.3
    probabilities[np.arange(300), truth] += 0.7
    labels = truth.copy()
    labels[:10] = (truth[:10] + 1) % 3
    suspects, others = label_suspects(probabilities, labels)
    assert set(suspects.tolist()) <= set(range(10))
    assert len(suspects) > 5  # of the wrong labels, only those with a higher confidence than usual
    assert np.array_equal(others, truth[suspects])
