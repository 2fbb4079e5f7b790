import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.errors import NotationError
from convscope.network.notation import (
    Convolution,
    DepthwiseConvolution,
    FullConnection,
    Join,
    Keep,
    Pooling,
    Shortcut,
    parse,
    write,
)
from convscope.steps.windows import Windows

cells = st.integers(1, 64)
pairs = st.tuples(cells, cells)
units = st.integers(1, 65_536)
paddings = st.integers(0, 64)
activations = st.sampled_from(["relu", "relu6", "linear"])
convolution_windows = st.builds(Windows, pairs, pairs, st.tuples(paddings, paddings), st.booleans())
convolutions = st.builds(Convolution, units, convolution_windows, activations)
depthwise = st.builds(DepthwiseConvolution, convolution_windows, activations)
pooling_windows = st.builds(Windows, pairs, pairs, overhang=st.booleans())
poolings = st.builds(Pooling, st.sampled_from(["max_pooling", "average_pooling"]), pooling_windows)
maps = st.recursive(
    convolutions | depthwise | poolings,
    lambda inner: st.lists(inner, min_size=1, max_size=3).map(lambda block: Shortcut(tuple(block))),
    max_leaves=4,
)
neurons = st.builds(FullConnection, units, activations)
ends = st.sampled_from([(), (Join(),), (Keep(), Join())])
networks = st.tuples(st.lists(maps, max_size=20), ends, st.lists(neurons, max_size=20)).map(
    lambda parts: (*parts[0], *parts[1], *parts[2])
)


def message(notation: str) -> str:
    with pytest.raises(NotationError) as caught:
        parse(notation)
    return str(caught.value)


def pointed_at(notation: str) -> str:
    """The text at the caret, as in the message."""
    _, shown, caret, *_ = message(notation).splitlines()
    return shown[caret.index("^") :]


def test_every_suffix_is_read() -> None:
    assert parse("32C3x5s2x1p0x2-MP3x2s2o-AP4-128N") == (
        Convolution(32, Windows((3, 5), (2, 1), (0, 2))),
        Pooling("max_pooling", Windows((3, 2), (2, 2), overhang=True)),
        Pooling("average_pooling", Windows((4, 4), (4, 4))),
        FullConnection(128),
    )


def test_left_out_padding_keeps_odd_sizes_and_left_out_stride_is_the_window() -> None:
    assert parse("1C1-1C2-1C3x5-MP3x2") == (
        Convolution(1, Windows((1, 1))),
        Convolution(1, Windows((2, 2))),
        Convolution(1, Windows((3, 5), padding=(1, 2))),
        Pooling("max_pooling", Windows((3, 2), (3, 2))),
    )


@pytest.mark.slow
@given(networks.filter(bool))
def test_what_is_written_is_read_back_in_any_case(layers: tuple) -> None:
    text = write(layers)
    assert parse(text) == parse(text.lower()) == parse(text.upper()) == layers


@pytest.mark.slow
@given(networks.filter(bool))
def test_writing_is_canonical(layers: tuple) -> None:
    assert write(parse(write(layers))) == write(layers)


@given(st.text(alphabet="0123456789cCmMpPaAsSxXoOnNdDrRlL()+- ٣\n", max_size=30) | st.text(max_size=30))
def test_any_text_is_a_network_or_a_notation_error(text: str) -> None:
    try:
        layers = parse(text)
    except NotationError:
        assert "^" in message(text)
    else:
        assert parse(write(layers)) == layers


@pytest.mark.parametrize(
    ("notation", "rest"),
    [
        ("", ""),
        ("32C3-", ""),
        ("32C3--MP2", "-MP2"),
        ("32C3-MP2-64K3", "K3"),
        ("32C3-(64C3", ""),
        ("(32C3)", ")"),
        ("(32C3-8N)+", "32C3-8N)+"),
        ("((((((1C1)+)+)+)+)+)+", "(1C1)+)+)+)+)+)+"),
        ("D3r", "r"),
        ("32C3 -MP2", " -MP2"),
        ("32Cx3", "x3"),
        ("0C3", "0C3"),
        ("65537N", "65537N"),
        ("32C65", "65"),
        ("32C3s0", "0"),
        ("32C3p65", "65"),
        ("MP2p1", "p1"),
        ("128N-32C3", "32C3"),
        ("32C3p1s2", "s2"),
        ("٣2C3", "٣2C3"),
        ("32C" + "9" * 60, "9" * 40),
    ],
)
def test_an_error_points_at_the_character(notation: str, rest: str) -> None:
    assert pointed_at(notation) == rest


def test_hostile_text_is_refused_before_it_costs_anything() -> None:
    assert "at most 128 layers" in message("-".join(["1C1"] * 129))
    assert len(message("9" * 10_000_000)) < 400
    assert "\x1b" not in message("\x1b[31m32C3")
