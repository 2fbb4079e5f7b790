"""The written files: page, numbers, static figures, overlays."""

import html
import json
import re
from pathlib import Path

import numpy as np
import pytest

from convscope.classifier import Classifier
from convscope.errors import ConvscopeError, SettingError
from convscope.model.inputs import pixels_of
from convscope.walkthrough.document import Walk
from convscope.walkthrough.explanation import Explanation, format_of
from convscope.walkthrough.filtering import filter_picture
from convscope.walkthrough.named_filters import parse_filter
from convscope.walkthrough.overlay import Overlays, overlay
from convscope.walkthrough.panels import SIGNED
from convscope.walkthrough.smiley import smiley_model, smiley_picture


@pytest.fixture(scope="module")
def smiley():
    return Classifier(smiley_model()).explain(smiley_picture(), truth="smiley")


def test_the_page_holds_the_numbers(smiley, tmp_path):
    smiley.save(tmp_path / "walk.html")
    page = (tmp_path / "walk.html").read_text("utf-8")
    data = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)
    assert json.loads(data.group(1)) == json.loads(smiley.to_json())


def test_the_numbers_alone(smiley, tmp_path):
    smiley.save(tmp_path / "walk.JSON")
    assert Walk.model_validate_json((tmp_path / "walk.JSON").read_text()) == smiley.walk


def test_a_notebook_shows_the_page_in_a_frame(smiley):
    frame = smiley._repr_html_()
    (source,) = re.findall(r'^<iframe srcdoc="([^"]*)"', frame)
    assert html.unescape(source) == smiley.to_html()


@pytest.mark.slow
def test_the_still_figure_has_the_smiley_s_colours(smiley, tmp_path):
    smiley.save(tmp_path / "walk.png")
    colours = np.unique(pixels_of(tmp_path / "walk.png", "walk").reshape(-1, 3), axis=0)
    for value in (0, 1, 2, 4):
        wanted = 255 * np.array(SIGNED((value / 4 + 1) / 2)[:3])
        assert np.abs(colours - wanted).max(axis=1).min() <= 1
    smiley.save(tmp_path / "walk.pdf")
    assert (tmp_path / "walk.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.slow
@pytest.mark.parametrize("notation", ["4C3-MP2-3C3-AP2-5N-6N", "AP2", "6N"])
def test_any_chain_can_be_drawn_whatever_its_classes_are_called(make_model, notation, tmp_path):
    model = make_model(notation, (3, 16, 12))
    hostile = type(model)(
        model.chain,
        ("$x^", "\U0001f600", "<b>" * 50),
        model.preparation,
        model.mean,
        model.std,
        model.weights,
    )
    picture = np.random.default_rng(0).integers(0, 256, (16, 12, 3), np.uint8)
    Classifier(hostile).explain(picture).save(tmp_path / "walk.png")
    assert pixels_of(tmp_path / "walk.png", "walk").shape[1] > 500


def test_filters_can_be_drawn(tmp_path):
    filtered = filter_picture(
        smiley_picture(), {"blur": parse_filter("blur"), "emboss": parse_filter("emboss")}
    )
    Explanation(filtered).save(tmp_path / "filter.png")
    of_two = pixels_of(tmp_path / "filter.png", "filter")
    Explanation(filter_picture(smiley_picture(), {"blur": parse_filter("blur")})).save(
        tmp_path / "filter.png"
    )
    assert len(pixels_of(tmp_path / "filter.png", "filter")) < len(of_two)


def test_the_name_s_ending_says_what_is_written(smiley, tmp_path):
    assert [format_of(Path(f"a.{form}")) for form in ("html", "JSON", "png", "pdf")] == [
        "html",
        "json",
        "png",
        "pdf",
    ]
    with pytest.raises(SettingError, match=r"walk\.gif"):
        smiley.save(tmp_path / "walk.gif")
    smiley.save(tmp_path / "walk", "json")
    with pytest.raises(ConvscopeError, match="cannot write"):
        smiley.save(tmp_path / "no" / "walk.html")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["walk"]


def test_maps_are_written_beside_each_other(make_model, paint, tmp_path):
    overlays = Overlays(make_model("3C3-MP2", (1, 8, 8)), tmp_path / "maps")
    for folder in ("a", "b"):
        overlays.write(str(paint(tmp_path / folder / "cat.png", 100)))
    names = sorted(path.name for path in (tmp_path / "maps").iterdir())
    assert names == [
        f"{place}-cat.png-{kind}.png" for place in ("1-a", "2-b") for kind in ("grad-cam", "occlusion")
    ]
    assert pixels_of(tmp_path / "maps" / names[0], "map").shape == (256, 256, 3)


def test_a_folder_with_something_in_it_is_left_alone(brightness, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(SettingError, match="cannot write into"):
        Overlays(brightness, tmp_path)
    with pytest.raises(SettingError, match="cannot write into"):
        Overlays(brightness, tmp_path / "mine.txt")


def test_an_overlay_is_orange_red_above_0_blue_below_and_grey_at_0():
    laid = overlay(np.full((300, 300, 1), 100, np.uint8), np.array([[2.0, 0.0, -1.0]]))
    assert laid.shape == (300, 300, 3)
    (left, middle, right) = laid[150, [0, 150, 299]].astype(int)
    assert left[0] > left[2]
    assert right[2] > right[0]
    assert middle.tolist() == [100, 100, 100]
    assert np.abs(left - 100).sum() > np.abs(right - 100).sum()
