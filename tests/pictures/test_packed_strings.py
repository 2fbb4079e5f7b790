import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.pictures.packed_strings import PackedStrings


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))), st.data())
def test_texts_are_those_that_were_packed(texts, data):
    packed = PackedStrings.of(iter(texts))
    assert list(packed) == texts
    assert len(packed) == len(texts)
    places = st.integers(-len(texts) - 2, len(texts) + 2)
    first, end, place = (data.draw(places) for _ in range(3))
    assert packed[first:end] == tuple(texts[first:end])
    if -len(texts) <= place < len(texts):
        assert packed[place] == texts[place]
    else:
        with pytest.raises(IndexError):
            packed[place]


def test_a_name_takes_its_letters_and_eight_bytes():
    tracemalloc.start()
    try:
        packed = PackedStrings.of(f"shard-{number // 100:06}.tar/{number:08}.jpg" for number in range(20_000))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert packed[-1] == "shard-000199.tar/00019999.jpg"
    assert kept / len(packed) < 1.3 * (len(packed[-1]) + 8)
