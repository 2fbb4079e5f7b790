import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks

import convscope
from convscope.errors import ConvscopeError, DataError, NetworkError, SettingError
from convscope.estimator import ConvscopeClassifier


@pytest.fixture(scope="module")
def stripes():
    """Pictures with vertical, horizontal or no stripes, and their labels."""
    random = np.random.default_rng(0)
    pictures = random.integers(0, 60, (60, 10, 8), np.uint8)
    labels = np.repeat(["standing", "lying", "none"], 20)
    pictures[:20, :, ::2] += 160
    pictures[20:40, ::2] += 160
    order = random.permutation(60)
    return pictures[order], labels[order]


def small(**settings):
    return ConvscopeClassifier(
        **{"network": "4C3-MP2", "epochs": 30, "batch_size": 10, "flip": False, **settings}
    )


@pytest.fixture(scope="module")
def fitted(stripes):
    return small().fit(*stripes)


@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_estimator_cloneable,
        estimator_checks.check_estimator_repr,
        estimator_checks.check_estimator_tags_renamed,
        estimator_checks.check_valid_tag_types,
        estimator_checks.check_mixin_order,
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_set_params,
    ],
    ids=lambda check: check.__name__,
)
def test_it_keeps_scikit_learns_contract(check):
    check("ConvscopeClassifier", ConvscopeClassifier())


def test_it_learns(fitted, stripes):
    pictures, labels = stripes
    assert fitted.classes_.tolist() == ["lying", "none", "standing"]
    assert fitted.score(pictures, labels) == 1
    assert fitted.predict(pictures).tolist() == labels.tolist()


def test_probabilities_stand_in_the_order_of_the_classes(stripes):
    pictures, labels = stripes
    # as texts "10" comes before "9", as numbers and in the model's own natural order after it
    numbers = np.select([labels == "standing", labels == "lying"], ["10", "9"], "11")
    estimator = small().fit(pictures, numbers)
    probabilities = estimator.predict_proba(pictures)
    assert estimator.classes_.tolist() == ["10", "11", "9"]
    assert estimator.classifier_.classes == ("9", "10", "11")
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert estimator.classes_[probabilities.argmax(axis=1)].tolist() == numbers.tolist()


@pytest.mark.parametrize("kind", [[3, -1, 7], [True, False], ["é", "e\N{COMBINING GRAVE ACCENT}"]])
def test_labels_of_any_type_come_back(stripes, kind):
    pictures, labels = stripes
    given = np.array(kind)[np.unique(labels, return_inverse=True)[1] % len(kind)]
    predicted = small(epochs=1).fit(pictures, given).predict(pictures)
    assert predicted.dtype == given.dtype
    assert set(predicted.tolist()) <= set(kind)


def test_colour_and_a_channel_of_its_own_are_pictures_too(stripes):
    pictures, labels = stripes
    for shaped in (pictures[..., np.newaxis], np.repeat(pictures[..., np.newaxis], 3, axis=3)):
        estimator = small(epochs=1).fit(shaped, labels)
        assert estimator.predict_proba(shaped).shape == (60, 3)
        assert estimator.classifier_.model.preparation.channels == shaped.shape[3]


def test_pictures_three_wide_are_not_taken_for_colours(stripes):
    pictures, labels = stripes
    narrow = pictures[:, :, :3]
    assert small(network="2C3", epochs=1).fit(narrow, labels).predict_proba(narrow).shape == (60, 3)


def test_no_picture_is_set_aside():
    """Each class has a single picture: if one was held out, its class could not be trained."""
    pictures = np.zeros((3, 8, 8), np.uint8)
    pictures[1, :4], pictures[2, 4:] = 255, 255
    estimator = small(epochs=150, learning_rate=0.05, augmentation="none").fit(pictures, [0, 1, 2])
    assert estimator.predict(pictures).tolist() == [0, 1, 2]


@pytest.mark.slow
def test_a_number_as_random_state_repeats_the_classifier(fitted, stripes):
    probabilities = fitted.predict_proba(stripes[0])
    assert np.array_equal(small().fit(*stripes).predict_proba(stripes[0]), probabilities)
    other = small(random_state=np.random.RandomState(5)).fit(*stripes).predict_proba(stripes[0])
    assert not np.array_equal(other, probabilities)


def test_fitting_again_forgets(stripes):
    pictures, labels = stripes
    estimator = small(epochs=1).fit(pictures, labels)
    estimator.fit(pictures[:, :8], labels == "none")
    assert estimator.classes_.tolist() == [False, True]
    assert estimator.predict(pictures[:, :8]).shape == (60,)


def test_a_clone_has_the_settings_and_nothing_learned(fitted, stripes):
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    with pytest.raises(NotFittedError):
        copy.predict(stripes[0])


