"""The chain: every step of a network, from the image to the probabilities, as one value.

`32C3-MP2` on a picture of 3x8x8 with two classes is the chain

    image, convolution_1, convolution_1.relu, max_pooling_1, flattening, full_connection_1, softmax

With several labels for each picture, the last step is a sigmoid of every logit instead. Each step names its
input steps, so a network with shortcuts is a chain, too. All code that computes, draws or exports a network
iterates over its steps and looks up the `kind` of each in its own table: NumPy in
`walkthrough/numpy_chain.py`, PyTorch in `network/training_network.py`, ONNX in `model/graph.py`, the offline
page in `offline/layers.py`, the walk's documents in `walkthrough/step_documents.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, cast

from convscope.network.notation import Convolution, DepthwiseConvolution, Layer, Pooling, write
from convscope.network.receptive_field import ReceptiveField

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from convscope.steps.windows import Windows

_TITLES = {"relu": "ReLU", "relu6": "ReLU6"}
ACTIVATIONS = ("relu", "relu6")
LastStep = Literal["softmax", "sigmoid"]
"""What turns logits into probabilities: softmax for classes, sigmoids for several labels per picture."""
NO_PARAMETERS: Mapping[str, tuple[int, ...]] = {}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the chain.

    Attributes:
        name: Unique: `image`, `convolution_1`, `convolution_1.relu`, `max_pooling_1`, `flattening`, ...
        kind: Key in the engines' tables: `image`, `convolution`, `depthwise_convolution`, `relu`, `relu6`,
            `max_pooling`, `average_pooling`, `addition`, `flattening`, `full_connection`, `softmax` or
            `sigmoid`.
        inputs: Names of its input steps: none for the image, two for an addition.
        input_shape: Shape of its input; of the first input if there are several.
        shape: Shape of its output: (channels, height, width), or (values,) from flattening on.
        layer: The layer it represents; None for image, activations, additions, flattening and the last step.
        notation: The layer's notation; empty for the output layer, which has none.
        receptive_field: The part of the picture that one number of its output depends on.
        parameters: Names and shapes of its weights and biases, in PyTorch's layout.
        multiply_adds: Multiply-add operations for one picture; biases are not counted.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    input_shape: tuple[int, ...]
    shape: tuple[int, ...]
    layer: Layer | None = None
    notation: str = ""
    receptive_field: ReceptiveField = ReceptiveField()  # noqa: RUF009 - a tuple
    parameters: Mapping[str, tuple[int, ...]] = field(default_factory=lambda: NO_PARAMETERS)
    multiply_adds: int = 0

    @property
    def title(self) -> str:
        """The name for users: `max pooling`, `full connection`, `ReLU`."""
        return _TITLES.get(self.kind, self.kind.replace("_", " "))

    @property
    def family(self) -> str:
        """Its kind, with `pooling` for all kinds of pooling: the key where they are treated alike."""
        return "pooling" if isinstance(self.layer, Pooling) else self.kind

    @property
    def windows(self) -> Windows:
        """Size, stride and padding of its windows.

        Raises:
            TypeError: The step has no windows.
        """
        if not isinstance(self.layer, (Convolution, DepthwiseConvolution, Pooling)):
            raise TypeError(f"{self.name} has no windows")
        return self.layer.windows

    @property
    def parameter_count(self) -> int:
        """Number of its weights and biases."""
        return sum(map(math.prod, self.parameters.values()))

    @property
    def has_maps(self) -> bool:
        """Whether its output is maps, (channels, height, width)."""
        return len(self.shape) == 3

    @property
    def pools_whole_maps(self) -> bool:
        """Whether it is a global pooling: its only window is the whole map."""
        return isinstance(self.layer, Pooling) and self.layer.windows.size == self.input_shape[1:]


@dataclass(frozen=True)
class Chain:
    """The steps of a network in order; each reads only steps before it.

    Attributes:
        steps: The steps, from the image to softmax or sigmoid.
        network: The layers they come from, as `notation.parse` returns them.
    """

    steps: tuple[Step, ...]
    network: tuple[Layer, ...]

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, name: str) -> Step:
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    @cached_property
    def _by_name(self) -> dict[str, Step]:
        return {step.name: step for step in self.steps}

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of a prepared picture."""
        channels, height, width = self.steps[0].shape
        return channels, height, width

    @cached_property
    def layers(self) -> tuple[Step, ...]:
        """The steps that represent layers, the output layer last."""
        return tuple(step for step in self.steps if step.layer)

    @property
    def output(self) -> Step:
        """The output layer: a full connection that computes the logits, one per class."""
        return self.layers[-1]

    @property
    def last_step(self) -> LastStep:
        """The kind of the last step, which turns logits into probabilities."""
        return cast("LastStep", self.steps[-1].kind)

    @property
    def features(self) -> Step:
        """The last hidden step: what the output layer reads."""
        return self[self.output.inputs[0]]

    @property
    def notation(self) -> str:
        """The network in canonical notation."""
        return write(self.network)

    @cached_property
    def parameters(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of all weights and biases, in order."""
        return {name: shape for step in self.steps for name, shape in step.parameters.items()}

    @property
    def parameter_count(self) -> int:
        """Number of weights and biases."""
        return sum(step.parameter_count for step in self.steps)

    @property
    def multiply_adds(self) -> int:
        """Multiply-add operations for one picture."""
        return sum(step.multiply_adds for step in self.steps)

    def readers(self, step: Step) -> tuple[Step, ...]:
        """Return the steps whose input is the output of a step."""
        return tuple(reader for reader in self.steps if step.name in reader.inputs)

    def activation(self, step: Step) -> Step:
        """Return the activation (ReLU or ReLU6) that follows a layer, or the layer itself if none does."""
        return next((reader for reader in self.readers(step) if reader.kind in ACTIVATIONS), step)
