import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy
from sklearn.metrics import confusion_matrix

from convscope.classifier import Classifier
from convscope.pictures.sources import open_source
from convscope.studio.judgement import Judgement, judge


@st.composite
def judgements(draw):
    pictures, classes = draw(st.integers(1, 40)), draw(st.integers(2, 5))
    random = np.random.default_rng(draw(st.integers(0, 999)))
    return Judgement(
        names=tuple(f"{n}.png" for n in range(pictures)),
        places=np.arange(pictures),
        labels=random.integers(0, classes, pictures),
        probabilities=random.dirichlet(np.full(classes, 0.3), pictures),
        classes=[f"class {k}" for k in range(classes)],
    )


@given(judgements())
def test_the_cells_are_scikit_learns_confusion_matrix(judged):
    classes = range(len(judged.classes))
    expected = confusion_matrix(judged.labels, judged.predicted, labels=list(classes))
    assert [[len(judged.cell(truth, said)) for said in classes] for truth in classes] == expected.tolist()
    assert np.array_equal(judged.evaluation().confusion, expected)
    for truth in classes:
        for said in classes:
            rows = judged.cell(truth, said)
            assert (judged.labels[rows] == truth).all()
            assert (np.diff(judged.probabilities[rows, said]) <= 0).all()


@given(judgements())
def test_the_worst_are_wrong_and_the_surest_of_them_come_first(judged):
    rows = judged.worst()
    assert set(rows.tolist()) == {
        n for n, k in enumerate(judged.labels) if judged.probabilities[n].argmax() != k
    }
    assert (np.diff(judged.probabilities[rows].max(axis=1)) <= 0).all()


@given(judgements())
def test_the_most_uncertain_have_the_largest_entropy_by_scipy(judged):
    found = entropy(judged.probabilities[judged.uncertain()], axis=1)
    assert (np.diff(found) <= 1e-12).all()
    assert len(found) == len(judged.labels)


@pytest.mark.usefixtures("cache")
def test_a_model_looks_at_a_folder(brightness, pets):
    (pets / "dark" / "5.png").write_bytes(b"")
    judged = judge(Classifier(brightness), pets, "all")
    items = open_source(pets).items
    assert [items[place].name for place in judged.places] == list(judged.names)
    worst = [judged.names[row] for row in judged.worst()]
    assert sorted(worst) == [f"{pets}/dark/0.png", f"{pets}/dark/1.png"]
    assert any("5.png" in note for note in judged.notes)
