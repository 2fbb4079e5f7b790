"""Why this prediction: two maps of the picture, computed in two independent ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convscope.walkthrough.arrays import encode
from convscope.walkthrough.document import ClassMap, GradCam, Occlusion, Why
from convscope.walkthrough.grad_cam import grad_cam, layer_of
from convscope.walkthrough.losses import MAX_CLASSES
from convscope.walkthrough.occlusion import FEW_MOVES, MOVES, occlude

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.model.predictor import Predictor
    from convscope.walkthrough.numpy_chain import ComputedStep

_LARGE_NETWORK = 100_000_000
"""Multiply-adds a picture from which on a square moves less often."""


def why(steps: Sequence[ComputedStep], model: Model, predictor: Predictor, pixels: NDArray[np.uint8]) -> Why:
    """Explain the predicted class by Grad-CAM and by occlusion.

    Args:
        steps: What `numpy_chain.forward` returned.
        model: The model.
        predictor: The same model, ready to predict.
        pixels: uint8 (height, width, channels), prepared.
    """
    predicted = int(steps[-1].input.argmax())
    return Why(
        grad_cam=_grad_cam(steps, model, predicted), occlusion=_occlusion(model, predictor, pixels, predicted)
    )


def _grad_cam(steps: Sequence[ComputedStep], model: Model, predicted: int) -> GradCam | None:
    layer = layer_of(steps)
    if layer is None:
        return None
    shown = range(len(model.classes)) if len(model.classes) <= MAX_CLASSES else (predicted,)
    maps = {index: encode(grad_cam(steps, model, layer, index), "float32") for index in shown}
    channels, height, width = layer.output.shape
    text = (
        f"Each of the {channels} maps of {layer.name} is weighted by the mean gradient "
        "of the class's logit on it. Their sum, with negative numbers set to 0 and divided by its largest "
        "value, shows where the evidence lies. These maps are used because they say most about the classes "
        f"and still have positions: {height} × {width} of them."
    )
    classes = [ClassMap(class_index=index, map=encoded) for index, encoded in maps.items()]
    return GradCam(layer=layer.name, map=maps[predicted], classes=classes, text=text)


def _occlusion(model: Model, predictor: Predictor, pixels: NDArray[np.uint8], predicted: int) -> Occlusion:
    is_large = model.chain.multiply_adds > _LARGE_NETWORK
    occluded = occlude(predictor, pixels, model.mean, predicted, FEW_MOVES if is_large else MOVES)
    (height, width), (down, across) = occluded.window, occluded.stride
    text = (
        f"A square of {height} × {width} pixels in the mean colour of the training pictures moves over the "
        f"picture in steps of {down} pixels down and {across} across. Each cell shows how much probability "
        f"'{model.classes[predicted]}' loses with the square there."
    )
    return Occlusion(
        window=[height, width], stride=[down, across], map=encode(occluded.lost, "float32"), text=text
    )
