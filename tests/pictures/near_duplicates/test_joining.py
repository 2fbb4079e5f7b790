import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from convscope.pictures.near_duplicates.joining import joined


@given(st.lists(st.lists(st.integers(0, 15), min_size=1, max_size=4)))
def test_joined_groups_are_connected_components(groups):
    pairs = [(group[0], other) for group in groups for other in group]
    rows, columns = zip(*pairs, strict=True) if pairs else ((), ())
    graph = coo_array((np.ones(len(pairs)), (rows, columns)), shape=(16, 16))
    _, components = connected_components(graph, directed=False)
    expected = [tuple(np.flatnonzero(components == one).tolist()) for one in range(16)]
    assert set(joined(groups)) == {group for group in expected if len(group) > 1}
