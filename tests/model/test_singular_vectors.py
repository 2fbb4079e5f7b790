"""Leading singular vectors, compared with NumPy's full decomposition."""

from __future__ import annotations

import numpy as np
import pytest

from convscope.model.singular_vectors import leading_singular_vectors


@pytest.mark.parametrize("shape", [(40, 300), (300, 40), (500, 300)])
def test_they_are_those_of_the_whole_decomposition(shape: tuple[int, int]) -> None:
    rows = np.random.default_rng(0).normal(size=shape) * np.geomspace(1, 1e-3, shape[1])
    vectors, values = leading_singular_vectors(rows.astype(np.float32), 20)
    _, expected, turned = np.linalg.svd(rows, full_matrices=False)
    np.testing.assert_allclose(values, expected[:20], rtol=1e-3)
    np.testing.assert_allclose(np.abs(vectors.T @ turned[:20].T).diagonal(), 1, atol=2e-2)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(20), atol=1e-5)
    assert vectors.dtype == values.dtype == np.float32


def test_there_are_no_more_than_rows_and_columns() -> None:
    assert leading_singular_vectors(np.ones((3, 9), np.float32), 128)[0].shape == (9, 3)
    assert leading_singular_vectors(np.ones((9, 2), np.float32), 128)[0].shape == (2, 2)


def test_rows_of_zeros_extend_nowhere() -> None:
    vectors, values = leading_singular_vectors(np.zeros((5, 4), np.float32), 3)
    assert np.isfinite(vectors).all()
    assert values.tolist() == [0, 0, 0]
