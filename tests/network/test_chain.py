import math
from dataclasses import replace

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from convscope.errors import NetworkError, SettingError
from convscope.network.chain_builder import build_chain, parse_chain
from convscope.network.notation import Convolution, FullConnection, Layer, Pooling, parse_shape
from convscope.network.summary import summary
from convscope.network.variants import takes_sides, with_pooling, without_activations
from convscope.steps.windows import Windows

small = st.integers(1, 4)
pairs = st.tuples(small, small)
windows = st.builds(Windows, pairs, pairs, st.tuples(st.integers(0, 2), st.integers(0, 2)))
convolutions = st.builds(Convolution, small, windows)
pooling_windows = st.builds(Windows, pairs, pairs, overhang=st.booleans())
poolings = st.builds(Pooling, st.sampled_from(["max_pooling", "average_pooling"]), pooling_windows)
maps = st.lists(convolutions | poolings, max_size=4)
neurons = st.lists(st.builds(FullConnection, small), max_size=2)
inputs = st.tuples(st.integers(1, 3), st.integers(1, 16), st.integers(1, 16))


def module(layer: Layer, channels: int) -> nn.Module:
    match layer:
        case Convolution(filters, windows):
            return nn.Conv2d(channels, filters, windows.size, windows.stride, windows.padding)
        case Pooling("max_pooling", windows):
            return nn.MaxPool2d(windows.size, windows.stride, ceil_mode=windows.overhang)
        case Pooling(_, windows):
            return nn.AvgPool2d(windows.size, windows.stride, ceil_mode=windows.overhang)
        case FullConnection(count):
            return nn.Sequential(nn.Flatten(), nn.Linear(channels, count))


def run(layers: list[Layer], value: torch.Tensor) -> torch.Tensor:
    for layer in layers:
        value = module(layer, value.shape[1])(value)
    return value


def fits(layers: list[Layer], shape: tuple[int, int, int]) -> bool:
    try:
        run(layers, torch.zeros(1, *shape))
    except RuntimeError:
        return False
    return True


@given(maps, neurons, inputs, st.integers(1, 5))
def test_shapes_and_weights_are_those_of_pytorch(
    before: list[Layer], after: list[Layer], shape: tuple[int, int, int], classes: int
) -> None:
    assume(fits(before, shape))
    value = torch.zeros(1, *shape)
    for step in build_chain([*before, *after], shape, classes).layers:
        flat = isinstance(step.layer, FullConnection)
        layer = module(step.layer, math.prod(value.shape[1:]) if flat else value.shape[1])
        value = layer(value)
        assert step.shape == tuple(value.shape[1:])
        assert [*step.parameters.values()] == [tuple(p.shape) for p in layer.parameters()]
    assert value.shape == (1, classes)


@given(maps, inputs)
def test_what_does_not_fit_in_pytorch_does_not_fit_here(
    layers: list[Layer], shape: tuple[int, int, int]
) -> None:
    assume(not fits(layers, shape))
    with pytest.raises(NetworkError, match="too deep"):
        build_chain(layers, shape, 2)


@given(maps, inputs)
def test_costs_are_what_really_was_multiplied(layers: list[Layer], shape: tuple[int, int, int]) -> None:
    assume(fits(layers, shape))
    layers = [*layers, FullConnection(3)]
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        value = run(layers[:-1], torch.zeros(1, *shape))
        nn.Linear(3, 2)(nn.Linear(math.prod(value.shape[1:]), 3)(value.flatten(1)))
    chain = build_chain(layers, shape, 2)
    assert 2 * chain.multiply_adds == counter.get_total_flops()
    assert chain.parameter_count == sum(map(math.prod, chain.parameters.values()))


