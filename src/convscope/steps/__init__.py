"""Every step of a convolutional network by the book, in NumPy: small, slow and obviously right.

The steps explain a network, number by number, and they are the oracle that the fast engine is held against.
They take one picture at a time, in float64. In the order of the chain:

    image                 pixels become maps: normalisation, channels first
    convolution           filters slide over the maps and sum products: feature maps
    relu                  negative numbers become 0
    max_pooling           every window gives its largest number ...
    average_pooling       ... or its mean
    flattening            maps become one column of numbers
    full_connection       neurons weigh all the numbers before them
    softmax               logits become probabilities
    cross_entropy         the loss that networks learn from; beside it, to compare,
    mean_squared_error    the loss that hardly moves a network that is surely wrong, and
    classification_error  what one wants to be small, and cannot learn from

Each step is a module with the same three functions:

    forward(...)                what the step gives out
    gradient(at_output, ...)    the chain rule: from the gradient at the step's output to that at what went in
                                (a loss is where gradients start, so it takes no `at_output`)
    explain(..., which number)  how one output number came about, as a value that a page can draw

`windows` holds what convolution and pooling share: how windows slide, and how many fit. Maps are (channels,
height, width) and rows, columns, channels, neurons and classes are counted from 0. Arrays that do not fit
together raise a NetworkError; windows and places that cannot be raise a SettingError.

The book: I. Goodfellow, Y. Bengio, A. Courville, "Deep Learning", MIT Press 2016,
https://www.deeplearningbook.org.

Example:
    >>> import numpy as np
    >>> from convscope.steps import convolution, flattening, max_pooling, relu, windows
    >>> picture = np.arange(16.0).reshape(1, 4, 4)
    >>> maps = convolution.forward(picture, filters=[[[[-1, 0], [0, 1]]]], bias=[-4])
    >>> column = flattening.forward(max_pooling.forward(relu.forward(maps), windows.Windows((3, 3), (3, 3))))
    >>> column.tolist()
    [1.0]
"""

from types import ModuleType

from convscope.steps import (
    average_pooling,
    classification_error,
    convolution,
    cross_entropy,
    flattening,
    full_connection,
    image,
    max_pooling,
    mean_squared_error,
    relu,
    softmax,
    windows,
)

POOLINGS: dict[str, ModuleType] = {"max_pooling": max_pooling, "average_pooling": average_pooling}
"""The module of each kind of pooling; all have `forward(maps, windows)`, `gradient` and `explain`."""

__all__ = [
    "POOLINGS",
    "average_pooling",
    "classification_error",
    "convolution",
    "cross_entropy",
    "flattening",
    "full_connection",
    "image",
    "max_pooling",
    "mean_squared_error",
    "relu",
    "softmax",
    "windows",
]
