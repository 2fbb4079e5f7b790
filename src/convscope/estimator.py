"""A scikit-learn estimator, for cross-validation and hyperparameter search.

from convscope import ConvscopeClassifier
from sklearn.model_selection import GridSearchCV

GridSearchCV(ConvscopeClassifier(epochs=5), {"augmentation": ["none", "light"]}).fit(pictures, labels)
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Self, Unpack

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted

from convscope.classifier import Classifier
from convscope.errors import DataError
from convscope.pictures.classes import check_target
from convscope.pictures.naming import class_name
from convscope.pictures.sources.arrays import ArraySource, open_arrays, picture_array
from convscope.pictures.store_building import build_store
from convscope.pictures.survey import Survey
from convscope.pictures.target import encode
from convscope.training.fit import fit
from convscope.training.keyword_settings import CommonSettings, with_settings
from convscope.training.recipe import resolve_preparation
from convscope.training.runs.decision import choose_start
from convscope.training.settings import Settings
from convscope.training.start.earlier_model import earlier_model, with_model

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from sklearn.utils import Tags

    from convscope.pictures.store import Store


_NEVER = -1
"""Marks a column of y that is all 0: it is not a label of the model."""


class ConvscopeClassifier(ClassifierMixin, BaseEstimator):
    """A classifier of pictures with scikit-learn's interface.

    `fit` trains on all pictures and holds out none, so that this is left to cross-validation. It writes
    nothing except a temporary copy of the pictures while it runs.

    Args:
        random_state: Random seed: an integer gives the same classifier every time, None or a RandomState
            a different one.
        **settings: See `convscope.training.settings.Settings`; None: chosen from the pictures.

    With several labels per picture, y is a matrix of 0 and 1, like the output of scikit-learn's
    `MultiLabelBinarizer`; `predict` then returns such a matrix, and `predict_proba` the probability of each
    label.

    Attributes:
        classes_: (classes,) the labels, sorted; with several labels per picture, the indices of the columns.
        classifier_: The `Classifier`: it predicts files, evaluates, and saves the model.
        picture_shape_: (height, width, channels) of the pictures given to `fit`.

    Example:
        >>> pictures = np.zeros((40, 8, 8), np.uint8)
        >>> pictures[20:] = 255
        >>> estimator = ConvscopeClassifier(network="4C3-MP2", epochs=5)
        >>> estimator.fit(pictures, np.repeat(["dark", "light"], 20)).predict(pictures[[0, -1]]).tolist()
        ['dark', 'light']
    """

    @with_settings(CommonSettings)
    def __init__(
        self,
        *,
        random_state: int | np.random.RandomState | None = 0,
        **settings: Unpack[CommonSettings],
    ) -> None:
        self.random_state = random_state
        for name in CommonSettings.__annotations__:
            setattr(self, name, settings.pop(name, None))
        if settings:
            raise TypeError(f"there is no setting {next(iter(settings))!r}")

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803  # scikit-learn's name
        """Train on pictures.

        Args:
            X: uint8 (N, height, width), (N, height, width, 1) or (N, height, width, 3), values 0..255.
            y: (N,) labels: strings, integers or booleans; or (N, labels), 1 if a picture has the label, else
                0.

        Raises:
            DataError: The pictures have an unsupported type or shape, a label is None, or there are fewer
                than two classes.
            SettingError: A setting is invalid.
            ConvscopeError: The network does not fit the pictures; the message states the cause.
            ValueError: The labels are continuous.
        """
        if any(label is None for label in np.asarray(y, object).ravel()):
            raise DataError("some labels are None", remedy="leave out the pictures without a label")
        check_classification_targets(y)
        settings = self._settings()
        if type_of_target(y) == "multilabel-indicator":
            matrix = _matrix(y)
            classes = np.arange(matrix.shape[1])
            names = [str(number) for number in classes]
            source = open_arrays(X, matrix, several_labels=True)
            check_target(*encode(source.items), [None] * len(source.items))
        else:
            encoder = LabelEncoder().fit(y)
            classes: NDArray[Any] = np.asarray(encoder.classes_)
            names = _names(classes)
            source = open_arrays(X, [names[code] for code in encoder.transform(y)])
        with TemporaryDirectory() as folder:
            settings = _with_start(settings, source, Path(folder))
            model = fit(_store(source, settings, Path(folder)), settings)
        self.classes_ = classes
        self.picture_shape_ = _shape(source.pictures)
        self.classifier_ = Classifier(model)
        self._columns = [model.classes.index(name) if name in model.classes else _NEVER for name in names]
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803  # scikit-learn's name
        """Predict the most probable label of each picture, or all labels that reach their threshold.

        Args:
            X: Pictures as for `fit`, with the same height, width and channels.

        Returns:
            (N,) labels; or (N, labels), 1 or 0.

        Raises:
            DataError: The pictures have an unsupported type or shape.
        """
        probabilities = self.predict_proba(X)
        thresholds = self.classifier_.model.thresholds
        if thresholds is None:
            return self.classes_[probabilities.argmax(axis=1)]
        return (probabilities >= np.array([*thresholds, 1.0])[self._columns]).astype(int)

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803  # scikit-learn's name
        """Return the probabilities of all classes; same arguments and errors as `predict`.

        Returns:
            float64 (N, classes), in the order of `classes_`; every row sums to 1, unless pictures have
            several labels. A label that no training picture has gets 0.
        """
        check_is_fitted(self)
        pictures = picture_array(X, "pictures")
        if _shape(pictures) != self.picture_shape_:
            raise DataError(
                f"pictures of shape {_shape(pictures)} cannot be predicted",
                why=f"this estimator was trained on pictures of shape {self.picture_shape_}",
                remedy="give pictures of that height, width and number of channels",
            )
        found = self.classifier_.predict_proba(list(pictures))
        return np.column_stack([found, np.zeros(len(found))])[:, self._columns]

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        if tags.classifier_tags:
            tags.classifier_tags.multi_label = True
        return tags

    def _settings(self) -> Settings:
        given = self.get_params()
        state = given.pop("random_state")
        seed = check_random_state(state).randint(2**31) if _is_drawn(state) else state
        return Settings(**given, seed=seed)


def _matrix(y: Any) -> NDArray[Any]:  # noqa: ANN401  # whatever scikit-learn takes
    return np.asarray(getattr(y, "toarray", lambda: y)())


def _is_drawn(state: object) -> bool:
    return state is None or isinstance(state, np.random.RandomState)


def _names(labels: NDArray[Any]) -> list[str]:
    names = [class_name(str(label)) for label in labels.tolist()]
    if "" in names:
        raise DataError("a label is blank", remedy="give every class a name with at least one letter")
    if len(names) < 2:
        raise DataError(f"there is only one class, {names[0]!r}", why="a classifier needs at least two")
    if len(set(names)) < len(names):
        raise DataError(
            f"some labels have the same name: {', '.join(names)}", remedy="give every class a name of its own"
        )
    return names


def _shape(pictures: NDArray[np.uint8]) -> tuple[int, int, int]:
    height, width = pictures.shape[1:3]
    return height, width, pictures.shape[3] if pictures.ndim == 4 else 1


def _survey(source: ArraySource) -> Survey:
    height, width, channels = _shape(source.pictures)
    return Survey(np.array([height]), np.array([width]), grey=channels == 1)


def _with_start(settings: Settings, source: ArraySource, stores: Path) -> Settings:
    """Decide where training starts, by the rule of `convscope train`."""
    if model := earlier_model(settings):
        return with_model(settings, model)
    start, _ = choose_start(source, settings, _survey(source), stores=stores)
    return replace(settings, start=start)


def _store(source: ArraySource, settings: Settings, folder: Path) -> Store:
    return build_store(source, resolve_preparation(settings, _survey(source)), folder=folder)
