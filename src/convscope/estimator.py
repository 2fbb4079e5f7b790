"""convscope as scikit-learn knows classifiers, for cross-validation and searching settings.

from convscope import ConvscopeClassifier
from sklearn.model_selection import GridSearchCV

GridSearchCV(ConvscopeClassifier(epochs=5), {"augmentation": ["none", "light"]}).fit(pictures, labels)
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from convscope.classifier import Classifier
from convscope.errors import DataError
from convscope.pictures.naming import class_name
from convscope.pictures.sources.arrays import ArraySource, open_arrays, picture_array
from convscope.pictures.store_building import build_store
from convscope.pictures.survey import Survey
from convscope.training.recipe import Settings, Strength, resolve_preparation
from convscope.training.runs import runner

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from sklearn.utils import Tags

    from convscope.pictures.store import Store


class ConvscopeClassifier(ClassifierMixin, BaseEstimator):
    """A classifier of pictures with scikit-learn's interface.

    All pictures given to `fit` are learned from; none are set aside, so that cross-validation alone decides
    which of them judge. Nothing is written but a copy of them in a temporary folder while `fit` runs.

    Args:
        network: A notation such as `32C3-MP2-128N`, or the name of a preset.
        size: Height and width that pictures are brought to.
        epochs: How often each picture is seen.
        batch_size: Pictures a batch.
        learning_rate: How far, as an angle in radians, a step turns the filters at most.
        label_smoothing: Share of the truth that is spread evenly over all classes.
        flip: Whether mirrored pictures are learned from too.
        augmentation: How far pictures are changed: none, light or strong.
        class_weights: Whether rare classes count more.
        progressive_resizing: Whether pictures are shown smaller at first.
        ema: Whether the mean of the last weights is kept rather than the last ones.
        device: What is trained on: auto, cpu or cuda (a GPU).
        precision: What the maps are computed in: auto, bf16, fp16 or fp32.
        random_state: Where all random numbers begin: a number gives the same classifier every time, None or a
            RandomState another one.

    All settings but the last are chosen from the pictures where they are None.

    Attributes:
        classes_: (classes,) the labels, sorted.
        classifier_: What `convscope.load` returns too: it predicts files, evaluates, and saves the model.
        picture_shape_: (height, width, channels) of the pictures given to `fit`.

    Example:
        >>> pictures = np.zeros((40, 8, 8), np.uint8)
        >>> pictures[20:] = 255
        >>> estimator = ConvscopeClassifier(network="4C3-MP2", epochs=5)
        >>> estimator.fit(pictures, np.repeat(["dark", "light"], 20)).predict(pictures[[0, -1]]).tolist()
        ['dark', 'light']
    """

    def __init__(
        self,
        *,
        network: str | None = None,
        size: tuple[int, int] | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        label_smoothing: float | None = None,
        flip: bool | None = None,
        augmentation: Strength | None = None,
        class_weights: bool | None = None,
        progressive_resizing: bool | None = None,
        ema: bool | None = None,
        device: Literal["auto", "cpu", "cuda"] | None = None,
        precision: Literal["auto", "bf16", "fp16", "fp32"] | None = None,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.network = network
        self.size = size
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.label_smoothing = label_smoothing
        self.flip = flip
        self.augmentation = augmentation
        self.class_weights = class_weights
        self.progressive_resizing = progressive_resizing
        self.ema = ema
        self.device = device
        self.precision = precision
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803  # scikit-learn's name
        """Learn from pictures.

        Args:
            X: uint8 (N, height, width), (N, height, width, 1) or (N, height, width, 3), values 0..255.
            y: (N,) labels: texts, whole numbers or truth values.

        Raises:
            DataError: The pictures are of another type or shape, or there are fewer than two classes.
            SettingError: A setting is impossible.
            ConvscopeError: The network does not fit the pictures; the message says why.
            ValueError: The labels are measurements, not classes.
        """
        check_classification_targets(y)
        settings = self._settings()
        settings.check()
        encoder = LabelEncoder().fit(y)
        classes: NDArray[Any] = np.asarray(encoder.classes_)
        names = _names(classes)
        source = open_arrays(X, [names[code] for code in encoder.transform(y)])
        with TemporaryDirectory() as folder:
            model = runner.learn(_store(source, settings, Path(folder)), settings)
        self.classes_ = classes
        self.picture_shape_ = _shape(source.pictures)
        self.classifier_ = Classifier(model)
        self._columns = [model.classes.index(name) for name in names]
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803  # scikit-learn's name
        """Say for each picture which label is most probable.

        Args:
            X: As for `fit`, of the same height, width and channels.

        Returns:
            (N,) labels.

        Raises:
            DataError: The pictures are of another type or shape.
        """
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803  # scikit-learn's name
        """Compute the probabilities of all classes; arguments and errors as for `predict`.

        Returns:
            float64 (N, classes), in the order of `classes_`; every row sums to 1.
        """
        check_is_fitted(self)
        pictures = picture_array(X, "pictures")
        if _shape(pictures) != self.picture_shape_:
            raise DataError(
                f"pictures of shape {_shape(pictures)} cannot be predicted",
                why=f"this estimator learned from pictures of shape {self.picture_shape_}",
                remedy="give pictures of that height, width and number of channels",
            )
        return self.classifier_.predict_proba(list(pictures))[:, self._columns]

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags

    def _settings(self) -> Settings:
        said = {name: _plain(value) for name, value in self.get_params().items()}
        state = said.pop("random_state")
        return Settings(
            **said, seed=state if isinstance(state, int) else check_random_state(state).randint(2**31)
        )


def _plain(value: Any) -> Any:  # noqa: ANN401  # whatever a grid of settings holds
    """Turn NumPy's numbers, which grids of settings are often made of, into Python's."""
    return value.item() if isinstance(value, np.generic) else value


def _names(labels: NDArray[Any]) -> list[str]:
    names = [class_name(str(label)) for label in labels.tolist()]
    if len(names) < 2:
        raise DataError(
            f"there is only one class, {names[0]!r}", why="a classifier needs at least two to tell apart"
        )
    if len(set(names)) < len(names):
        raise DataError(
            f"labels are written alike: {', '.join(names)}", remedy="give every class a name of its own"
        )
    return names


def _shape(pictures: NDArray[np.uint8]) -> tuple[int, int, int]:
    height, width = pictures.shape[1:3]
    return height, width, pictures.shape[3] if pictures.ndim == 4 else 1


def _store(source: ArraySource, settings: Settings, folder: Path) -> Store:
    height, width, channels = _shape(source.pictures)
    survey = Survey(np.array([height]), np.array([width]), grey=channels == 1)
    return build_store(source, resolve_preparation(survey, settings), folder=folder)
