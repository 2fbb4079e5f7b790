import numpy as np
import pytest

from convscope.studio.forecast import FEWEST_EPOCHS, WIDEST, forecast


def curve(limit, gain, power, epochs, noise, seed):
    after = np.arange(1.0, epochs + 1)
    exact = limit - gain * after**-power
    return np.clip(exact + np.random.default_rng(seed).normal(0, noise, epochs), 0, 1)


@pytest.mark.parametrize("seen", [8, 15, 30])
def test_the_range_holds_what_it_says(seen):
    """Nine of ten ends lie in it, on curves of the family, whatever their numbers are."""
    random, inside, told = np.random.default_rng(1), 0, 0
    for seed in range(300):
        limit, gain, power = random.uniform(0.6, 0.98), random.uniform(0.1, 0.6), random.uniform(0.4, 1.5)
        whole = curve(limit, gain, power, 60, random.uniform(0.002, 0.02), seed)
        found = forecast(whole[:seen], 60)
        if found is not None:
            told += 1
            inside += found.low <= whole[-1] <= found.high
    assert told > 200
    assert 0.84 <= inside / told <= 0.99


def test_it_grows_surer():
    whole = curve(0.95, 0.5, 0.8, 40, 0.005, 0)
    early, late = forecast(whole[:8], 40), forecast(whole[:30], 40)
    assert late.high - late.low < early.high - early.low
    assert late.accuracy_fraction == pytest.approx(whole[-1], abs=0.02)


def test_it_is_silent_until_there_is_enough_to_say():
    whole = curve(0.9, 0.5, 1, 40, 0.005, 0)
    assert forecast(whole[: FEWEST_EPOCHS - 1], 40) is None
    noisy = np.random.default_rng(0).uniform(0, 1, 12)
    assert forecast(noisy, 40) is None


@pytest.mark.parametrize("level", [0.0, 0.1, 1.0])
def test_what_never_changes_stays(level):
    found = forecast([level] * 20, 40)
    if found is not None:
        assert 0 <= found.low <= found.accuracy_fraction <= found.high <= 1
        assert found.high - found.low <= WIDEST
        assert found.low - 0.1 <= level <= found.high + 0.1


def test_it_says_the_same_again():
    whole = curve(0.9, 0.5, 1, 20, 0.01, 3)
    assert forecast(whole, 40) == forecast(whole, 40)
