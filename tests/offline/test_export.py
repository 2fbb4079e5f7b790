import numpy as np
import pytest

from convscope.errors import ConvscopeError, ExportError
from convscope.model.export import RAW_BOUND, noise_pictures
from convscope.model.file import Model
from convscope.network.chain_builder import parse_chain
from convscope.offline import export as module
from convscope.offline import weights as weights_module
from convscope.offline.export import compare, export_page
from convscope.pictures.preparation import Preparation


def test_the_cost_of_rounding_is_reported(make_model, tmp_path):
    model = make_model("128N", (3, 8, 8))
    path = tmp_path / "model.html"
    result = export_page(model, path, "random", [("black", np.zeros((9, 9, 3), np.uint8))])
    assert path.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert result.pictures == len(list(noise_pictures(model.preparation))) + 1
    assert 0 < result.difference <= RAW_BOUND
    assert result.worst


def test_weights_that_do_not_bear_rounding_are_refused(tmp_path, monkeypatch):
    """The weights that separate the classes are smaller than the rounding step of other weights."""
    monkeypatch.setattr(weights_module, "MAX_EXACT", 0)
    weights = {
        "full_connection_1.weight": np.array([[1000, 0.01, 0], [1000, -0.01, 0]], np.float32),
        "full_connection_1.bias": np.zeros(2, np.float32),
    }
    preparation = Preparation(3, 4, 4)
    model = Model(
        parse_chain("AP4", preparation.shape, 2),
        ("a", "b"),
        preparation,
        (127.5,) * 3,
        (127.5,) * 3,
        weights,
        temperature=0.01,
    )
    with pytest.raises(ExportError, match="differ most on noise"):
        export_page(model, tmp_path / "model.html", "close")
    assert list(tmp_path.iterdir()) == []


def test_a_network_too_large_for_a_page_is_refused(make_model, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_MAX_PARAMETERS", 100)
    with pytest.raises(ExportError, match="too large for a page"):
        export_page(make_model(), tmp_path / "model.html", "large")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_leaves_what_was_there(make_model, tmp_path):
    with pytest.raises(ConvscopeError, match="nowhere"):
        export_page(make_model(), tmp_path / "nowhere" / "model.html", "random")


def test_the_worst_picture_is_named(make_model):
    model = make_model("128N", (3, 8, 8))
    noise = list(noise_pictures(model.preparation))
    result = compare(model, noise)
    alone = {name: compare(model, [(name, pixels)]).difference for name, pixels in noise}
    assert result.worst == max(alone, key=alone.__getitem__)
