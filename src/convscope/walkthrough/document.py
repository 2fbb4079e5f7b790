"""The schema of a walk; `docs/reference/walk.md` explains every field.

Fields with a shape in that table are `EncodedArray`s, lists are lists. Sides and pairs are [down, across].
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Discriminator, Field, Tag

from convscope.walkthrough.answer_document import (  # pydantic needs them at runtime
    Curve,  # noqa: TC001
    LabelLoss,  # noqa: TC001
    Labels,  # noqa: TC001
    Losses,  # noqa: TC001
)
from convscope.walkthrough.arrays import EncodedArray  # noqa: TC001 - pydantic needs it
from convscope.walkthrough.backward_document import Backward  # noqa: TC001 - pydantic needs it
from convscope.walkthrough.explanation_document import (
    Invariance,
    Neighbour,
    NoRelu,
    Number,
    OpenSet,
    Origin,
    Pair,
    Share,
    Strict,
    Why,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


class ReceptiveField(Strict):
    """Cell (y, x) depends on at most size[0] rows of the picture, from row start[0] + y * stride[0] on."""

    size: Pair
    stride: Pair
    start: Pair


class OutputSize(Strict):
    """The formula of each side, with its numbers."""

    height: str
    width: str


class Preview(Strict):
    """A small version of one map of a step, shown before the step's numbers are loaded."""

    map: int
    limit: Number
    values: EncodedArray


class _Step(Strict):
    name: str
    inputs: list[str]
    notation: str
    shape: list[int]
    difference: Number
    parameters: int
    multiply_adds: int
    receptive_field: ReceptiveField
    preview: Preview | None = None


class Change(Strict):
    """One step of the picture's preprocessing."""

    step: Literal[
        "read", "orientation", "transparency", "depth", "decoding", "colour", "size", "normalisation"
    ]
    text: str


class ImageStep(_Step):
    """The picture, from the file to the input of the network."""

    kind: Literal["image"] = "image"
    original: str
    original_shape: list[int]
    changes: list[Change]
    pixels: EncodedArray
    mean: list[Number]
    std: list[Number]
    output: EncodedArray


class ExactCell(Strict):
    """One cell with its exact window (zeros outside the maps) and filter, if maps are rounded."""

    place: list[int]
    inputs: EncodedArray
    weights: EncodedArray
    output: Number


class _Filters(_Step):
    filters: EncodedArray
    held: list[int] | None
    bias: EncodedArray
    window: Pair
    stride: Pair
    padding: Pair
    overhang: bool
    output_size: OutputSize
    output: EncodedArray
    exact: ExactCell | None = None


class ConvolutionStep(_Filters):
    """A convolution."""

    kind: Literal["convolution"] = "convolution"
    filter_names: list[str] | None = None


class DepthwiseConvolutionStep(_Filters):
    """A depthwise convolution: one filter per map."""

    kind: Literal["depthwise_convolution"] = "depthwise_convolution"


class ReluStep(_Step):
    """A ReLU; its output is max(0, x) of the step before."""

    kind: Literal["relu"] = "relu"
    silenced: EncodedArray
    silenced_fraction: Share


class Relu6Step(_Step):
    """A ReLU6; its output is min(max(0, x), 6) of the step before."""

    kind: Literal["relu6"] = "relu6"
    silenced: EncodedArray
    silenced_fraction: Share
    capped_fraction: Share


class AdditionStep(_Step):
    """A shortcut: the sum of a block's output and its input, its two inputs in this order."""

    kind: Literal["addition"] = "addition"


class JoiningStep(_Step):
    """The concatenated maps of several steps, in the order of its inputs."""

    kind: Literal["joining"] = "joining"


class PoolingStep(_Step):
    """A pooling of any kind; max pooling stores the winning cells instead of the output."""

    kind: Annotated[str, Field(pattern=r"^[a-z0-9_]+_pooling$")]
    window: Pair
    stride: Pair
    overhang: bool
    output_size: OutputSize
    output: EncodedArray | None = None
    winners: EncodedArray | None = None
    kept_fraction: Share
    lost_fraction: Share | None = None

    def values(self, maps: NDArray[Any]) -> NDArray[Any]:
        """Return the output, (channels, rows, columns), for given input maps."""
        if self.output is not None:
            return self.output.values()
        if self.winners is None:
            raise ValueError(f"{self.name} has neither an output nor winners")
        winners = self.winners.values().astype(np.intp)
        channels, rows, columns = np.indices(winners.shape)
        down, across = np.divmod(winners, self.window[1])
        return maps[channels, rows * self.stride[0] + down, columns * self.stride[1] + across]


