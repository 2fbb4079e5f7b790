"""Every step of a convolutional network in NumPy, as a textbook defines it: small, slow and obviously right.

The steps explain a network number by number, and the fast implementations (PyTorch, our Numba kernels, ONNX
Runtime) are tested against them. They take one picture at a time, in float64. In the order of the chain:

    image                 pixels become maps: normalisation, channels first
    convolution           filters slide over the maps; each gives a feature map of weighted sums
    depthwise_convolution ... or each map has a filter of its own
    relu                  negative numbers become 0 ...
    relu6                 ... and numbers above 6 become 6
    addition              a shortcut: the input of a block of steps is added to its output
    joining               the maps of several steps, concatenated
    max_pooling           each window keeps its largest number ...
    average_pooling       ... or its mean
    flattening            maps become one column of numbers
    full_connection       each neuron is a weighted sum of all numbers (a fully connected or dense layer)
    softmax               logits become probabilities with sum 1 ...
    sigmoid               ... or each logit becomes an independent probability (several labels)
    cross_entropy         the loss to minimise after softmax ...
    binary_cross_entropy  ... and after sigmoids; for comparison:
    squared_error         a loss that hardly corrects a network that is confidently wrong ...
    binary_squared_error  ... and the same for several labels
    classification_error  what we want to minimise, but has no useful gradient

Each step is a module with the same three functions:

    forward(...)                the step's output
    gradient(at_output, ...)    the chain rule: the gradient at the input from the gradient at the output
                                (a loss is where gradients start, so it takes no `at_output`)
    explain(..., which number)  the arithmetic behind one output number, as a value that a page can draw

`windows` holds what convolution and pooling share: how windows slide, and how many fit. Maps are (channels,
height, width); rows, columns, channels, neurons and classes count from 0. Shapes that do not fit together
raise a NetworkError; impossible windows and indices raise a SettingError.

The textbook: I. Goodfellow, Y. Bengio, A. Courville, "Deep Learning", MIT Press 2016,
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
    addition,
    average_pooling,
    binary_cross_entropy,
    binary_squared_error,
    classification_error,
    convolution,
    cross_entropy,
    depthwise_convolution,
    flattening,
    full_connection,
    image,
    joining,
    max_pooling,
    relu,
    relu6,
    sigmoid,
    softmax,
    squared_error,
    windows,
)

POOLINGS: dict[str, ModuleType] = {"max_pooling": max_pooling, "average_pooling": average_pooling}
"""The module of each kind of pooling; all have `forward(maps, windows)`, `gradient` and `explain`."""

__all__ = [
    "POOLINGS",
    "addition",
    "average_pooling",
    "binary_cross_entropy",
    "binary_squared_error",
    "classification_error",
    "convolution",
    "cross_entropy",
    "depthwise_convolution",
    "flattening",
    "full_connection",
    "image",
    "joining",
    "max_pooling",
    "relu",
    "relu6",
    "sigmoid",
    "softmax",
    "squared_error",
    "windows",
]
