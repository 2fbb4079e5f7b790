import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.common.ranks import Rank, rank
from convscope.errors import SettingError


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "TORCHELASTIC_RUN_ID"):
        monkeypatch.delenv(name, raising=False)


def test_what_torchrun_says_is_read(monkeypatch):
    for name, value in {"RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    assert rank() == Rank(5, 8, 1)
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "none")
    assert rank() == Rank(5, 8, 1, restartable=True)


def test_one_variable_alone_says_nothing(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "8")
    assert rank() == Rank()


@pytest.mark.parametrize(
    ("number", "size"), [("8", "8"), ("0", "0"), ("-1", "2"), ("one", "2"), ("0", "٣"), ("0", "9" * 20)]
)
def test_what_cannot_be_is_refused(monkeypatch, number, size):
    monkeypatch.setenv("RANK", number)
    monkeypatch.setenv("WORLD_SIZE", size)
    with pytest.raises(SettingError, match="cannot be"):
        rank()


@given(st.integers(1, 40), st.integers(0, 200), st.integers(0, 100))
def test_shares_are_all_places_once_and_as_even_as_can_be(size, count, start):
    shares = [range(10_000)[Rank(number, size).share(count, start)] for number in range(size)]
    assert [place for share in shares for place in share] == list(range(start, start + count))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
