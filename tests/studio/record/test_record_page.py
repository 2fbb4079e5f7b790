"""Recording from the page, in a real browser with its test camera."""

import json
import re

import pytest

pytestmark = pytest.mark.usefixtures("cache")
LONG = 180_000
"""Timeout in milliseconds, for a busy machine."""
HOLD = "Hold to record"


@pytest.fixture
def page(tab, start_studio):
    tab.set_default_timeout(LONG)
    tab.studio = start_studio()
    tab.goto(f"{tab.studio.address}#/record")
    tab.get_by_role("button", name=HOLD).first.wait_for()
    return tab


def pictures(page, place):
    return page.locator(".class-card").nth(place).locator(".recorded")


def rename(page, place, name):
    with page.expect_response("**/name"):
        field = page.get_by_label("class name").nth(place)
        field.fill(name)
        field.press("Enter")


@pytest.mark.slow
def test_from_the_first_picture_to_a_run(page, axe, browser):
    studio = page.studio
    rename(page, 0, "early")
    page.get_by_role("button", name=HOLD).first.hover()
    page.mouse.down()
    pictures(page, 0).nth(2).wait_for()
    page.mouse.up()
    assert page.get_by_role("button", name="Train").is_disabled()
    page.get_by_role("button", name=HOLD).nth(1).focus()
    page.keyboard.down(" ")
    pictures(page, 1).nth(2).wait_for()
    page.keyboard.up(" ")
    answer = page.locator(".live-answer tbody th")
    answer.first.wait_for()
    assert answer.all_inner_texts() == ["early", "class 2"]
    page.get_by_text(re.compile(r"The first answer came \d+\.\d seconds after")).wait_for()
    rename(page, 1, "late")
    page.locator(".live-answer tbody th:text-is('late')").wait_for()

    page.get_by_role("button", name="Stop the camera").click()
    page.wait_for_timeout(500)
    counts = [pictures(page, place).count() for place in (0, 1)]
    page.reload()
    pictures(page, 1).first.wait_for()
    assert [pictures(page, place).count() for place in (0, 1)] == counts
    kept = studio.home / "data" / "recording"
    assert sorted(folder.name for folder in kept.iterdir()) == ["early", "late"]
    opened = browser.new_page(bypass_csp=True)
    for width in (360, 1280):
        opened.set_viewport_size({"width": width, "height": 800})
        opened.goto(page.url)
        opened.locator(".recorded").first.wait_for()
        assert axe(opened) == []
        assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
    opened.close()

    page.get_by_role("button", name="Train").click()
    page.wait_for_url("**/#/train/recording")
    page.get_by_role("link", name="Walk through the model").wait_for()
    metrics = json.loads((studio.home / "runs" / "recording" / "metrics.json").read_bytes())
    assert "lite0" in json.dumps(metrics)


@pytest.mark.slow
def test_without_a_camera_files_are_taken_and_tried(tab, start_studio, tmp_path, paint):
    tab.set_default_timeout(LONG)
    tab.add_init_script("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
    tab.goto(f"{start_studio().address}#/record")
    tab.get_by_text("No camera is available").wait_for()
    assert tab.get_by_role("button", name=HOLD).first.is_disabled()
    for place, grey in ((0, 20), (1, 220)):
        files = [paint(tmp_path / "sent" / f"{grey}-{seed}.png", grey, seed) for seed in range(3)]
        tab.locator(".class-card input[type=file]").nth(place).set_input_files(files)
        pictures(tab, place).nth(2).wait_for()
    tab.locator(".seen input[type=file]").set_input_files(paint(tmp_path / "new.png", 215, 9))
    shares = tab.locator(".live-answer tbody td:not(.track)")
    shares.first.wait_for()
    dark, bright = (float(text.removesuffix(" %")) for text in shares.all_inner_texts())
    assert bright > dark
    pictures(tab, 0).first.click()
    tab.get_by_text("2 pictures", exact=True).wait_for()
    tab.get_by_role("button", name="Remove", exact=True).first.click()
    tab.get_by_role("button", name="Really remove").click()
    tab.locator(".class-card").nth(1).wait_for(state="detached")
    assert tab.get_by_role("button", name="Train").is_disabled()