def test_it_travels_to_other_processes(fitted, stripes):
    returned = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(returned.predict_proba(stripes[0]), fitted.predict_proba(stripes[0]))


@pytest.mark.slow
def test_cross_validation_and_search(stripes):
    pictures, labels = stripes
    folds = StratifiedKFold(3)
    scores = cross_val_score(small(), pictures, labels, cv=folds, error_score="raise")
    assert scores.min() > 0.8
    # NumPy's own numbers, as np.arange and np.logspace give them
    grid = {"epochs": np.array([1, 30]), "learning_rate": np.logspace(-1, -1, 1)}
    search = GridSearchCV(small(), grid, cv=folds, error_score="raise").fit(pictures, labels)
    assert search.best_params_ == {"epochs": 30, "learning_rate": 0.1}
    assert search.predict(pictures).tolist() == labels.tolist()


@pytest.mark.slow
def test_a_search_in_two_processes_finds_the_same(stripes):
    grid = {"network": ["2C3", "4C3-MP2"]}
    one, two = (
        GridSearchCV(small(), grid, cv=2, n_jobs=jobs, error_score="raise").fit(*stripes) for jobs in (1, 2)
    )
    assert one.cv_results_["mean_test_score"].tolist() == two.cv_results_["mean_test_score"].tolist()


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (1, 9), (5, 5, 3), (10, 10, 3), (20, 24, 3)])
def test_pictures_of_any_size_are_learned_from(shape):
    pictures = np.random.default_rng(0).integers(0, 256, (24, *shape), np.uint8)
    fitted = ConvscopeClassifier(epochs=2, precision="fp32").fit(pictures, np.arange(24) % 3)
    assert np.isfinite(fitted.predict_proba(pictures)).all()


def test_it_ends_a_pipeline_and_draws_itself(fitted, stripes):
    pipeline = make_pipeline(small(epochs=1)).fit(*stripes)
    assert pipeline.predict(stripes[0]).shape == (60,)
    assert "ConvscopeClassifier" in fitted._repr_html_()


def test_its_classifier_is_saved_and_opened_like_any(fitted, stripes, tmp_path):
    fitted.classifier_.save(tmp_path / "model.safetensors")
    opened = convscope.load(tmp_path / "model.safetensors")
    assert [one.label for one in opened.predict(stripes[0])] == fitted.predict(stripes[0]).tolist()


def test_nothing_is_left_in_the_cache(stripes, cache):
    small(epochs=1).fit(*stripes)
    assert list(cache.rglob("*")) == []


PICTURES = np.zeros((4, 8, 8), np.uint8)


def test_a_label_that_is_none_is_refused(stripes):
    pictures, labels = stripes
    with pytest.raises(DataError, match="some labels are None"):
        small().fit(pictures, [None if label == "none" else str(label) for label in labels])


@pytest.mark.parametrize(
    ("pictures", "labels", "settings", "error", "message"),
    [
        (PICTURES / 255, [0, 1, 0, 1], {}, DataError, "must be uint8, these are float64"),
        (PICTURES.reshape(4, 64), [0, 1, 0, 1], {}, DataError, "are flat"),
        (PICTURES[:3], [0, 1, 0, 1], {}, DataError, "3 pictures do not match labels"),
        (PICTURES, [1, 1, 1, 1], {}, DataError, "only one class, '1'"),
        (PICTURES, ["é", "e\N{COMBINING ACUTE ACCENT}", "a", "a"], {}, DataError, "have the same name"),
        (PICTURES, [0.1, 0.2, 0.3, 0.4], {}, ValueError, "continuous"),
        (PICTURES, [0, 1, 0, 1], {"epochs": 0}, SettingError, "epochs cannot be 0"),
        (PICTURES, [0, 1, 0, 1], {"network": "MP2-MP2-MP2-MP2"}, NetworkError, "too deep"),
        (PICTURES, [0, 1, 0, 1], {"network": "9Q"}, ConvscopeError, "9Q"),
    ],
)
def test_what_cannot_be_learned_is_said(pictures, labels, settings, error, message):
    with pytest.raises(error, match=message):
        small(**settings).fit(pictures, labels)


@pytest.mark.parametrize(
    ("pictures", "message"),
    [
        (np.zeros((1, 8, 8), np.uint8), r"trained on pictures of shape \(10, 8, 1\)"),
        (np.zeros((1, 10, 8, 3), np.uint8), r"trained on pictures of shape \(10, 8, 1\)"),
        (np.zeros((1, 10, 8)), "must be uint8"),
        (np.zeros((10, 8), np.uint8), "are flat"),
    ],
)
def test_what_cannot_be_predicted_is_said(fitted, pictures, message):
    with pytest.raises(DataError, match=message):
        fitted.predict(pictures)
