"""Class activation mapping (CAM): the exact contribution of each position to the logit of a class.

If the output layer reads the means of maps (global average pooling, joined or not), the logit is a sum over
positions. With A[s] the maps of a step s, P[s] their number of positions, and w the weights of the class,

    logit = bias + sum over s, y, x of map[s][y, x]
    map[s][y, x] = sum over channels c of w[s, c] A[s][c, y, x] / P[s]

This needs no approximation and no gradient: bias and maps sum to the logit exactly.

Source: B. Zhou et al., "Learning deep features for discriminative localization", CVPR 2016,
https://arxiv.org/abs/1512.04150; here for the maps of several steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from convscope.walkthrough.edits import overlap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convscope.model.file import Model
    from convscope.network.chain import Chain
    from convscope.steps.arrays import Array
    from convscope.walkthrough.numpy_chain import ComputedStep


@dataclass(frozen=True, slots=True, eq=False)
class ClassMap:
    """The contribution of each position to the logit of a class.

    Attributes:
        class_index: The class.
        bias: Bias of the class.
        logit: Logit of the class.
        maps: The class map of each step, by name, (height, width) of the step's maps.
    """

    class_index: int
    bias: float
    logit: float
    maps: dict[str, Array]

    def on_finest(self) -> Array:
        """Add all maps at the finest resolution: each cell is distributed evenly over those it covers.

        Example:
            >>> maps = {"a": np.array([[1.0, 2.0]]), "b": np.array([[8.0]])}
            >>> ClassMap(0, bias=1.0, logit=12.0, maps=maps).on_finest().tolist()
            [[5.0, 6.0]]
        """
        height, width = (max(map_.shape[axis] for map_ in self.maps.values()) for axis in (0, 1))
        laid = [
            overlap(height, map_.shape[0]) @ map_ @ overlap(width, map_.shape[1]).T
            for map_ in self.maps.values()
        ]
        return np.sum(laid, axis=0)


def averaged_steps(chain: Chain) -> tuple[str, ...]:
    """Return the names of the steps whose means the output layer reads, in the order of its weights.

    Returns:
        Empty if it reads anything else; then there is no class map.

    Example:
        >>> from convscope.network.chain_builder import parse_chain
        >>> averaged_steps(parse_chain("4C3-K-8C3-J", (1, 6, 6), 2))
        ('convolution_1.relu', 'convolution_2.relu')
        >>> averaged_steps(parse_chain("4C3-MP2", (1, 6, 6), 2))
        ()
    """
    if chain.features.kind != "flattening":
        return ()
    read = chain[chain.features.inputs[0]]
    means = [chain[name] for name in read.inputs] if read.kind == "joining" else [read]
    if not all(mean.kind == "average_pooling" and mean.pools_whole_maps for mean in means):
        return ()
    return tuple(mean.inputs[0] for mean in means)


def class_map(steps: Sequence[ComputedStep], model: Model, class_index: int) -> ClassMap | None:
    """Compute the contribution of each position to the logit of a class.

    Args:
        steps: The result of `numpy_chain.forward`.
        model: The model.
        class_index: The class whose logit is explained.

    Returns:
        None if the output layer reads anything but means of maps.
    """
    names, output = averaged_steps(model.chain), model.chain.output.name
    if not names:
        return None
    outputs = {step.name: step.output for step in steps}
    weights = model.weights[f"{output}.weight"][class_index].astype(np.float64)
    ends = np.cumsum([len(outputs[name]) for name in names])
    maps = {
        name: np.tensordot(of_step, outputs[name], axes=1) / outputs[name][0].size
        for name, of_step in zip(names, np.split(weights, ends[:-1]), strict=True)
    }
    bias = float(model.weights[f"{output}.bias"][class_index])
    return ClassMap(class_index, bias, float(outputs[output][class_index]), maps)
