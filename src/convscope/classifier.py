"""A trained classifier as people use it from Python."""

from __future__ import annotations

import html
import itertools
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, overload

import numpy as np

from convscope.common.processors import processor_count
from convscope.errors import PictureError
from convscope.model import file
from convscope.model.evaluation import Evaluation, evaluate_answers
from convscope.model.inputs import Picture, Pictures, as_many, is_single, picture_name, pixels_of
from convscope.model.predictor import Answer, Predictor
from convscope.model.selection import Judged, select
from convscope.pictures.preparation import prepare
from convscope.pictures.reading import PIXEL_LIMIT

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence
    from concurrent.futures import Future

    from numpy.typing import NDArray

    from convscope.pictures.decoding import Progress
    from convscope.pictures.sources import Data
    from convscope.walkthrough.explanation import Explanation

_AT_ONCE = 128
"""So many prepared pictures of a store are held in memory."""
_TOGETHER = 4
"""So many pictures are read and then predicted by one thread, while others do the same with the next ones."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a classifier says about one picture.

    Attributes:
        name: The picture's path, or its place among those given: `picture 1`.
        label: The most probable class.
        probability: How probable the classifier holds it, 0 to 1.
        top: The most probable classes with their probabilities, best first.
        score: How well the picture fits to the classes, all together: the higher, the better; None if the
            model cannot tell.
        unknown: Whether it fits so little that it is probably of none of them. The label then says which
            class it is least unlike.
    """

    name: str
    label: str
    probability: float
    top: tuple[tuple[str, float], ...]
    score: float | None = None
    unknown: bool = False


