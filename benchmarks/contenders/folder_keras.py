"""Train on a folder with Keras as in its tutorials: `image_dataset_from_directory` and `fit`.

python contenders/folder_keras.py FOLDER SIDE NETWORK EPOCHS
"""

from __future__ import annotations

import sys
from pathlib import Path

import keras
from keras import layers

sys.path.insert(0, str(Path(__file__).parent.parent))
from contenders.keras_steps import chain

BATCH = 128


def main() -> None:
    """Train, and print the time at the end of each epoch."""
    folder, side, network, epochs = sys.argv[1:]
    sides = (int(side), int(side))
    pictures = keras.utils.image_dataset_from_directory(
        f"{folder}/train", image_size=sides, batch_size=BATCH, verbose=False
    )
    steps = chain(network, len(pictures.class_names))
    model = keras.Sequential([keras.Input((*sides, 3)), layers.Rescaling(1 / 255), *steps])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss)
    ended = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, _logs: print("epoch", epoch + 1, flush=True)
    )
    model.fit(pictures.prefetch(2), epochs=int(epochs), verbose=0, callbacks=[ended])


if __name__ == "__main__":
    main()