@given(maps, st.tuples(st.integers(1, 24), st.integers(1, 24)))
def test_no_gradient_reaches_beyond_the_receptive_field(layers: list[Layer], sides: tuple[int, int]) -> None:
    # Average instead of max pooling, because it depends on every cell of its window.
    layers = [
        replace(layer, kind="average_pooling") if isinstance(layer, Pooling) else layer for layer in layers
    ]
    assume(fits(layers, (1, *sides)))
    picture = value = torch.zeros(1, 1, *sides, requires_grad=True)
    for layer in layers:
        step = module(layer, value.shape[1])
        for weight in step.parameters():
            nn.init.constant_(weight, 1.0)
        value = step(value)
    value[0, 0, value.shape[2] // 2, value.shape[3] // 2].backward()
    touched = picture.grad[0, 0].nonzero()
    assume(len(touched))
    height, width = (touched.amax(0) - touched.amin(0) + 1).tolist()
    field = build_chain(layers, (1, *sides), 2)["flattening"].receptive_field.size_within(*sides)
    assert height <= field[0]
    assert width <= field[1]


def test_receptive_field_by_hand() -> None:
    # Two 3x3 convolutions have a field of 5x5; a pooling stride of 2 doubles every later stride.
    chain = parse_chain("4C3-4C3-MP2-4C3", (1, 64, 64), 2)
    fields = [step.receptive_field.down.size for step in chain if step.notation]
    assert fields == [3, 5, 6, 10]
    assert chain["softmax"].receptive_field.size_within(64, 64) == (64, 64)


def test_the_steps_stand_in_the_order_of_the_course() -> None:
    chain = parse_chain("4C3-AP2-8N", (3, 8, 8), 2)
    assert [step.title for step in chain] == [
        "image", "convolution", "ReLU", "average pooling", "flattening", "full connection", "ReLU",
        "full connection", "softmax",
    ]  # fmt: skip
    assert chain.notation == "4C3-AP2-8N"
    assert [step.inputs for step in chain] == [(), *((step.name,) for step in chain.steps[:-1])]
    assert summary(chain)["multiply_adds"] == chain.multiply_adds


def test_names_are_numbered_within_their_kind() -> None:
    chain = parse_chain("4C3-MP2-8C3-AP2-MP2-8N", (3, 16, 16), 2)
    assert list(chain.parameters) == [
        f"{name}.{tensor}"
        for name in ("convolution_1", "convolution_2", "full_connection_1", "full_connection_2")
        for tensor in ("weight", "bias")
    ]
    assert [step.name for step in chain if "pooling" in step.name] == [
        "max_pooling_1", "average_pooling_1", "max_pooling_2",
    ]  # fmt: skip


def test_too_deep_names_the_piece_and_what_reaches_it() -> None:
    with pytest.raises(NetworkError) as caught:
        parse_chain("4C3-MP2-MP2-MP2x3", (1, 8, 8), 2)
    assert "MP2x3 (layer 4)" in str(caught.value)
    assert "2x2" in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "3", "3x32", "0x32x32", "3x32x65537", "3x32x32x1", "-3x32x32", "٣x32x32", "3 x32x32"]
)
def test_a_shape_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match="not the shape"):
        parse_shape(text)


@pytest.mark.parametrize(
    ("notation", "sides", "takes"),
    [
        ("4C3-MP2-MP4", (6, 6), True),
        ("4C3-MP2-MP4", (1, 6), False),  # too small for the previous pooling
        ("4C3-MP2-AP4-9N", (5, 9), True),
        ("4C3-MP2-MP3", (6, 6), False),  # one row and one column of 4x4 cells are left over
        ("4C3-MP2", (6, 6), False),
        ("4C3-MP2-4C3-MP2-4C3-MP2", (8, 11), True),
        ("4C3-MP2-4C3-MP2-4C3-MP2", (6, 6), False),  # a convolution cannot halve the single remaining cell
    ],
)
def test_a_chain_whose_last_maps_are_pooled_whole_takes_other_sizes(notation, sides, takes):
    assert takes_sides(parse_chain(notation, (1, 8, 8), 2), sides) is takes


def test_without_activations_their_readers_read_the_layers() -> None:
    chain = without_activations(parse_chain("4C3-MP2-8N", (1, 8, 8), 2))
    assert "convolution_1.relu" not in chain
    assert chain["max_pooling_1"].inputs == ("convolution_1",)
    assert chain["full_connection_2"].inputs == ("full_connection_1",)
    assert chain.features.name == "full_connection_1"
    assert chain.activation(chain["convolution_1"]) == chain["convolution_1"]
    assert chain.notation == "4C3l-MP2-8Nl"


def test_another_pooling_keeps_the_shapes() -> None:
    chain = parse_chain("4C3-(MP3s1o-4C3p2)+-MP2", (1, 8, 8), 2)
    changed = with_pooling(chain, "average_pooling")
    assert changed.notation == "4C3-(AP3s1o-4C3p2)+-AP2"
    assert [step.shape for step in changed] == [step.shape for step in chain]


def test_a_shortcut_reads_what_came_out_of_its_block_and_what_went_in() -> None:
    chain = parse_chain("4C3-(6C1r6-D3r6-4C1l)+-MP2", (1, 8, 8), 2)
    assert chain["addition_1"].inputs == ("convolution_3", "convolution_1.relu")
    assert chain["depthwise_convolution_1"].parameters["depthwise_convolution_1.weight"] == (6, 1, 3, 3)
    assert chain["max_pooling_1"].inputs == ("addition_1",)
    assert chain["addition_1"].receptive_field.down.size == 5
    assert chain.notation == "4C3-(6C1r6-D3r6-4C1l)+-MP2"


def test_a_shortcut_around_a_change_of_shape_is_refused() -> None:
    with pytest.raises(NetworkError, match="cannot add maps of 4x8x8 to maps of 4x4x4"):
        parse_chain("4C3-(4C3s2)+", (1, 8, 8), 2)
