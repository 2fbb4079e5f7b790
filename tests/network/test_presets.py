import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope import web
from convscope.errors import NetworkError
from convscope.network.chain_builder import build_chain, parse_chain
from convscope.network.notation import parse, write
from convscope.network.presets import MADE_FOR, PRESETS, automatic_network
from convscope.network.whitening import can_be_whitened

shapes = st.tuples(st.sampled_from([1, 3]), st.integers(1, 1024), st.integers(1, 1024))


@given(shapes, st.integers(2, 1000))
def test_the_automatic_network_fits_every_picture(shape, classes):
    text = automatic_network(shape)
    layers = parse(text)
    assert write(layers) == text
    assert build_chain(layers, shape, classes).output.shape == (classes,)


@given(st.tuples(st.sampled_from([1, 3]), st.integers(8, 96), st.integers(8, 96)))
def test_the_automatic_network_ends_in_a_few_cells_and_begins_whitened(shape):
    chain = parse_chain(automatic_network(shape), shape, 10)
    assert can_be_whitened(chain.layers[0])
    assert min(chain["flattening"].input_shape[1:]) <= 2


@pytest.mark.parametrize("name", sorted(PRESETS.keys() - MADE_FOR.keys()))
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (3, 64, 48)])
def test_every_preset_fits_the_pictures_of_courses(name, shape):
    assert parse_chain(PRESETS[name], shape, 10).output.shape == (10,)


def test_small_fits_what_its_description_says():
    parse_chain(PRESETS["small"], (1, 8, 8), 2)
    with pytest.raises(NetworkError):
        parse_chain(PRESETS["small"], (1, 7, 8), 2)


def test_a_preset_made_for_a_size_fits_it():
    assert {
        name: parse_chain(PRESETS[name], shape, 10).output.shape for name, shape in MADE_FOR.items()
    } == dict.fromkeys(("lite0", "repvgg-a0", "mobilenetv1-100"), (10,))


def test_lenet_has_the_parameters_of_the_paper():
    """LeCun et al. 1998, section II.B: C1 has 156, C5 48,120 and F6 10,164 trainable parameters."""
    shapes = parse_chain(PRESETS["lenet"], (1, 28, 28), 10).parameters
    parameters = {
        layer: sum(math.prod(shapes[f"{layer}.{kind}"]) for kind in ("weight", "bias"))
        for layer in ("convolution_1", "full_connection_1", "full_connection_2")
    }
    assert parameters == {"convolution_1": 156, "full_connection_1": 48_120, "full_connection_2": 10_164}


def test_the_studio_proposes_all_of_them():
    code = (Path(web.__file__).parent / "studio/train/network_board.js").read_text(encoding="utf-8")
    (listed,) = re.findall(r"^const PRESETS = (\[.*?\]);", code, flags=re.MULTILINE | re.DOTALL)
    assert set(re.findall(r'"([^"]+)"', listed)) == PRESETS.keys()
