import base64
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from convscope.walkthrough.arrays import (
    DEFLATED,
    LEVELS_PER_DEVIATION,
    STORED,
    EncodedArray,
    encode,
    encode_rounded,
)


@given(
    st.sampled_from(["float32", "int32", "uint8"]).flatmap(
        lambda dtype: st_numpy.arrays(
            np.dtype(dtype), st_numpy.array_shapes(min_dims=1, max_dims=4, min_side=0)
        )
    )
)
def test_an_array_comes_back_as_it_went(values):
    for level in (STORED, DEFLATED):
        encoded = EncodedArray.model_validate_json(encode(values, values.dtype.name, level).model_dump_json())
        back = encoded.values()
        assert back.dtype == values.dtype
        assert back.tobytes() == values.tobytes()


def test_the_data_are_raw_deflated_little_endian():
    encoded = encode(np.array([[1.0, -2.0]]), "float32")
    raw = zlib.decompress(base64.b64decode(encoded.data), wbits=-15)
    assert raw == bytes.fromhex("0000803f000000c0")
    assert encoded.shape == [1, 2]


maps = st_numpy.arrays(
    np.float64, st_numpy.array_shapes(min_dims=2, max_dims=4), elements=st.floats(-1e6, 1e6, width=32)
)


@given(maps)
def test_rounding_is_as_fine_as_it_says_and_keeps_the_order(values):
    encoded = EncodedArray.model_validate_json(encode_rounded(values).model_dump_json())
    for one, rounded, scale in zip(values, encoded.values(), encoded.scales, strict=True):
        assert np.abs(rounded - one).max() <= 0.5 * scale * (1 + 1e-9) + 1e-12
        finest = max(one.std() / LEVELS_PER_DEVIATION, np.abs(one).max() / 13_000)
        assert scale <= finest * (1 + 1e-9) or not one.any()
        order = np.argsort(one, axis=None, kind="stable")
        assert (np.diff(rounded.ravel()[order]) >= 0).all()


def test_scales_are_those_of_a_ruler():
    values = np.random.default_rng(0).normal(0, np.geomspace(1e-4, 1e4, 40)[:, np.newaxis], (40, 500))
    encoded = encode_rounded(values)
    assert {f"{scale:.0e}"[0] for scale in encoded.scales} == {"1", "2", "5"}
    assert all(float(f"{scale:.0e}") == scale for scale in encoded.scales)
    spread = values.std(axis=1) / encoded.scales
    assert (spread >= LEVELS_PER_DEVIATION).all()
    assert (spread <= 2.5 * LEVELS_PER_DEVIATION).all()


def test_nine_bits_are_enough_for_a_rounded_number():
    values = np.random.default_rng(0).normal(0, 1, (64, 4096))
    assert len(encode_rounded(values).data) * 6 / values.size < 9.5  # six bits per letter


@pytest.mark.parametrize(("dtype", "scales"), [("float32", [1.0, 1.0]), ("int16", None), ("int16", [1.0])])
def test_only_int16_has_scales(dtype, scales):
    with pytest.raises(ValueError, match="a scale for each"):
        EncodedArray(dtype=dtype, shape=[2], data="", scales=scales)


@pytest.mark.parametrize(
    ("shape", "data"),
    [
        ([3], encode(np.zeros(2), "float32").data),
        ([1], encode(np.zeros(2**20), "float32").data),
        ([1], "AAAA"),
        ([1], "not base64!"),
    ],
)
def test_data_that_are_not_what_they_promise_are_refused(shape, data):
    with pytest.raises(ValueError, match=r".+"):
        EncodedArray(dtype="float32", shape=shape, data=data).values()
