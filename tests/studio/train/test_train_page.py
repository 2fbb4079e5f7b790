"""Training from the page, in a real browser: whole stories."""

import base64
import json
import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import convscope

LONG = 120_000
"""Timeout in milliseconds, for a busy machine."""


def open_start(tab, studio):
    tab.set_default_timeout(LONG)
    tab.goto(f"{studio.address}#/train")
    tab.wait_for_selector(".network-table")


def begin(tab, *, name, network, epochs):
    tab.get_by_role("combobox", name="network").fill(network)
    tab.get_by_label("Name", exact=True).fill(name)
    tab.get_by_label("epochs").fill(str(epochs))
    tab.get_by_role("button", name="Start training").click()
    tab.wait_for_url(f"**/#/train/{name}")


def state(tab, text):
    tab.get_by_text(text).wait_for()


def figure(tab, title):
    return tab.locator(f".figures div:has(dt:text-is('{title}')) dd")


def worker(studio, name):
    """The id of the training process, from the run folder."""
    lines = (studio.home / "runs" / name / "events.jsonl").read_text().splitlines()
    return int([line for line in lines if '"Opened"' in line][-1].rpartition(": ")[2].rstrip("}"))


def test_a_network_is_costed_as_it_is_written_and_a_mistake_shown_at_its_character(tab, studio_server):
    open_start(tab, studio_server)
    tab.get_by_role("combobox", name="network").fill("8C3-MP2-16N")
    tab.locator(".network-table tfoot").get_by_text("2,314").wait_for()
    rows = tab.locator(".network-table tbody th").all_inner_texts()
    assert rows[:4] == ["image", "convolution", "ReLU", "max pooling"]
    tab.get_by_role("combobox", name="network").fill("8C3-Q")
    tab.get_by_role("alert").wait_for()
    lines = tab.get_by_role("alert").locator(".what").inner_text().splitlines()
    assert lines[1].index("Q") == lines[2].index("^")
    assert tab.get_by_role("combobox", name="network").get_attribute("aria-invalid") == "true"
    assert all("422" in text for text in tab.errors)  # browsers log a refusal as an error
    tab.errors.clear()


DROP = """([name, base64]) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([bytes], name));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
}"""


def drop(tab, name, data):
    tab.evaluate(DROP, [name, base64.b64encode(data).decode()])


@pytest.mark.slow
def test_an_archive_of_class_folders_is_dropped_on_the_page(tab, start_studio, tmp_path):
    open_start(tab, start_studio())
    drop(tab, "broken.zip", b"no archive")
    tab.get_by_role("alert").get_by_text("broken.zip").wait_for()
    for label in ("cat", "dog"):
        (tmp_path / "pets" / label).mkdir(parents=True)
        for place in range(4):
            Image.fromarray(np.full((8, 8), place, np.uint8)).save(tmp_path / "pets" / label / f"{place}.png")
    drop(tab, "pets.zip", Path(shutil.make_archive(tmp_path / "pets", "zip", tmp_path / "pets")).read_bytes())
    tab.locator(".class-name").get_by_text("dog").wait_for()
    assert "pets" in tab.get_by_label("pictures").locator("option:checked").inner_text()
    tab.errors.clear()  # browsers log a refusal as an error


