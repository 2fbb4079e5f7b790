"""The course: seven steps in the order of the chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from convscope.studio.lesson import (
    convolution,
    flattening,
    full_connection,
    image,
    pooling,
    relu,
    softmax,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from convscope.studio.lesson.exhibit import Stop
    from convscope.studio.lesson.material import Material
    from convscope.studio.lesson.question import Question


@dataclass(frozen=True, slots=True)
class Page:
    """One step of the course.

    Attributes:
        name: For addresses.
        title: For people.
        attempt: What to try on the page.
        source: Where to read more.
        exhibit: Says which steps are shown, and of which material: the smiley's where the network has none.
        questions: Makes the questions.
    """

    name: str
    title: str
    attempt: str
    source: str
    exhibit: Callable[[Material], tuple[Material, list[Stop]]]
    questions: Callable[[Material], tuple[Question, ...]]


_BOOK = "Goodfellow, Bengio, Courville: Deep Learning (2016), "

PAGES = {
    page.name: page
    for page in (
        Page(
            "image",
            "Image",
            "Choose pixels with the mouse or arrow keys. Where are the numbers large, and where negative?",
            _BOOK + "section 12.2.1",
            image.exhibit,
            image.questions,
        ),
        Page(
            "convolution",
            "Convolution",
            "Choose cells of the feature map and watch the window on the input. Where is the sum large?",
            _BOOK + "sections 9.1, 9.5; Dumoulin, Visin: A guide to convolution arithmetic (2016)",
            convolution.exhibit,
            convolution.questions,
        ),
        Page(
            "relu",
            "ReLU",
            "Find a negative cell (blue) on the left. What has become of it on the right?",
            _BOOK + "section 6.3.1; Glorot, Bordes, Bengio: Deep sparse rectifier neural networks (2011)",
            relu.exhibit,
            relu.questions,
        ),
        Page(
            "pooling",
            "Pooling",
            "Choose cells of the pooled map. Which cell of its window wins, and what is lost?",
            _BOOK + "section 9.3",
            pooling.exhibit,
            pooling.questions,
        ),
        Page(
            "flattening",
            "Flattening",
            "Move one cell down, then on to the next map. How far does the index in the vector move?",
            "The PyTorch documentation of torch.flatten, which reads the maps in the same order",
            flattening.exhibit,
            flattening.questions,
        ),
        Page(
            "full-connection",
            "Full connection",
            "Choose another class. Which inputs that raised the first logit lower this one?",
            _BOOK + "section 6.1",
            full_connection.exhibit,
            full_connection.questions,
        ),
        Page(
            "softmax",
            "Softmax and cross-entropy",
            "Choose another true class. How large is the loss of the same prediction then?",
            _BOOK + "sections 4.1, 6.2.2.3 and 6.2.1.1",
            softmax.exhibit,
            softmax.questions,
        ),
    )
}
