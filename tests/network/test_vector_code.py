import pytest
from numba.core import config

from convscope.network import vector_code


@pytest.fixture
def processor(monkeypatch):
    """A processor with given instructions, in the format of NUMBA_CPU_FEATURES."""

    def has(features):
        monkeypatch.setattr(config, "CPU_FEATURES", features)
        clear()

    def clear():
        vector_code.most_lanes.cache_clear()
        vector_code.multiplies_pairs.cache_clear()

    yield has
    monkeypatch.undo()
    clear()


@pytest.mark.parametrize(
    ("features", "lanes"),
    [
        ("+avx2,+fma,+avx512f", 16),
        ("+avx2,+fma,-avx512f", 8),
        ("+avx2", 0),
        ("+neon", 0),
        ("", 0),
    ],
)
def test_vectors_are_as_long_as_the_processors_instructions_allow(processor, features, lanes):
    processor(features)
    assert vector_code.most_lanes() == lanes


def test_lanes_divide_the_channels(processor):
    processor("+avx2,+fma,+avx512f")
    assert [vector_code.lanes_for(channels) for channels in (32, 24, 12)] == [16, 8, 0]
    processor("+avx2,+fma")
    assert [vector_code.lanes_for(channels) for channels in (32, 24, 12)] == [8, 8, 0]


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        ("+fma,+avx512f,+avx512bw,+avx512bf16", True),
        ("+fma,+avx512f,+avx512bw,+avx512bf16,+amx-bf16", False),  # oneDNN uses AMX
        ("+fma,+avx512f,+avx512bw", False),
        ("", False),
    ],
)
def test_pairs_are_multiplied_where_nothing_is_faster(processor, features, expected):
    processor(features)
    assert vector_code.multiplies_pairs() is expected
