"""Why this prediction: two maps of the picture, computed by two independent methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convscope.walkthrough.arrays import encode
from convscope.walkthrough.class_map import ClassMap, class_map
from convscope.walkthrough.explanation_document import (
    ClassEvidence,
    Evidence,
    EvidencePart,
    GradCam,
    GradCamMap,
    Occlusion,
    OcclusionMap,
    Why,
)
from convscope.walkthrough.grad_cam import grad_cam, layer_of
from convscope.walkthrough.occlusion import moves_in, occlude
from convscope.walkthrough.truth import MAX_CLASSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from convscope.model.file import Model
    from convscope.model.predictor import Predictor
    from convscope.walkthrough.numpy_chain import ComputedStep


def why(steps: Sequence[ComputedStep], model: Model, predictor: Predictor, pixels: NDArray[np.uint8]) -> Why:
    """Explain the classes by their exact class maps, or else by Grad-CAM, and by occlusion.

    Args:
        steps: The result of `numpy_chain.forward`.
        model: The model.
        predictor: The same model, ready to predict.
        pixels: uint8 (height, width, channels), prepared.
    """
    predicted = int(steps[-1].input.argmax())
    evidence = _evidence(steps, model, predicted)
    return Why(
        evidence=evidence,
        grad_cam=None if evidence else _grad_cam(steps, model, predicted),
        occlusion=_occlusion(model, predictor, pixels, predicted),
    )


def _shown_classes(model: Model, predicted: int) -> Sequence[int]:
    return range(len(model.classes)) if len(model.classes) <= MAX_CLASSES else (predicted,)


def _evidence(steps: Sequence[ComputedStep], model: Model, predicted: int) -> Evidence | None:
    found = [class_map(steps, model, index) for index in _shown_classes(model, predicted)]
    maps = [one for one in found if one is not None]
    if not maps:
        return None
    height, width = maps[0].on_finest().shape
    text = (
        "The output layer reads means of maps, so each logit is a sum over places: bias + sum of weight × "
        "feature / places. The map shows what each place adds, in units of the logit. Nothing is "
        "approximated: the bias and all places together are the logit."
    )
    if len(maps[0].maps) > 1:
        text += (
            f" The maps of {len(maps[0].maps)} steps are laid on the finest of them, {height} × {width}; a "
            "cell of a coarser map is spread evenly over the cells that it covers, which leaves the sum as "
            "it is."
        )
    return Evidence(classes=[_class_evidence(one) for one in maps], text=text)


def _class_evidence(found: ClassMap) -> ClassEvidence:
    parts = [
        EvidencePart(step=name, total=float(map_.sum()), map=encode(map_, "float32"))
        for name, map_ in found.maps.items()
    ]
    return ClassEvidence(
        class_index=found.class_index,
        bias=found.bias,
        logit=found.logit,
        parts=parts,
        map=encode(found.on_finest(), "float32"),
    )


def _grad_cam(steps: Sequence[ComputedStep], model: Model, predicted: int) -> GradCam | None:
    layer = layer_of(steps)
    if layer is None:
        return None
    shown = _shown_classes(model, predicted)
    maps = {index: encode(grad_cam(steps, model, layer, index), "float32") for index in shown}
    channels, height, width = layer.output.shape
    step, _, activation = layer.name.partition(".")
    named = step.replace("_", " ") + (" after ReLU" if activation else "")
    text = (
        f"Each of the {channels} maps of {named} is weighted by the mean gradient "
        "of the class's logit on it. Their sum, with negative numbers set to 0 and divided by its largest "
        "value, shows where the evidence lies. These maps are used because they say most about the classes "
        f"and still have positions: {height} × {width} of them."
    )
    classes = [GradCamMap(class_index=index, map=encoded) for index, encoded in maps.items()]
    return GradCam(layer=layer.name, map=maps[predicted], classes=classes, text=text)


def _occlusion(model: Model, predictor: Predictor, pixels: NDArray[np.uint8], predicted: int) -> Occlusion:
    occluded = occlude(predictor, pixels, model.mean, moves_in(model))
    (height, width), (down, across) = occluded.window, occluded.stride
    text = (
        f"A square of {height} × {width} pixels in the mean colour of the training pictures moves over the "
        f"picture in steps of {down} × {across} pixels. Each cell shows how much probability "
        "the class loses with the square there."
    )
    classes = [
        OcclusionMap(class_index=index, map=encode(occluded.lost[index], "float32"))
        for index in _shown_classes(model, predicted)
    ]
    return Occlusion(window=[height, width], stride=[down, across], classes=classes, text=text)