class FlatteningStep(_Step):
    """Flattening."""

    kind: Literal["flattening"] = "flattening"
    input_shape: list[int]
    formula: str


class Contributions(Strict):
    """Contributions to each neuron (one row per neuron), the largest absolute value first, and the rest."""

    inputs: EncodedArray
    weights: EncodedArray
    products: EncodedArray
    rest_count: int
    rest_sums: EncodedArray


class Relevance(Strict):
    """Mean of each input over the pictures of each class of the data."""

    mean: EncodedArray
    pictures: list[int]


class FullConnectionStep(_Step):
    """A full connection."""

    kind: Literal["full_connection"] = "full_connection"
    weights: EncodedArray | None
    bias: EncodedArray
    output: EncodedArray
    contributions: Contributions
    relevance: Relevance | None


class TemperatureStep(_Step):
    """Temperature scaling: the logits divided by the model's temperature."""

    kind: Literal["temperature"] = "temperature"
    temperature: Number
    output: list[Number]


class SoftmaxStep(_Step):
    """Softmax of the logits, divided by the temperature if the model has one."""

    kind: Literal["softmax"] = "softmax"
    logits: list[Number]
    largest: Number
    exponentials: list[Number]
    sum: Number
    output: list[Share]


class SigmoidStep(_Step):
    """A sigmoid for each label, of the logits divided by the temperature; and the result of softmax.

    The exponentials are exp(-logit); on overflow, the largest representable number. The curve is the sigmoid
    over the range of the logits.
    """

    kind: Literal["sigmoid"] = "sigmoid"
    logits: list[Number]
    exponentials: list[Number]
    output: list[Share]
    curve: Curve
    softmax: list[Share]


class LossStep(_Step):
    """The losses, for each possible truth."""

    kind: Literal["loss"] = "loss"
    truths: list[Losses]


class LabelLossStep(_Step):
    """Binary cross-entropy, label by label; `others` is the loss of the omitted labels, which are absent."""

    kind: Literal["binary_cross_entropy"] = "binary_cross_entropy"
    labels: list[LabelLoss]
    others: Number


def _tag(step: dict[str, object] | _Step) -> str:
    kind = str(step.get("kind") if isinstance(step, dict) else getattr(step, "kind", ""))
    return "pooling" if kind.endswith("_pooling") else kind


AnyStep = Annotated[
    Annotated[ImageStep, Tag("image")]
    | Annotated[ConvolutionStep, Tag("convolution")]
    | Annotated[ReluStep, Tag("relu")]
    | Annotated[DepthwiseConvolutionStep, Tag("depthwise_convolution")]
    | Annotated[Relu6Step, Tag("relu6")]
    | Annotated[AdditionStep, Tag("addition")]
    | Annotated[JoiningStep, Tag("joining")]
    | Annotated[PoolingStep, Tag("pooling")]
    | Annotated[FlatteningStep, Tag("flattening")]
    | Annotated[FullConnectionStep, Tag("full_connection")]
    | Annotated[TemperatureStep, Tag("temperature")]
    | Annotated[SoftmaxStep, Tag("softmax")]
    | Annotated[SigmoidStep, Tag("sigmoid")]
    | Annotated[LossStep, Tag("loss")]
    | Annotated[LabelLossStep, Tag("binary_cross_entropy")],
    Discriminator(_tag),
]


class Note(Strict):
    """A remark on one step, and on one of its cells if given."""

    step: str
    cell: list[int] | None
    text: str


class Walk(Strict):
    """The complete computation of a network for one picture.

    `predicted` is the most probable class or label. `truth` is a class, or with several labels the number of
    a label set.

    With named filters, there are only the first three steps, and no prediction.
    """

    format: Literal[1] = 1
    model: str
    picture_name: str
    network: str
    origin: Origin | None = None
    classes: list[str] = Field(default=[])
    truth: int | None = None
    predicted: int | None = None
    labels: Labels | None = None
    temperature: Number = 1.0
    probabilities: list[Share] = Field(default=[])
    largest_difference: Number
    steps: list[AnyStep]
    notes: list[Note] = Field(default=[])
    open_set: OpenSet | None = None
    why: Why | None = None
    neighbours: list[Neighbour] = Field(default=[])
    no_relu: NoRelu | None = None
    invariance: list[Invariance] = Field(default=[])
    backward: Backward | None = None
