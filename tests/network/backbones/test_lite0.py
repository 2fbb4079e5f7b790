import pytest

from convscope.network.chain_builder import parse_chain
from convscope.network.presets import PRESETS

CONVOLUTIONS = ("convolution", "depthwise_convolution")


def test_its_parameters_are_those_of_the_official_network():
    """Google's table says 4.7M; Keras counts 4,652,008, two per map for normalisation, here one bias."""
    chain = parse_chain(PRESETS["lite0"], (3, 224, 224), 1000)
    biases = sum(step.shape[0] for step in chain if step.kind in CONVOLUTIONS)
    assert chain.parameter_count + biases == 4_652_008


def test_its_stages_have_the_sizes_of_the_paper():
    """Table 1: the resolution at the input of each stage and its channels."""
    chain = parse_chain(PRESETS["lite0"], (3, 224, 224), 10)
    narrow = [step.shape for step in chain.layers if step.notation.endswith("C1l")]
    assert len(narrow) == 16
    assert list(dict.fromkeys(narrow)) == [
        (16, 112, 112), (24, 56, 56), (40, 28, 28), (80, 14, 14), (112, 14, 14), (192, 7, 7), (320, 7, 7),
    ]  # fmt: skip


@pytest.mark.parametrize("side", [224, 160])
def test_padding_is_tensorflow_s(side):
    """SAME: ceil(n / stride) outputs; max((outputs - 1) * stride + size - n, 0) zeros, the odd one last."""
    for step in parse_chain(PRESETS["lite0"], (3, side, side), 10):
        if step.kind not in CONVOLUTIONS:
            continue
        _, side, _ = step.input_shape
        (size, _), (stride, _) = step.windows.size, step.windows.stride
        outputs = -(-side // stride)
        zeros = max((outputs - 1) * stride + size - side, 0)
        assert step.shape[1] == outputs
        assert step.windows.margins(side, side) == ((zeros // 2, zeros - zeros // 2),) * 2