class Classifier:
    """A trained classifier: `convscope.load` returns it.

    A picture is a path, the bytes of a file, a PIL image or a uint8 array (height, width) or (height, width,
    channels). Every picture is prepared exactly as in training.

    Args:
        model: What the model file holds.
        threads: How many threads compute a batch; None takes one for every processor there is. Of many files
            several batches are computed at the same time, which is faster if each takes one thread.

    Attributes:
        model: As given.
        predictor: Computes probabilities of prepared pictures.
    """

    def __init__(self, model: file.Model, threads: int | None = None) -> None:
        self.model = model
        self.predictor = Predictor(model, threads)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the probabilities."""
        return self.model.classes

    @property
    def network(self) -> str:
        """The network's notation, output layer left out."""
        return self.model.notation

    @overload
    def predict(self, pictures: Picture, top: int = 5) -> Prediction: ...
    @overload
    def predict(self, pictures: Pictures, top: int = 5) -> list[Prediction]: ...
    def predict(self, pictures: Picture | Pictures, top: int = 5) -> Prediction | list[Prediction]:
        """Say which class a picture is of.

        Args:
            pictures: One picture, or several: a list, or an array (N, height, width) or (N, height, width,
                channels). Of three sides the last is taken for channels if it is 1, 3 or 4, of which 4, with
                opacity, is refused.
            top: How many of the most probable classes a prediction lists at most.

        Returns:
            A Prediction for one picture, a list for several.

        Raises:
            PictureError: A picture cannot be read; the message names it.
        """
        answers = self._answers(pictures)
        predictions = [self.prediction(name, _or_raise(answer), top) for name, answer in answers]
        return predictions[0] if is_single(pictures) else predictions

    def predict_proba(self, pictures: Picture | Pictures) -> NDArray[np.float64]:
        """Compute the probabilities of all classes; arguments and errors as for `predict`.

        Returns:
            float64 (N, classes), one row a picture, also for a single one; every row sums to 1.
        """
        rows = [_or_raise(answer).probabilities for _, answer in self._answers(pictures)]
        return np.array(rows, np.float64).reshape(-1, len(self.classes))

    def predict_each(self, pictures: Pictures, top: int = 5) -> Iterator[Prediction | PictureError]:
        """Predict one picture after the other, in order, holding only a few in memory.

        Yields:
            A Prediction, or the PictureError of a picture that cannot be read; the next ones follow anyway.
        """
        for name, answer in self._answers(pictures):
            yield answer if isinstance(answer, PictureError) else self.prediction(name, answer, top)

    def explain(self, picture: Picture, *, truth: str | None = None, data: Data | None = None) -> Explanation:
        """Show every step of the network on a picture: in a notebook as a page, with `.save(path)` as a file.

        Args:
            picture: One picture.
            truth: The name of the class that it is truly of, if that is known.
            data: A source of labelled pictures, as for `evaluate`, such as the classifier was trained on: to
                find those that are most alike, and which classes the last neurons answer to.

        Raises:
            PictureError: The picture cannot be read.
            SettingError: There is no such class.
            DataError: The data cannot be used.
        """
        from convscope.walkthrough.explanation import explain  # noqa: PLC0415 - predicting needs none of it

        return explain(self.model, picture, truth=truth, data=data)

    def evaluate(self, data: Data, part: Judged = "test", *, progress: Progress | None = None) -> Evaluation:
        """Measure how good the classifier is on labelled pictures.

        Args:
            data: A source: a folder of class folders, an archive of one, a manifest, idx files, `digits`, or
                a pair (pictures, labels) of arrays. Classes are matched by name.
            part: The part of the source to judge by, or `all`. Where the source has no test pictures of its
                own, they are those that training sets aside, and the notes say so.
            progress: Called with (pictures prepared, pictures in all).

        Raises:
            DataError: The source cannot be used, or has a class the model does not know.
        """
        selection = select(data, self.model, part, progress=progress)
        answers = self.answers_at(selection.store.pictures, selection.indices)
        return replace(evaluate_answers(answers, selection.labels, self.model), notes=selection.notes)

    def probabilities_at(
        self, pictures: NDArray[np.uint8], indices: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Compute the probabilities for some prepared pictures of a store; arguments as for `answers_at`.

        Returns:
            float64 (n, classes).
        """
        rows = [answer.probabilities for answer in self.answers_at(pictures, indices)]
        return np.array(rows, np.float64).reshape(-1, len(self.classes))

    def answers_at(self, pictures: NDArray[np.uint8], indices: NDArray[np.int64]) -> list[Answer]:
        """Answer about some prepared pictures of a store, holding only a batch of them in memory.

        Args:
            pictures: uint8 (N, height, width, channels), prepared; may be mapped from the disk.
            indices: (n,) which of them.
        """
        parts = [indices[start : start + _AT_ONCE] for start in range(0, len(indices), _AT_ONCE)]
        return [answer for part in parts for answer in self.predictor.answers(pictures[part])]

    def prepared(self, picture: Picture, name: str, *, pixel_limit: int = PIXEL_LIMIT) -> NDArray[np.uint8]:
        """Read a picture and bring it into the form that the predictor takes.

        Args:
            picture: One picture.
            name: What people call it, for the error.
            pixel_limit: A file that unfolds to more pixels is refused before it is decoded.

        Returns:
            uint8 (height, width, channels).

        Raises:
            PictureError: The picture cannot be read.
        """
        wanted = self.model.preparation
        return prepare(pixels_of(picture, name, wanted.shortest_side, pixel_limit), wanted)

    def prediction(self, name: str, answer: Answer, top: int = 5) -> Prediction:
        """Say what the predictor's answer means for the picture of that name."""
        best = np.argsort(-answer.probabilities, kind="stable")[: max(1, top)]
        ranked = tuple((self.classes[place], float(answer.probabilities[place])) for place in best)
        return Prediction(name, *ranked[0], top=ranked, score=answer.score, unknown=answer.unknown)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model file.

        Raises:
            ConvscopeError: The file cannot be written.
        """
        file.save(self.model, path)

    def __repr__(self) -> str:
        return f"<Classifier {self.network} of {len(self.classes)} classes>"

    def _repr_html_(self) -> str:
        size = self.model.preparation
        parameters = self.model.chain.parameter_count
        rows = {
            "classes": ", ".join(self.classes[:20]) + (", ..." if len(self.classes) > 20 else ""),
            "network": self.network,
            "parameters": f"{parameters:,}",
            "pictures": f"{size.channels} × {size.height} × {size.width}",
        }
        cells = (f"<tr><th>{title}</th><td>{html.escape(text)}</td></tr>" for title, text in rows.items())
        return f"<table>{''.join(cells)}</table>"

    def _answers(self, pictures: Picture | Pictures) -> Iterator[tuple[str, Answer | PictureError]]:
        given = enumerate(as_many(pictures), start=1)
        named = ((picture, picture_name(picture, place)) for place, picture in given)
        if is_single(pictures):
            yield from self._answered(list(named))  # threads take longer to start than one picture to predict
            return
        workers = processor_count()
        under_way: deque[Future[list[tuple[str, Answer | PictureError]]]] = deque()
        with ThreadPoolExecutor(workers) as pool:
            while batch := list(itertools.islice(named, _TOGETHER)):
                under_way.append(pool.submit(self._answered, batch))
                if len(under_way) > workers:  # one more than are worked on, so that nobody waits for the next
                    yield from under_way.popleft().result()
            while under_way:
                yield from under_way.popleft().result()

    def _answered(self, batch: Sequence[tuple[Picture, str]]) -> list[tuple[str, Answer | PictureError]]:
        prepared = [self._prepared(one) for one in batch]
        readable = [pixels for pixels in prepared if not isinstance(pixels, PictureError)]
        answers = iter(self.predictor.answers(np.stack(readable)) if readable else ())
        return [
            (name, pixels if isinstance(pixels, PictureError) else next(answers))
            for (_, name), pixels in zip(batch, prepared, strict=True)
        ]

    def _prepared(self, named: tuple[Picture, str]) -> NDArray[np.uint8] | PictureError:
        try:
            return self.prepared(*named)
        except PictureError as error:
            return error


def load(path: str | os.PathLike[str], threads: int | None = None) -> Classifier:
    """Open a model file.

    Args:
        path: The `.safetensors` file that training wrote.
        threads: As for Classifier.

    Raises:
        ModelFileError: There is no such file, or it is damaged, truncated, foreign or hostile.
    """
    return Classifier(file.load(path), threads)


def _or_raise(answer: Answer | PictureError) -> Answer:
    if isinstance(answer, PictureError):
        raise answer
    return answer
