import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from convscope.walkthrough.document import Walk
from convscope.walkthrough.named_filters import parse_filter


def test_a_page_a_figure_and_the_numbers(run, model_path, paint, tmp_path):
    picture = paint(tmp_path / "cat.png", 200)
    for form in ("html", "png", "json"):
        path = tmp_path / f"walk.{form}"
        done = run("explain", model_path, picture, "--truth", "bright", "-o", path)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"written {path}, {path.stat().st_size:,} bytes\n"
    told = Walk.model_validate_json((tmp_path / "walk.json").read_text())
    assert (told.model, told.picture_name, told.truth) == ("model.safetensors", str(picture), 1)
    assert told.classes[told.predicted] == "bright"
    assert (tmp_path / "walk.html").read_text().startswith("<!DOCTYPE html>")


def test_the_smiley_needs_no_files(run):
    told = json.loads(run("explain", "smiley", "--json").stdout)
    assert [note["step"] for note in told["notes"]] == ["convolution_1", "full_connection_1"]
    assert told["picture_name"] == "smiley"


@pytest.mark.slow
def test_the_smiley_s_network_on_another_picture(run, paint, tmp_path):
    told = json.loads(run("explain", "smiley", paint(tmp_path / "a.png", 9), "--json").stdout)
    assert [note["step"] for note in told["notes"]] == ["full_connection_1"]


@pytest.mark.slow
def test_without_a_file_a_new_one_is_opened(run, tmp_path):
    done = run("explain", "smiley", TMPDIR=str(tmp_path), BROWSER="true")
    assert done.returncode == 0
    (page,) = tmp_path.rglob("walk.html")
    assert done.stdout == f"{page.as_uri()}\n"


def test_with_data_the_most_alike_are_found(run, model_path, paint, pets, tmp_path, cache):
    picture = paint(tmp_path / "cat.png", 220, seed=100)
    done = run("explain", model_path, picture, "--data", pets, "--json", CONVSCOPE_CACHE=str(cache))
    assert done.returncode == 0
    assert len(json.loads(done.stdout)["neighbours"]) == 8


@pytest.mark.slow
def test_what_cannot_be_is_said_and_nothing_is_written(run, model_path, paint, tmp_path):
    picture = paint(tmp_path / "cat.png", 200)
    before = sorted(tmp_path.iterdir())
    for arguments, said in (
        ((model_path,), "the picture is missing"),
        (("smily",), "there is no model smily"),
        ((model_path, tmp_path / "no.png"), "no.png"),
        ((tmp_path / "no.safetensors", picture), "no.safetensors"),
        ((model_path, picture, "--truth", "cow"), "'cow'"),
        ((model_path, picture, "-o", tmp_path / "walk.gif"), "walk.gif"),
        ((model_path, picture, "-o", tmp_path / "no" / "walk.html"), "cannot write"),
    ):
        done = run("explain", *arguments)
        assert done.returncode == 2
        assert said in done.stderr
        assert "Traceback" not in done.stderr
        assert len(done.stderr.splitlines()) <= 4
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.slow
def test_a_picture_with_a_filter(run, paint, tmp_path):
    picture = paint(tmp_path / "cat.png", 100)
    own = "-1 -1 -1 / -1 8 -1 / -1 -1 -1"
    out = tmp_path / "out.json"
    done = run("filter", picture, "--kernel", own, "--compare", "outline, blur", "--stride", 2, "-o", out)
    assert (done.returncode, done.stderr) == (0, "")
    convolution = Walk.model_validate_json(Path(out).read_text()).steps[1]
    assert convolution.filter_names == [own, "outline", "blur"]
    assert convolution.stride == [2, 2]
    maps = convolution.output.values()
    assert (maps[0] == maps[1]).all()
    for arguments, said in (
        ((picture,), "the filter is missing"),
        ((picture, "--kernel", "sharpn"), "'sharpn'"),
    ):
        done = run("filter", *arguments)
        assert done.returncode == 2
        assert said in done.stderr


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.mark.slow
def test_a_filtered_picture_is_written_as_a_picture(run, paint, tmp_path):
    picture, out = paint(tmp_path / "cat.png", 100), tmp_path / "blurred.png"
    done = run("filter", picture, "--kernel", "blur", "-o", out)
    assert (done.returncode, done.stderr) == (0, "")
    right = ndimage.correlate(pixels(picture).astype(float), parse_filter("blur"), mode="constant")
    assert pixels(out).dtype == np.uint8
    assert np.abs(pixels(out) - right).max() <= 0.51
    figure = tmp_path / "figure.png"
    run("filter", picture, "--kernel", "blur", "-o", figure, "--format", "png")
    assert pixels(figure).shape[1] > 300  # with titles, and many times larger


def test_predict_writes_maps_for_what_it_can_read(run, model_path, paint, tmp_path):
    good, maps = paint(tmp_path / "cat.png", 200), tmp_path / "maps"
    (tmp_path / "bad.png").write_text("no picture")
    assert run("predict", model_path, good, tmp_path / "bad.png", good, "--explain", maps).returncode == 1
    kinds = ("class-map", "occlusion")  # the model reads means, so its class map is exact
    assert sorted(path.name for path in maps.iterdir()) == [
        f"{place}-{tmp_path.name}-cat.png-{kind}.png" for place in (1, 2) for kind in kinds
    ]
    again = run("predict", model_path, good, "--explain", maps)
    assert again.returncode == 2
    assert "not empty" in again.stderr


def test_a_name_as_long_as_the_system_takes_has_maps_too(run, model_path, paint, tmp_path):
    long, maps = "é" * 120, tmp_path / "maps"
    paint(tmp_path / f"{long}.png", 20)
    done = run("predict", model_path, tmp_path / f"{long}.png", "--explain", maps)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in maps.iterdir()) == [
        f"1-{long[-98:]}.png-{kind}.png" for kind in ("class-map", "occlusion")
    ]


@pytest.mark.slow
def test_losses_as_a_table_and_as_a_figure(run, tmp_path, cache):
    out = tmp_path / "losses.png"
    done = run("losses", "-o", out, CONVSCOPE_CACHE=str(cache))
    assert (done.returncode, done.stderr) == (0, "")
    assert "0.2533" in done.stdout
    assert "confidently wrong" in done.stdout
    assert out.read_bytes().startswith(b"\x89PNG")
    assert run("losses", "-o", tmp_path / "losses.gif").returncode == 2
