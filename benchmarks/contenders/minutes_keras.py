"""Train a network on photos in class folders with Keras, from scratch, and evaluate it after some minutes.

    python minutes_keras.py PHOTOS TESTS OUTPUT MINUTES [MINUTES ...]

PHOTOS has the folder train, with class folders. TESTS is a text file with one path per line. OUTPUT is a
folder and gets a file MINUTES.txt with the class of each test photo, one per line. The clock starts with the
process and is stopped while test photos are classified. Network, augmentation and optimiser are those of
TensorFlow's tutorial "Image classification" (https://www.tensorflow.org/tutorials/images/classification).
"""

from __future__ import annotations

import sys
import time

BEGIN = time.perf_counter()

from pathlib import Path  # noqa: E402  # the clock comes first

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402
from PIL import Image  # noqa: E402

SIDES = 180, 180
BATCH = 32


def main() -> None:
    """Train until the last time limit, and classify the test photos at each."""
    photos, tests, output = map(Path, sys.argv[1:4])
    marks = [float(text) for text in sys.argv[4:]]
    keras.utils.set_random_seed(0)
    pictures = keras.utils.image_dataset_from_directory(
        photos / "train", image_size=SIDES, batch_size=BATCH, verbose=False
    )
    classes = pictures.class_names
    model = tutorial_network(len(classes))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss)
    stopped = 0.0
    for batch, labels in pictures.cache().shuffle(1000, seed=0).repeat().prefetch(2):
        model.train_on_batch(batch, labels)
        if time.perf_counter() - BEGIN - stopped < 60 * marks[0]:
            continue
        at = time.perf_counter()
        answers = [classes[place] for place in classify(model, tests.read_text().splitlines())]
        (output / f"{marks.pop(0):g}.txt").write_text("\n".join(answers))
        stopped += time.perf_counter() - at
        if not marks:
            break


def tutorial_network(classes: int) -> keras.Model:
    """Create the tutorial's last network, with dropout and augmentation."""
    convolutions = [
        layer
        for filters in (16, 32, 64)
        for layer in (layers.Conv2D(filters, 3, padding="same", activation="relu"), layers.MaxPooling2D())
    ]
    return keras.Sequential(
        [
            keras.Input((*SIDES, 3)),
            layers.RandomFlip("horizontal"),
            layers.RandomRotation(0.1),
            layers.RandomZoom(0.1),
            layers.Rescaling(1 / 255),
            *convolutions,
            layers.Dropout(0.2),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(classes),
        ]
    )


def classify(model: keras.Model, paths: list[str]) -> list[int]:
    """Return the class index of each photo."""
    pixels = [np.asarray(Image.open(path).convert("RGB").resize(SIDES), np.float32) for path in paths]
    return model.predict(np.stack(pixels), batch_size=BATCH, verbose=0).argmax(1).tolist()


if __name__ == "__main__":
    main()
