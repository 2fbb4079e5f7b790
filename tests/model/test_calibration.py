"""The temperature is the most probable one, and calibrates probabilities."""

import numpy as np
import pytest
from scipy import optimize, special, stats

from convscope.model.calibration import fit_temperature, reliability, tempered


def pictures(count: int, temperature: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits and labels that are calibrated at this temperature."""
    random = np.random.default_rng(seed)
    logits = (4 * random.normal(size=(count, 3))).astype(np.float32)
    chances = special.softmax(logits / temperature, axis=1)
    return logits, np.array([random.choice(3, p=row) for row in chances])


def cost(logarithm: float, logits: np.ndarray, labels: np.ndarray) -> float:
    """The negative log posterior, up to a constant, with parts computed by other libraries."""
    count, classes = logits.shape
    missed = 1 / (2 * (count + 1))
    weights = np.eye(classes)[labels] * (1 - missed) + (1 - np.eye(classes)[labels]) * missed / (classes - 1)
    likelihood = (weights * special.log_softmax(logits / np.exp(logarithm), axis=1)).sum()
    return -likelihood - stats.cauchy.logpdf(logarithm, scale=0.2)


@pytest.mark.parametrize("temperature", [0.3, 0.8, 1.0, 2.5])
@pytest.mark.parametrize("count", [10, 200])
def test_no_temperature_is_more_probable(count: int, temperature: float) -> None:
    logits, labels = pictures(count, temperature)
    result = cost(np.log(fit_temperature(logits, labels)), logits, labels)
    grid = np.linspace(np.log(0.05), np.log(20), 400)
    costs = [cost(one, logits, labels) for one in grid]
    start = grid[np.argmin(costs)]
    exact = optimize.minimize_scalar(cost, (start - 0.01, start + 0.01), args=(logits, labels))
    assert result <= min(*costs, exact.fun) + 1e-6


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5])
def test_with_many_pictures_it_is_found_and_probabilities_come_true(temperature: float) -> None:
    logits, labels = pictures(5_000, temperature)
    result = fit_temperature(logits, labels)
    assert result == pytest.approx(temperature, rel=0.05)
    shares = tempered(logits, result)
    assert reliability(shares.max(axis=1), shares.argmax(axis=1) == labels).error < 0.02
    np.testing.assert_array_equal(shares.argmax(axis=1), logits.argmax(axis=1))


def test_few_pictures_change_little_where_they_say_little() -> None:
    result = [fit_temperature(*pictures(50, 1.0, seed=seed)) for seed in range(40)]
    assert np.std(np.log(result)) < 0.12  # alone they would determine it to within 0.17
    assert np.mean(np.log(result)) == pytest.approx(0, abs=0.06)


def test_pictures_that_are_all_recognised_ask_for_no_boundless_certainty() -> None:
    logits = np.float32([[3, 0], [0, 3]] * 50)
    result = fit_temperature(logits, np.array([0, 1] * 50))
    assert 0.3 < result < 1
    assert 0.97 < tempered(logits, result).max() < 0.999
