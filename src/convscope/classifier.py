"""The Python interface of a trained classifier."""

from __future__ import annotations

import html
import itertools
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, overload

import numpy as np

from convscope.common.processors import processor_count
from convscope.errors import PictureError, SettingError
from convscope.model import file
from convscope.model.inputs import Picture, Pictures, as_many, is_single, picture_name, read_input
from convscope.model.inverted import answer_with_hints
from convscope.model.nearest import Nearest
from convscope.model.picture_names import names_of
from convscope.model.predictor import Answer, Predictor
from convscope.model.scoring import score_answers
from convscope.model.selection import PartOrAll, select
from convscope.pictures.preparation import prepare
from convscope.pictures.reading import PIXEL_LIMIT
from convscope.pictures.target import joined
from convscope.predictions import EvaluatedPicture, Prediction, SimilarPicture

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from numpy.typing import NDArray

    from convscope.model.evaluation import Evaluation
    from convscope.model.label_evaluation import LabelEvaluation
    from convscope.pictures.decoding import Progress
    from convscope.pictures.sources import Data
    from convscope.walkthrough.explanation import Explanation

_STORE_BATCH = 128
"""Number of prepared pictures of a store in memory at a time."""
_THREAD_BATCH = 4
"""Number of pictures that a thread reads and predicts, while other threads process the next ones."""


