"""Keras as in its tutorials, `fit` on arrays, on the backend given by the variant."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

import keras
from keras import layers

from contenders.noise import CLASSES, pictures_and_labels
from convscope.network.notation import Convolution, FullConnection, Pooling, parse

if TYPE_CHECKING:
    from collections.abc import Callable


def make(variant: str, network: str, shape: tuple[int, int, int], batch: int) -> Callable[[int], None]:
    """Forward, backward and gradient descent with momentum; `mixed` uses Keras's mixed precision."""
    if variant == "mixed":
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((*shape[1:], shape[0])), *chain(network)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss)
    made = cache(partial(pictures_and_labels, shape))

    def take(steps: int) -> None:
        pictures, labels = made(batch * steps)
        model.fit(pictures, labels, batch_size=batch, epochs=1, shuffle=False, verbose=0)

    return take


def chain(network: str, classes: int = CLASSES) -> list[keras.Layer]:
    """Create the layers of a notation, including the output layer."""
    steps: list[keras.Layer] = []
    for layer in parse(network):
        match layer:
            case Convolution(filters, windows):  # all of them preserve the size of the maps
                steps.append(
                    layers.Conv2D(filters, windows.size, windows.stride, padding="same", activation="relu")
                )
            case Pooling(_, windows):
                steps.append(layers.MaxPooling2D(windows.size, windows.stride))
            case FullConnection(neurons):
                steps += [layers.Flatten(), layers.Dense(neurons, activation="relu")]
    return [*steps, layers.Flatten(), layers.Dense(classes, dtype="float32")]
