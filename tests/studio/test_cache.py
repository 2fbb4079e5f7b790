import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from convscope.studio.cache import Cache


def test_the_least_recently_used_is_dropped_first():
    cache, computed = Cache(size=2), []

    def get(key):
        return cache.get(key, lambda: computed.append(key) or key)

    for key in "abacba":
        get(key)
    assert computed == ["a", "b", "c", "b", "a"]


def test_many_threads_that_ask_at_once_compute_once():
    cache, computed, barrier = Cache(size=4), [], threading.Barrier(8)

    def get(_):
        barrier.wait()
        return cache.get("key", lambda: computed.append(1) or object())

    with ThreadPoolExecutor(8) as threads:
        values = set(threads.map(get, range(8)))
    assert (len(values), computed) == (1, [1])


def test_another_key_is_computed_meanwhile():
    cache, started, go_on = Cache(size=4), threading.Event(), threading.Event()

    def slow():
        started.set()
        assert go_on.wait(30)
        return "slow"

    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(cache.get, "slow", slow)
        assert started.wait(30)
        assert cache.get("quick", lambda: "quick") == "quick"
        go_on.set()
        assert waiting.result() == "slow"


def test_what_raises_is_computed_again():
    cache = Cache(size=2)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            cache.get("key", lambda: 1 / 0)
    assert cache.get("key", lambda: 1) == 1


def test_an_outdated_value_is_discarded_and_its_successor_is_not():
    cache = Cache(size=2)
    old = cache.get("key", object)
    cache.discard("key", old)
    new = cache.get("key", object)
    assert new is not old
    cache.discard("key", old)
    assert cache.get("key", object) is new
