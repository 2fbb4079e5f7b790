"""Train the small network that comes with convscope, test it on simulated mouse drawings, and write its file.

python benchmarks/shapes_model.py            # train, test, and write the file into the package
python benchmarks/shapes_model.py --check    # test the file that is there
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from convscope import train
from convscope.classifier import Classifier
from convscope.model.file import Model, load, save
from convscope.pictures.sources import open_source
from convscope.playground.shipped_model import shapes_model_path
from convscope.studio.walk.drawings import placement_of
from mouse_drawings import mouse_drawings

NETWORK, EPOCHS = "6C5p0-MP2-12C3p0-MP2", 50
_OF_THE_MACHINE = ("system", "machine", "processor", "processor_features", "threads", "resolved")
"""Entries of a receipt about the machine, which are irrelevant for users of the model."""


def main() -> None:
    """Train, unless `--check` is given; print the measurements."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="test the file that is there")
    if parser.parse_args().check:
        model = load(shapes_model_path())
    else:
        classifier = train("shapes", network=NETWORK, epochs=EPOCHS, start="scratch", flip=False)
        model = easy_to_follow(classifier.model)
        model = replace(model, figures={**model.figures, "mouse_drawings": mouse_accuracies(model)})
        save(model, shapes_model_path())
    chain = model.chain
    print(f"{chain.notation}: {chain.parameter_count:,} parameters, {chain.multiply_adds:,} multiply-adds")
    print(f"of the data set's own test pictures  {model.figures['accuracy_fraction']:.2%}")
    for way, accuracy in mouse_accuracies(model).items():
        print(f"of 1,800 mouse drawings, {way:<12}{accuracy:.2%}")


def easy_to_follow(model: Model) -> Model:
    """Rewrite a model so that pixels are read as 0 to 1 and the temperature is 1.

        w ((x - mean) / std) + b  =  (w 255 / std) (x / 255) + (b - mean / std sum(w))
        (W h + b) / T             =  (W / T) h + b / T

    The first only holds for a convolution without padding, because a padded 0 then means another pixel. The
    open-set rule is removed, because its threshold depends on the temperature.
    """
    first, last = model.chain.layers[0].name, model.chain.output.name
    weights = {name: weight.astype(np.float64) for name, weight in model.weights.items()}
    (mean,), (std,) = model.mean, model.std
    weights[f"{first}.bias"] -= mean / std * weights[f"{first}.weight"].sum(axis=(1, 2, 3))
    weights[f"{first}.weight"] *= 255 / std
    for kind in ("weight", "bias"):
        weights[f"{last}.{kind}"] /= model.temperature
    receipt = {key: text for key, text in model.receipt.items() if key not in _OF_THE_MACHINE}
    return replace(
        model,
        mean=(0.0,),
        std=(255.0,),
        temperature=1.0,
        open_set=None,
        weights={name: weight.astype(np.float32) for name, weight in weights.items()},
        receipt={**receipt, "rewritten": "pixels are 0 to 1; the temperature is part of the output layer"},
    )


def mouse_accuracies(model: Model) -> dict[str, float]:
    """Return the accuracy on 1,800 mouse drawings, placed as on a page, and not placed."""
    pictures = open_source("shapes")
    placement = placement_of(np.asarray(pictures.read(index)) for index in range(180))
    return {
        way: _accuracy(model, *mouse_drawings(1_800, where))
        for way, where in (("placed", placement), ("as drawn", None))
    }


def _accuracy(model: Model, pictures: np.ndarray, labels: list[str]) -> float:
    answers = Classifier(model).answers_at(pictures[..., np.newaxis], np.arange(len(pictures)))
    found = [model.classes[int(np.argmax(answer.probabilities))] for answer in answers]
    return float(np.mean([one == label for one, label in zip(found, labels, strict=True)]))


if __name__ == "__main__":
    main()
