"""The studio with a multi-label model and pictures: mistakes, walk, backward pass and neurons."""

import time

import numpy as np
import pytest
from PIL import Image

from convscope.errors import SettingError
from convscope.model.file import save
from convscope.steps import sigmoid
from convscope.studio.lesson.material import material
from convscope.walkthrough.losses import gradient_at_logits
from convscope.walkthrough.numpy_chain import forward
from convscope.walkthrough.truth import true_labels

from .conftest import studio_running

SETS = ("class 0", "class 0;class 2", "", "class 1;class 2", "class 2", "class 0;class 1;class 2")


@pytest.fixture(scope="module")
def model(make_model):
    return make_model("4C3-MP2-6N", (3, 8, 8), seed=4, thresholds=(0.5, 0.3, 0.7))


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(0).integers(0, 256, (24, 8, 8, 3), np.uint8)


@pytest.fixture(scope="module")
def running(fork, tmp_path_factory, model, pictures):
    folder = tmp_path_factory.mktemp("labels")
    save(model, folder / "labels.safetensors")
    rows = ["path,label"]
    for number, pixels in enumerate(pictures):
        Image.fromarray(pixels).save(folder / f"{number}.png")
        rows.append(f"{number}.png,{SETS[number % len(SETS)]}")
    (folder / "fruit.csv").write_text("\n".join(rows))
    with studio_running(
        fork, folder, folder / "labels.safetensors", "--data", folder / "fruit.csv"
    ) as running:
        yield running


@pytest.fixture(scope="module")
def asked(running):
    return {"model": running.model("labels"), "data": running.data("fruit")}


def test_mistakes_are_counted_label_by_label_and_listed(running, asked, model, pictures):
    address = f"/api/models/{asked['model']}/mistakes"
    query = f"data={asked['data']}&part=all"
    figures = running.get(f"{address}?{query}")
    answers = np.array(
        [sigmoid.forward(forward(model, one)[-1].input) >= model.thresholds for one in pictures]
    )
    truth = np.array([[f"class {k}" in SETS[n % 6].split(";") for k in range(3)] for n in range(24)])
    assert figures["correct"] == (answers == truth).all(axis=1).sum()
    for label, one in enumerate(figures["labels"]):
        missed = np.flatnonzero(truth[:, label] & ~answers[:, label])
        assert one["missed"] == len(missed)
        listed = running.get(f"{address}/label?{query}&label={label}&kind=missed")
        assert sorted(listed["places"]) == missed.tolist()
    status, _, _ = running.ask("GET", f"{address}/cell?{query}&truth=0&predicted=0")
    assert status == 404


def test_a_label_set_is_corrected_and_taken_back(running, asked):
    address = f"/api/data/{asked['data']}/corrections"
    assert set(running.get(address)["classes"]) == set(SETS)
    found = running.post(f"{address}/1", {"label": "class 1;class 2"}, "PUT")
    (one,) = found["corrections"]
    assert (one["place"], one["label"], one["corrected"]) == (1, "class 0;class 2", "class 1;class 2")
    assert running.post(f"{address}/1", {"label": "class 0;class 2"}, "PUT")["corrections"] == []


@pytest.mark.parametrize("place", [1, 2])
def test_the_walk_knows_the_true_labels_and_backpropagation_is_theirs(running, asked, model, pictures, place):
    picture = f"picture=data.{asked['data']}.{place}"
    walk = running.get(f"/api/models/{asked['model']}/walk?{picture}")
    members = [label for label in range(3) if f"class {label}" in SETS[place].split(";")]
    assert (walk["truth"], walk["labels"]["sets"][0]) == (0, members)
    query = "".join(f"&truth={label}" for label in members)
    found = running.get(f"/api/models/{asked['model']}/backward/all-weights?{picture}{query}")
    logits = forward(model, pictures[place])[-1].input
    truth = true_labels(members, 3)
    assert found["losses"][0] == pytest.approx(truth.loss(logits), rel=1e-6)
    curve = running.get(
        f"/api/models/{asked['model']}/backward/curve?{picture}{query}&weight=full_connection_2.bias:1"
    )
    assert curve["weight"]["gradient"] == pytest.approx(gradient_at_logits(logits, truth, 1.0)[1], rel=1e-6)
    assert (
        running.ask("GET", f"/api/models/{asked['model']}/backward/all-weights?{picture}&truth=3")[0] == 404
    )


def test_neurons_count_a_picture_with_each_of_its_labels(running, asked):
    address = f"/api/models/{asked['model']}/neurons?data={asked['data']}&part=all"
    for _ in range(100):
        found = running.get(address)
        if found["state"] == "done":
            break
        time.sleep(0.1)
    assert found["pictures"] == [12, 8, 16]


def test_the_lesson_is_about_softmax_and_refuses(model, pictures):
    with pytest.raises(SettingError, match="the lesson is for models with one class"):
        material(model, pictures[0], None)


@pytest.mark.slow
def test_the_pages_show_labels_and_edits_change_the_answer(running, asked, browser):
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    errors = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(f"{running.address}#/mistakes?model={asked['model']}&data={asked['data']}&part=all")
    first = tab.locator(".confusion td a").first
    kind = first.get_attribute("aria-label").partition(": ")[2]
    first.click()
    tab.wait_for_selector(f"h2:text('{kind}')")
    lists = tab.get_by_role("navigation", name="which pictures").get_by_role("link").all_inner_texts()
    assert lists == ["Most confident mistakes", "Least certain"]
    walk = f"#/walk/{asked['model']}/data.{asked['data']}.1?at=sigmoid"
    tab.goto(f"{running.address}{walk}")
    tab.wait_for_selector("h2:text('not softmax')")
    before = tab.inner_text(".output-pane .bars")
    edit = {"kind": "weight", "tensor": "full_connection_2.bias", "place": [0], "value": 9.0}
    running.post(f"/api/models/{asked['model']}/edits", edit)
    tab.reload()
    tab.wait_for_selector("h2:text('not softmax')")
    assert tab.inner_text(".output-pane .bars") != before
    running.post(f"/api/models/{asked['model']}/edits", method="DELETE")
    tab.goto(f"{running.address}{walk}&way=back")
    tab.wait_for_selector("h2:text('One step of training')")
    assert "class 0, class 2 (true)" in tab.inner_text(".way")
    assert errors == []
    tab.close()
