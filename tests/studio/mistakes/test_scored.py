import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy
from sklearn.metrics import confusion_matrix

from convscope.classifier import Classifier
from convscope.pictures.sources import open_source
from convscope.studio.mistakes.scored import ScoredPictures, score


@st.composite
def scored_pictures(draw):
    pictures, classes = draw(st.integers(1, 40)), draw(st.integers(2, 5))
    random = np.random.default_rng(draw(st.integers(0, 999)))
    return ScoredPictures(
        names=tuple(f"{n}.png" for n in range(pictures)),
        places=np.arange(pictures),
        truth=random.integers(0, classes, pictures)[:, np.newaxis] == np.arange(classes),
        probabilities=random.dirichlet(np.full(classes, 0.3), pictures),
        classes=[f"class {k}" for k in range(classes)],
    )


@given(scored_pictures())
def test_the_cells_are_scikit_learns_confusion_matrix(scored):
    classes = range(len(scored.classes))
    expected = confusion_matrix(
        scored.truth.argmax(axis=1), scored.answers.argmax(axis=1), labels=list(classes)
    )
    assert [[len(scored.cell(truth, said)) for said in classes] for truth in classes] == expected.tolist()
    assert np.array_equal(scored.evaluation().confusion, expected)
    for truth in classes:
        for said in classes:
            rows = scored.cell(truth, said)
            assert scored.truth[rows, truth].all()
            assert (np.diff(scored.probabilities[rows, said]) <= 0).all()


@given(scored_pictures())
def test_the_worst_are_wrong_and_the_most_confident_come_first(scored):
    rows = scored.worst()
    assert set(rows.tolist()) == {
        n for n, k in enumerate(scored.truth.argmax(axis=1)) if scored.probabilities[n].argmax() != k
    }
    assert (np.diff(scored.probabilities[rows].max(axis=1)) <= 0).all()


@given(scored_pictures())
def test_the_most_uncertain_have_the_largest_entropy_by_scipy(scored):
    found = entropy(scored.probabilities[scored.uncertain()], axis=1)
    assert (np.diff(found) <= 1e-12).all()
    assert len(found) == len(scored.truth)


@pytest.mark.usefixtures("cache")
def test_a_folder_is_scored(brightness, pets):
    (pets / "dark" / "5.png").write_bytes(b"")
    scored = score(Classifier(brightness), pets, "all")
    items = open_source(pets).items
    assert [items[place].name for place in scored.places] == list(scored.names)
    worst = [scored.names[row] for row in scored.worst()]
    assert sorted(worst) == [f"{pets}/dark/0.png", f"{pets}/dark/1.png"]
    assert any("5.png" in note for note in scored.notes)