class Classifier:
    """A trained classifier, as returned by `convscope.load` and `convscope.train`.

    A picture is a path, the bytes of a file, an open file, a PIL image, an array of shape (height, width) or
    (height, width, channels), or a PyTorch tensor (channels, height, width). It is resized and scaled as in
    training. Arrays must be upright and RGB; OpenCV's are BGR: pass `image[:, :, ::-1]`. Values of types
    other than uint8 are converted to 0..255 (docs/reference/pictures.md). A large JPEG is scaled down by its
    decoder, as in training; arrays of the same picture are not, so their probabilities may differ by some
    thousandths.

    Args:
        model: The content of a model file.
        threads: Number of threads per batch; None means one per processor. For many files, several batches
            are computed in parallel, which is faster with one thread each.
        folder: The folder of the model's file, if any. The list of pictures there provides the names of
            similar training pictures.

    Attributes:
        model: The content of the model file.
    """

    def __init__(self, model: file.Model, threads: int | None = None, *, folder: Path | None = None) -> None:
        self.model = model
        self._folder = folder
        self._threads = threads

    @cached_property
    def predictor(self) -> Predictor:
        """The predictor for prepared pictures, created on first use."""
        return Predictor(self.model, self._threads)

    @property
    def classes(self) -> tuple[str, ...]:
        """The class names, in the order of the probabilities."""
        return self.model.classes

    @property
    def network(self) -> str:
        """The network in notation, without the output layer."""
        return self.model.notation

    @overload
    def predict(self, pictures: Picture, top: int = 5) -> Prediction: ...
    @overload
    def predict(self, pictures: Pictures, top: int = 5) -> list[Prediction]: ...
    def predict(self, pictures: Picture | Pictures, top: int = 5) -> Prediction | list[Prediction]:
        """Predict the classes of pictures.

        Args:
            pictures: One picture, or several: a list, or an array (N, height, width) or (N, height, width,
                channels). If an array has three dimensions, the last one is channels if its size is 1, 3 or
                4; 4 channels (with alpha) are refused.
            top: Number of most probable classes to list, at least 1.

        Returns:
            A Prediction for one picture, a list for several.

        Raises:
            PictureError: A picture cannot be read; the message names it.
            SettingError: `top` is not a positive whole number.
        """
        _check_top(top)
        answers = self._answers(pictures)
        predictions = [self.prediction(name, _or_raise(answer), top) for name, answer in answers]
        return predictions[0] if is_single(pictures) else predictions

    def predict_proba(self, pictures: Picture | Pictures) -> NDArray[np.float64]:
        """Compute the probabilities of all classes; same arguments and errors as `predict`.

        Returns:
            float64 (N, classes), one row per picture, even for a single one; every row sums to 1, unless
            pictures may have several labels.
        """
        rows = [_or_raise(answer).probabilities for _, answer in self._answers(pictures)]
        return np.array(rows, np.float64).reshape(-1, len(self.classes))

    def predict_each(self, pictures: Pictures, top: int = 5) -> Iterator[Prediction | PictureError]:
        """Predict many pictures in order, with only a few in memory at a time; same arguments as `predict`.

        Yields:
            A Prediction, or the PictureError of an unreadable picture; the others still follow.
        """
        _check_top(top)
        for name, answer in self._answers(pictures):
            yield answer if isinstance(answer, PictureError) else self.prediction(name, answer, top)

    def explain(self, picture: Picture, *, truth: str | None = None, data: Data | None = None) -> Explanation:
        """Explain a picture step by step: a page in a notebook, or a file with `.save(path)`.

        Args:
            picture: One picture.
            truth: The name of its true class, if known.
            data: Labelled pictures as for `evaluate`, ideally the training pictures: to
                find the most similar ones, and which classes the last neurons respond to.

        Raises:
            PictureError: The picture cannot be read.
            SettingError: There is no such class.
            DataError: The data cannot be used.
        """
        from convscope.walkthrough.explanation import explain  # noqa: PLC0415 - predicting needs none of it

        return explain(self.model, picture, truth=truth, data=data, names=self.names_of_known)

    def evaluate(
        self, data: Data, part: PartOrAll = "test", *, progress: Progress | None = None
    ) -> Evaluation | LabelEvaluation:
        """Evaluate the classifier on labelled pictures.

        Args:
            data: A source: a folder of class folders, an archive of one, a manifest, idx files, `digits`,
                `shapes`, or a pair (pictures, labels) of arrays. Classes are matched by name.
            part: Which part of the source to use, or `all`. If the source has no test part, the pictures that
                training holds out are used, and the notes say so.
            progress: Called with (pictures prepared, pictures in total).

        Returns:
            An `Evaluation`, or a `LabelEvaluation` if pictures may have several labels.

        Raises:
            DataError: The source cannot be used, or has a class that the model does not have.
        """
        return self.evaluate_each(data, part, progress=progress)[0]

    def evaluate_each(
        self, data: Data, part: PartOrAll = "test", *, progress: Progress | None = None
    ) -> tuple[Evaluation | LabelEvaluation, list[EvaluatedPicture]]:
        """Evaluate, and list the pictures with truth and answer; same arguments and errors as `evaluate`."""
        selection = select(data, self.model, part, progress=progress)
        answers = self.answers_at(selection.store.pictures, selection.indices)
        figures = score_answers(answers, selection.target, selection.labels, self.model)
        indices: list[int] = selection.indices.tolist()
        names = (selection.store.names[index] for index in indices)
        texts = selection.target.names
        truths = (texts[label] for label in selection.labels.tolist())
        pictures = [
            EvaluatedPicture(name, truth, *self.as_one(answer.probabilities), answer.unknown)
            for name, truth, answer in zip(names, truths, answers, strict=True)
        ]
        return replace(figures, notes=selection.notes), pictures

    def as_one(self, probabilities: NDArray[np.float64]) -> tuple[str, float]:
        """Return an answer as a string, `cat` or `red;round`, and its probability."""
        (chosen,) = self.model.decide(probabilities[np.newaxis])
        text = joined(self.classes[index] for index in np.flatnonzero(chosen))
        if self.model.thresholds is None:
            return text, float(probabilities[chosen].item())
        return text, float(np.where(chosen, probabilities, 1 - probabilities).prod())

    def probabilities_at(
        self, pictures: NDArray[np.uint8], indices: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Compute the class probabilities of prepared pictures; same arguments as `answers_at`.

        Returns:
            float64 (n, classes).
        """
        rows = [answer.probabilities for answer in self.answers_at(pictures, indices)]
        return np.array(rows, np.float64).reshape(-1, len(self.classes))

    def answers_at(self, pictures: NDArray[np.uint8], indices: NDArray[np.int64]) -> list[Answer]:
        """Compute the answers for prepared pictures of a store, with one batch in memory at a time.

        Args:
            pictures: uint8 (N, height, width, channels), prepared; may be memory-mapped.
            indices: (n,) indices of the pictures.
        """
        parts = [indices[start : start + _STORE_BATCH] for start in range(0, len(indices), _STORE_BATCH)]
        return [answer for part in parts for answer in self.predictor.answers(pictures[part])]

    def prepared(self, picture: Picture, name: str, *, pixel_limit: int = PIXEL_LIMIT) -> NDArray[np.uint8]:
        """Read a picture and convert it to the network's input format.

        Args:
            picture: One picture.
            name: Its name, for the error message.
            pixel_limit: Files with more pixels are refused before they are decoded.

        Returns:
            uint8 (height, width, channels).

        Raises:
            PictureError: The picture cannot be read.
        """
        return self._read(picture, name, pixel_limit)[0]

    def _read(self, picture: Picture, name: str, pixel_limit: int) -> tuple[NDArray[np.uint8], str]:
        """Read and prepare a picture; also return a message on how it was read."""
        wanted = self.model.preparation
        reading = read_input(picture, name, wanted.shortest_side, pixel_limit)
        return prepare(reading.pixels, wanted), reading.note

    def prediction(self, name: str, answer: Answer, top: int = 5) -> Prediction:
        """Convert the predictor's answer for a picture to a prediction."""
        order = np.argsort(-answer.probabilities, kind="stable")
        ranked = tuple((self.classes[index], float(answer.probabilities[index])) for index in order[:top])
        similar = tuple(
            SimilarPicture(
                self.classes[one.label], one.similarity, one.digest, self.names_of_known.get(one.digest)
            )
            for one in answer.similar
        )
        (chosen,) = self.model.decide(answer.probabilities[np.newaxis])
        labels = tuple(self.classes[index] for index in order if chosen[index])
        return Prediction(
            name, *ranked[0], ranked, answer.score, answer.unknown, similar, answer.note, labels
        )

    @cached_property
    def names_of_known(self) -> dict[str, str]:
        """The names of the training pictures in the open-set rule, by digest, if known."""
        rule = self.model.open_set
        if self._folder is None or not isinstance(rule, Nearest):
            return {}
        return names_of(self._folder, self.model.receipt, rule.pictures)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model file.

        Raises:
            ConvscopeError: The file cannot be written.
        """
        file.save(self.model, path)

    def __repr__(self) -> str:
        kind = "labels" if self.model.has_several_labels else "classes"
        return f"<Classifier {self.network} of {len(self.classes)} {kind}>"

    def _repr_html_(self) -> str:
        size = self.model.preparation
        parameters = self.model.chain.parameter_count
        title = "labels" if self.model.has_several_labels else "classes"
        rows = {
            title: ", ".join(self.classes[:20]) + (", ..." if len(self.classes) > 20 else ""),
            "network": self.network,
            "parameters": f"{parameters:,}",
            "pictures": f"{size.channels} × {size.height} × {size.width}",
        }
        cells = (f"<tr><th>{title}</th><td>{html.escape(text)}</td></tr>" for title, text in rows.items())
        return f"<table>{''.join(cells)}</table>"

    def _answers(self, pictures: Picture | Pictures) -> Iterator[tuple[str, Answer | PictureError]]:
        numbered = enumerate(as_many(pictures), start=1)
        named = ((picture, picture_name(picture, number)) for number, picture in numbered)
        if is_single(pictures):
            # starting threads takes longer than predicting a single picture
            yield from self._answer_batch(list(named))
            return
        workers = processor_count()
        pending: deque[Future[list[tuple[str, Answer | PictureError]]]] = deque()
        with ThreadPoolExecutor(workers) as pool:
            while batch := list(itertools.islice(named, _THREAD_BATCH)):
                pending.append(pool.submit(self._answer_batch, batch))
                if len(pending) > workers:  # one more than there are workers, so that none has to wait
                    yield from pending.popleft().result()
            while pending:
                yield from pending.popleft().result()

    def _answer_batch(self, batch: Sequence[tuple[Picture, str]]) -> list[tuple[str, Answer | PictureError]]:
        read = [self._read_or_error(one) for one in batch]
        readable = [found[0] for found in read if not isinstance(found, PictureError)]
        answers = iter(
            answer_with_hints(self.predictor, np.stack(readable), self.classes) if readable else ()
        )
        return [
            (name, found if isinstance(found, PictureError) else next(answers).with_note(found[1]))
            for (_, name), found in zip(batch, read, strict=True)
        ]

    def _read_or_error(self, named: tuple[Picture, str]) -> tuple[NDArray[np.uint8], str] | PictureError:
        try:
            return self._read(*named, PIXEL_LIMIT)
        except PictureError as error:
            return error


def load(path: str | os.PathLike[str], threads: int | None = None) -> Classifier:
    """Load a trained classifier.

    Args:
        path: The model file (`.safetensors`), or the run folder that contains it.
        threads: See `Classifier`.

    Raises:
        ModelFileError: The file is missing, damaged or malicious, or is not a model file.
    """
    return Classifier(file.load(path), threads, folder=file.model_path(path).parent)


def _check_top(top: int) -> None:
    if not isinstance(top, int) or top < 1:  # pyright: ignore[reportUnnecessaryIsInstance] - people do pass None
        raise SettingError(f"top cannot be {top!r}", why="it is a whole number of at least 1")


def _or_raise(answer: Answer | PictureError) -> Answer:
    if isinstance(answer, PictureError):
        raise answer
    return answer
