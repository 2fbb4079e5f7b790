"""The course: the seven steps in the order of the chain, then learning and overfitting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from convscope.studio.lesson import (
    convolution,
    flattening,
    full_connection,
    image,
    learning,
    overfitting,
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
    """One page of the course.

    Attributes:
        name: Name in URLs.
        title: Title for display.
        short: Short title.
        text: Introduction in a few sentences, which explains the terms used in its questions.
        attempt: A suggestion of what to try on the page.
        gist: The key point, in one sentence.
        source: Further reading.
        questions: Creates the questions.
        exhibit: Chooses the steps to show, and their material: the lesson's own if the network has no such
            steps. None for pages that show something else.
    """

    name: str
    title: str
    short: str
    text: str
    attempt: str
    gist: str
    source: str
    questions: Callable[[Material], tuple[Question, ...]]
    exhibit: Callable[[Material], tuple[Material, list[Stop]]] | None = None


_BOOK = "Goodfellow, Bengio, Courville: Deep Learning (2016), "

PAGES = {
    page.name: page
    for page in (
        Page(
            "image",
            "Image",
            "Image",
            "To a network, a picture is a grid of numbers: one for each pixel and each of its colour "
            "channels.",
            "Choose pixels with the mouse or arrow keys. Where are the numbers large, and where 0?",
            "A picture is numbers. What looks the same to us can be very different numbers to a network.",
            _BOOK + "section 12.2.1",
            image.questions,
            image.exhibit,
        ),
        Page(
            "convolution",
            "Convolution",
            "Convolution",
            "A filter, a small grid of weights, slides over the picture. At each position, every pixel is "
            "multiplied by the weight that lies on it, and the products and a bias are added up. The sums "
            "form a feature map: they are large where the picture looks like the filter.",
            "Point at cells of the feature map and watch the window on the input. Where is the sum large?",
            "The same few weights look for the same feature everywhere; if the picture moves, the map "
            "moves along.",
            _BOOK + "sections 9.1, 9.5; Dumoulin, Visin: A guide to convolution arithmetic (2016)",
            convolution.questions,
            convolution.exhibit,
        ),
        Page(
            "relu",
            "ReLU",
            "ReLU",
            "ReLU keeps positive numbers and replaces all others with 0: a feature is there, or it is not.",
            "Find a negative cell (blue) on the left. What does it become on the right?",
            "Without ReLU, any number of layers can do no more than one.",
            _BOOK + "section 6.3.1; Glorot, Bordes, Bengio: Deep sparse rectifier neural networks (2011)",
            relu.questions,
            relu.exhibit,
        ),
        Page(
            "pooling",
            "Pooling",
            "Pooling",
            "Pooling keeps one number of each small window: max pooling the largest. The maps become "
            "smaller, and it matters less where exactly in its window a feature was found.",
            "Point at cells of the pooled map. Which cell of its window wins, and what is lost?",
            "Pooling gives up the exact place of a feature for smaller maps and more stable numbers.",
            _BOOK + "section 9.3",
            pooling.questions,
            pooling.exhibit,
        ),
        Page(
            "flattening",
            "Flattening",
            "Flattening",
            "Flattening writes all maps into one long column of numbers, a vector: map after map, row "
            "after row.",
            "Move one cell down, then on to the next map. How far does the index in the vector move?",
            "No number changes; only the knowledge of which cells were neighbours is lost.",
            "The PyTorch documentation of torch.flatten, which reads the maps in the same order",
            flattening.questions,
            flattening.exhibit,
        ),
        Page(
            "full-connection",
            "Full connection",
            "Full connection",
            "A fully connected layer has one neuron for each class. It multiplies every number of the "
            "vector by a weight of its own and adds everything up, with a bias. The sum is the logit of "
            "that class: the larger, the more the evidence speaks for it.",
            "Choose another class. Which inputs that raised the first logit lower this one?",
            "A logit is a weighted vote: many small pieces of evidence for and against a class.",
            _BOOK + "section 6.1",
            full_connection.questions,
            full_connection.exhibit,
        ),
        Page(
            "softmax",
            "Softmax and cross-entropy",
            "Softmax, loss",
            "Softmax turns logits into probabilities that add up to 1. The loss says how wrong they are: "
            "cross-entropy is −ln of the probability of the true class, 0 for a confident, correct answer.",
            "Choose another true class. How large is the loss of the same answer then?",
            "Cross-entropy punishes confident mistakes hardest, and never stops correcting them.",
            _BOOK + "sections 4.1, 6.2.2.3 and 6.2.1.1",
            softmax.questions,
            softmax.exhibit,
        ),
        Page(
            "learning",
            "Gradient descent and backpropagation",
            "Learning",
            "Where do the weights come from? At first they are random. The gradient of the loss at a "
            "weight says how fast the loss changes as that weight grows. Gradient descent moves each "
            "weight a little against its gradient, times the learning rate, again and again. "
            "Backpropagation computes all gradients at once, from the loss back to the first layer.",
            "Take steps with each learning rate. Which one gets to the valley, which one is slow, which "
            "goes too far?",
            "Learning means small steps downhill; errors flow back through the same steps that caused them.",
            _BOOK + "sections 4.3, 6.5 and 8.1",
            learning.questions,
        ),
        Page(
            "overfitting",
            "Overfitting",
            "Overfitting",
            "A network can memorise its training pictures instead of learning what they share. It is "
            "then right on them and wrong on new ones: that is overfitting. So accuracy is measured on "
            "validation pictures, which are not used for training.",
            "Compare the three runs. Where do the training and validation curves diverge?",
            "Only pictures not used for training show how good a network is; more, and more varied, "
            "pictures help most.",
            _BOOK + "sections 5.2, 7.4 and 7.8",
            overfitting.questions,
        ),
    )
}
