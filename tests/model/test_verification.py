from dataclasses import replace

import numpy as np
import pytest

from convscope.errors import ModelFileError
from convscope.model import picture_list
from convscope.model.receipt import write_receipt
from convscope.model.verification import WeightsCheck, changes, check_data, check_weights
from convscope.pictures.sources import open_source
from convscope.pictures.split import split
from convscope.pictures.store_building import build_store

pytestmark = pytest.mark.usefixtures("cache")


@pytest.fixture
def kept(brightness, pets, tmp_path):
    """A model with the receipt of `pets`, and the list of its pictures next to it."""
    store = build_store(open_source(pets), brightness.preparation)
    (tmp_path / picture_list.NAME).write_bytes(b"".join(picture_list.listing(store, split(store))))
    return replace(
        brightness, receipt=write_receipt(store, split(store), data="", settings="{}", seed=0, threads=1)
    )


def test_the_same_pictures(kept, pets, tmp_path):
    result = check_data(kept, tmp_path, pets)
    assert result.same
    assert not result.differences


def test_other_pictures_are_named(kept, pets, tmp_path):
    (pets / "dark" / "3.png").unlink()
    result = check_data(kept, tmp_path, pets)
    assert not result.same
    assert result.differences.removed == ("dark/3.png",)


@pytest.mark.parametrize("spoil", ["missing", "another"])
def test_without_the_list_they_still_differ(kept, pets, tmp_path, spoil):
    (pets / "dark" / "3.png").unlink()
    path = tmp_path / picture_list.NAME
    path.unlink() if spoil == "missing" else path.write_text("picture,class,part,digest\n")
    result = check_data(kept, tmp_path, pets)
    assert not result.same
    assert result.differences is None
    assert picture_list.NAME in result.reason


def test_a_model_without_a_receipt(brightness, pets, tmp_path):
    with pytest.raises(ModelFileError, match="no receipt"):
        check_data(brightness, tmp_path, pets)


def test_weights_are_compared_bit_by_bit(make_model):
    one = make_model()
    assert check_weights(one, make_model()) == WeightsCheck(identical=True, largest_difference=0.0)
    bias = one.weights["full_connection_1.bias"] + np.float32(2**-3)
    moved = replace(one, weights={**one.weights, "full_connection_1.bias": bias})
    result = check_weights(one, moved)
    assert not result.identical
    assert result.largest_difference == pytest.approx(2**-3)
    assert check_weights(one, make_model("3C3")) == WeightsCheck(identical=False, largest_difference=None)


def test_nothing_changed_between_now_and_now(kept):
    assert changes(kept) == ()
    older = replace(kept, receipt={**kept.receipt, "numpy": "1.0"})
    (result,) = changes(older)
    assert (result.fact, result.then) == ("numpy", "1.0")
