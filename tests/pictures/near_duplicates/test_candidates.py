import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from convscope.pictures.near_duplicates import candidates as module
from convscope.pictures.near_duplicates.candidates import LEAST_ALIKE, MOST, candidates
from convscope.pictures.near_duplicates.descriptors import Descriptors


def drawn(count, seed, clusters):
    """Descriptors around a few centres, so that many are similar."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(clusters, 27))
    values = [
        centres[rng.integers(0, clusters, count)] + 0.4 * rng.normal(size=(count, 27)) for _ in range(2)
    ]
    whole, inner = ((v / np.linalg.norm(v, axis=1, keepdims=True)).astype(np.float32) for v in values)
    return Descriptors(whole, inner, rng.random(27) < 0.5)


@settings(max_examples=25)
@given(st.integers(1, 150), st.integers(0, 100), st.integers(1, 20))
def test_the_best_of_all_pairs_are_found(count, seed, clusters):
    descriptors = drawn(count, seed, clusters)
    partners, versions = candidates(descriptors)
    every = np.stack([descriptors.whole @ other.T for other in descriptors.versions()])
    best = every.max(axis=0)
    np.fill_diagonal(best, -1)
    for picture in range(count):
        expected = [
            p for p in np.argsort(-best[picture], kind="stable")[:MOST] if best[picture, p] > LEAST_ALIKE
        ]
        found = partners[picture][partners[picture] >= 0]
        assert len(set(found.tolist())) == len(found) == len(expected)
        np.testing.assert_allclose(best[picture, found], best[picture, expected], atol=1e-5)
        met = every[versions[picture, : len(found)], picture, found]
        np.testing.assert_allclose(met, best[picture, found], atol=1e-5)


def test_blocks_do_not_show(monkeypatch):
    descriptors = drawn(200, 1, 9)
    expected = candidates(descriptors)
    monkeypatch.setattr(module, "_ROWS", 48)
    monkeypatch.setattr(module, "_COLUMNS", 70)
    for found, wanted in zip(candidates(descriptors), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)
