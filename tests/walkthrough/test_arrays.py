import base64
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from convscope.walkthrough.arrays import EncodedArray, encode


@given(
    st.sampled_from(["float32", "float16", "int32", "uint8"]).flatmap(
        lambda dtype: st_numpy.arrays(
            np.dtype(dtype), st_numpy.array_shapes(min_dims=1, max_dims=4, min_side=0)
        )
    )
)
def test_an_array_comes_back_as_it_went(values):
    encoded = EncodedArray.model_validate_json(encode(values, values.dtype.name).model_dump_json())
    back = encoded.values()
    assert back.dtype == values.dtype
    assert back.tobytes() == values.tobytes()


def test_the_data_are_raw_deflated_little_endian():
    encoded = encode(np.array([[1.0, -2.0]]), "float32")
    raw = zlib.decompress(base64.b64decode(encoded.data), wbits=-15)
    assert raw == bytes.fromhex("0000803f000000c0")
    assert encoded.shape == [1, 2]


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