@pytest.mark.slow
def test_names_of_classes_cannot_do_anything(tab, start_studio, tmp_path):
    name = "<img src=x onerror='window.harm = 1'>"
    for label, grey in ((name, 0), ("plain", 200)):
        (tmp_path / "pets" / label).mkdir(parents=True)
        for place in range(4):
            pixels = np.full((8, 8), grey + place, np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pets" / label / f"{place}.png")
    open_start(tab, start_studio("--data", tmp_path / "pets"))
    tab.locator(".class-name").get_by_text(name).wait_for()
    assert tab.query_selector("img[src=x]") is None
    assert tab.evaluate("window.harm") is None


@pytest.mark.slow
def test_pictures_are_collected_class_by_class(tab, start_studio, tmp_path):
    studio = start_studio()
    open_start(tab, studio)
    tab.get_by_text("Use other pictures").click()
    tab.get_by_label("new collection").fill("hands")
    tab.get_by_role("button", name="Create").click()
    tab.get_by_text("Name at least two classes").wait_for()
    assert tab.get_by_role("alert").count() == 0  # it has only just started
    for label, grey in (("open", 0), ("shut", 200)):
        tab.get_by_label("class name").fill(label)
        tab.get_by_role("button", name="Add class").click()
        files = [tmp_path / f"{label}-{place}.png" for place in range(10)]
        for place, file in enumerate(files):
            Image.fromarray(np.full((8, 8), grey + place, np.uint8)).save(file)
        box = tab.locator(".collector li").filter(has=tab.get_by_role("heading", name=label))
        box.locator("input[type=file]").set_input_files(files)
        box.get_by_text("10 added").wait_for()
        if label == "open":
            tab.reload()
            tab.get_by_text("Use other pictures").wait_for()
            tab.get_by_role("combobox", name="pictures").select_option(label="hands (collected here)")
            tab.get_by_role("heading", name="open").wait_for()  # it is known again
            tab.get_by_text("Name at least two classes").wait_for()
    tab.get_by_text("20 pictures in 2 classes").wait_for()
    assert tab.get_by_role("button", name="Start training").is_enabled()
    assert len(list((studio.home / "data" / "hands" / "shut").iterdir())) == 10


@pytest.mark.slow
def test_digits_are_trained_from_the_page_to_the_end_and_two_tabs_see_the_same(
    tab, audit, browser, start_studio
):
    studio = start_studio()
    open_start(tab, studio)
    begin(tab, name="first", network="8C3-MP2-16N", epochs=6)
    other = browser.new_page()
    other.set_default_timeout(LONG)
    other.goto(f"{studio.address}#/train/first")
    for one in (tab, other):
        state(one, "Finished.")
        figure(one, "training time").wait_for()
    assert tab.locator(".charts svg").count() == 2
    for title in ("epoch", "loss", "validation accuracy"):
        assert figure(tab, title).inner_text() == figure(other, title).inner_text()
    assert figure(tab, "epoch").inner_text() == "6 of 6"
    tab.reload()
    figure(tab, "training time").wait_for()
    assert figure(tab, "epoch").inner_text() == "6 of 6"
    model = studio.model("first")
    assert tab.get_by_role("link", name="Walk through the model").get_attribute("href") == f"#/walk/{model}"
    run = studio.home / "runs" / "first"
    mistakes = tab.get_by_role("link", name="See its mistakes")
    assert mistakes.get_attribute("href") == f"#/mistakes?model={model}"
    classifier = convscope.load(run / "model.safetensors")
    shown = tab.locator(".plan:has(caption:text-is('result'))").inner_text()
    assert f"{classifier.model.figures['accuracy_fraction']:.2%}".replace("%", " %") in shown
    assert tab.locator(".first-filters figure", has_text="filter").count() == 8
    learning = tab.get_by_role("region", name="how the network learned")
    assert learning.locator("output").inner_text() == "6"
    learning.get_by_role("button", name="Play").click()
    learning.get_by_text("0: untrained").wait_for()
    learning.locator("output:text-is('6')").wait_for()
    learning.get_by_role("button", name="Play").wait_for()
    tab.get_by_label("maps of").select_option("max_pooling_1")
    tab.get_by_text("map 7").wait_for()
    assert tab.locator(".first-filters figure", has_text="map").count() == 8
    tab.get_by_role("link", name="All runs").click()
    cells = tab.locator(".run-table tbody tr").first.locator("th, td")
    cells.first.wait_for()
    epochs = [line for line in (run / "events.jsonl").read_text().splitlines() if "EpochDone" in line]
    validation = json.loads(epochs[-1])["validation_accuracy_fraction"]
    test = classifier.model.figures["accuracy_fraction"]
    shares = [f"{one:.1%}".replace("%", " %") for one in (validation, test)]
    assert cells.all_inner_texts() == ["first", "finished", "6 of 6", *shares]
    other.close()
    opened = browser.new_page(bypass_csp=True)
    for place, there in (("train/first", ".first-filters"), ("train", ".run-table")):
        opened.goto(f"{studio.address}#/{place}")
        opened.wait_for_selector(there)
        assert audit(opened, "light") == [], place
    opened.close()


@pytest.mark.slow
def test_a_killed_training_is_resumed_paused_and_removed_from_the_page(tab, start_studio):
    studio = start_studio()
    open_start(tab, studio)
    begin(tab, name="long", network="4C3-MP2", epochs=5_000)
    state(tab, "Training.")
    figure(tab, "epoch").wait_for()
    first = worker(studio, "long")
    os.kill(first, signal.SIGKILL)
    state(tab, "Interrupted:")
    tab.get_by_role("button", name="Resume").click()
    state(tab, "Training.")
    assert worker(studio, "long") != first
    tab.get_by_role("button", name="Pause").click()
    state(tab, "Paused.")
    assert (studio.home / "runs" / "long" / "run.json").exists()
    tab.get_by_role("button", name="Delete").click()
    tab.get_by_role("button", name="Really delete").click()
    tab.wait_for_url("**/#/train")
    assert not (studio.home / "runs" / "long").exists()


@pytest.mark.slow
def test_training_goes_on_without_the_studio(tab, start_studio):
    studio = start_studio("--port", 0)
    open_start(tab, studio)
    begin(tab, name="alone", network="4C3-MP2", epochs=5_000)
    state(tab, "Training.")
    figure(tab, "epoch").wait_for()
    before = worker(studio, "alone")
    studio.process.terminate()
    assert studio.process.wait(60) == 0
    tab.goto("about:blank")
    tab.errors.clear()  # it continued to poll until it was closed
    again = start_studio()
    tab.goto(f"{again.address}#/train/alone")
    state(tab, "Training.")
    assert worker(again, "alone") == before
    tab.get_by_role("button", name="Pause").click()
    state(tab, "Paused.")


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_wrong(audit, browser, studio_server, theme):
    opened = browser.new_page(color_scheme=theme, bypass_csp=True)
    open_start(opened, studio_server)
    opened.evaluate("document.querySelector('details').open = true")
    assert audit(opened, theme) == []
    opened.close()
