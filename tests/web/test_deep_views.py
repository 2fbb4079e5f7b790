"""Building blocks of deep networks: each number on the page equals that of the NumPy steps."""

import numpy as np
import pytest

from convscope.steps import depthwise_convolution, joining
from convscope.steps.windows import Windows
from convscope.walkthrough.outputs import outputs
from convscope.walkthrough.page import page as page_of
from convscope.walkthrough.walk import walk

from .conftest import Opened, read_number

CLOSE = {"rtol": 1e-5, "atol": 1e-6}  # the page's numbers are float32 with nine digits


@pytest.mark.parametrize(
    ("name", "place"),
    [("depthwise_convolution_1", (3, 0, 5)), ("depthwise_convolution_2", (5, 6, 5))],
)
def test_the_sum_behind_a_cell_of_a_depthwise_convolution(deep, name, place):
    step = deep.step(name)
    (before,) = step.inputs
    channel, row, column = place
    deep.go(f"#at={name}:{channel}.{row}.{column}")
    told = depthwise_convolution.explain(
        deep.output(before),
        step.filters.values(),
        step.bias.values(),
        Windows(tuple(step.window), tuple(step.stride), tuple(step.padding), step.overhang),
        channel=channel,
        row=row,
        column=column,
    )
    products = deep.numbers(".terms tbody td:nth-child(6) .number")
    np.testing.assert_allclose(products, [term.product for term in told.terms], **CLOSE)
    places = ["padding" if term.padding else f"({term.row}, {term.column})" for term in told.terms]
    assert deep.texts(".terms tbody td:first-child") == places
    assert "padding" in places
    np.testing.assert_allclose(
        deep.numbers(".sum .line:not(.part) .number"), [told.bias, told.result], **CLOSE
    )
    np.testing.assert_allclose(told.result, deep.output(name)[place], **CLOSE)


def test_relu6_says_what_becomes_of_a_number(deep, number):
    values = deep.output("depthwise_convolution_2")
    step = deep.step("depthwise_convolution_2.relu6")
    assert values.max() > 6
    middle = np.unravel_index(np.abs(values - 3).argmin(), values.shape)
    for place, verdict in (
        (np.unravel_index(values.argmin(), values.shape), "is negative"),
        (np.unravel_index(values.argmax(), values.shape), "is above 6, so it becomes 6"),
        (middle, "is positive, so it stays"),
    ):
        deep.go(f"#at={step.name}:{'.'.join(map(str, place))}")
        expected = [values[place], min(max(0, values[place]), 6)]
        np.testing.assert_allclose(deep.numbers(".middle-pane .equation .number"), expected, **CLOSE)
        assert verdict in deep.tab.inner_text(".middle-pane")
    shares = [number(text) for text in deep.texts(".middle-pane p > strong")][-2:]
    np.testing.assert_allclose(shares, [(values < 0).mean(), (values > 6).mean()], atol=6e-4)


def test_a_shortcut_adds_two_numbers_and_the_trail_goes_back_either_way(deep):
    place = (2, 4, 7)
    block, shortcut = deep.step("addition_1").inputs
    deep.go("#at=addition_1:2.4.7")
    told = [deep.output(name)[place] for name in (block, shortcut, "addition_1")]
    np.testing.assert_allclose(deep.numbers(".middle-pane .equation .number"), told, **CLOSE)
    assert told[0] + told[1] == pytest.approx(told[2], rel=1e-6)
    deep.tab.click(".middle-pane .equation a >> nth=0")
    deep.tab.wait_for_selector(f"h1:text-is('{block.replace('_', ' ')}')")
    assert f"at=addition_1:2.4.7/{block}:2.4.7" in deep.address
    deep.tab.click(".trail a:text-is('or along the shortcut')")
    deep.tab.wait_for_selector("h1:text-is('ReLU after convolution 1')")
    assert f"at=addition_1:2.4.7/{shortcut}:2.4.7" in deep.address
    assert deep.texts(".trail strong") == ["ReLU map 2 (4, 7)"]


def test_a_joined_map_says_where_it_comes_from(deep):
    sources = deep.step("joining").inputs
    means = [deep.output(name) for name in sources]
    assert [len(one) for one in means] == [6, 5]
    for channel in (0, 5, 6, 10):
        deep.go(f"#at=joining:{channel}.0.0")
        told = joining.explain(means, channel=channel)
        text = deep.tab.inner_text(".middle-pane .equation")
        assert f"map {told.channel} of global {sources[told.source].replace('_', ' ')}" in text
        np.testing.assert_allclose(
            deep.numbers(".middle-pane .equation .number"), means[told.source][told.channel].ravel(), **CLOSE
        )
    assert deep.texts(".middle-pane tbody td:last-child") == ["0 to 5", "6 to 10"]


def test_the_mean_of_a_whole_map_is_written_out(deep):
    maps = deep.output("addition_1")
    deep.go("#at=average_pooling_1:3.0.0")
    assert deep.texts("h1") == ["global average pooling 1"]
    np.testing.assert_allclose(
        deep.numbers(".middle-pane .equation .number"), [maps[3].sum(), maps[3].mean()], rtol=1e-4
    )
    deep.tab.click(".middle-pane summary >> nth=0")
    np.testing.assert_allclose(
        deep.numbers(".middle-pane tbody .number"), maps[3].sum(axis=1), rtol=1e-4, atol=1e-5
    )


def test_the_class_map_adds_up_to_the_logit(deep, number):
    told = deep.walk.why.evidence.classes
    logits = deep.output("full_connection_1")
    for index in (0, 3):
        deep.go(f"#at=why&class={index}")
        column = deep.numbers(".evidence .number")
        expected = [told[index].bias, *(part.total for part in told[index].parts), logits[index]]
        np.testing.assert_allclose(column, expected, **CLOSE)
        assert sum(column[:-1]) == pytest.approx(column[-1], abs=1e-7)
        values = told[index].map.values()
        row, column = np.unravel_index(values.argmax(), values.shape)
        place, value = deep.texts(".readout")[0].split(": ")
        assert place == f"({row}, {column})"
        np.testing.assert_allclose(number(value), values.max(), **CLOSE)
    assert deep.texts(".evidence th a") == ["addition 1", "convolution 5"]
    assert "Grad-CAM" not in deep.tab.inner_text("main")


def test_input_maps_are_ranked_by_what_they_add(open_page, make_model):
    model = make_model("40C3-2C1l", (1, 6, 6))
    told = walk(model, np.random.default_rng(0).integers(0, 256, (6, 6), np.uint8))
    tab, url = open_page(page_of(told.model_dump()), "many")
    tab.goto(f"{url}#at=convolution_2:1.2.3")
    tab.wait_for_selector(".sum")
    before = outputs(told)["convolution_1.relu"]
    (step,) = [step for step in told.steps if step.name == "convolution_2"]
    parts = before[:, 2, 3] * step.filters.values()[1, :, 0, 0]
    largest = np.argsort(-np.abs(parts), kind="stable")[:8]
    texts = [one.inner_text() for one in tab.query_selector_all(".sum .line.part button")]
    assert texts == [*(f"map {index}" for index in largest), "32 other maps"]
    shown = [read_number(one.get_attribute("title")) for one in tab.query_selector_all(".sum .number")]
    bias = step.bias.values()[1]
    rest = parts.sum() - parts[largest].sum()
    np.testing.assert_allclose(shown, [*parts[largest], rest, bias, parts.sum() + bias], rtol=1e-5, atol=1e-6)
    assert len(tab.query_selector_all(".input-pane .gallery button")) == 8
    tab.get_by_role("button", name="32 other maps").click()
    assert len(tab.query_selector_all(".sum .line.part")) == 40
    assert tab.errors == []


def test_the_first_cell_of_a_rounded_walk_does_not_contradict_its_own_sum(open_page, make_model, monkeypatch):
    monkeypatch.setattr("convscope.walkthrough.walk.is_large", lambda _: True)
    monkeypatch.setattr("convscope.walkthrough.step_documents._LARGE_ARRAY", 8)
    model = make_model("6C3-4C3", (1, 9, 8))
    told = walk(model, np.random.default_rng(0).integers(0, 256, (9, 8), np.uint8))
    (step,) = [step for step in told.steps if step.name == "convolution_2"]
    tab, url = open_page(page_of(told.model_dump()), "rounded")
    tab.goto(f"{url}#at=convolution_2")
    tab.wait_for_selector(".sum")
    parts = (step.exact.inputs.values().astype(float) * step.exact.weights.values()).sum(axis=(1, 2))
    shown = [read_number(one.get_attribute("title")) for one in tab.query_selector_all(".sum .number")]
    assert sorted(shown[:6]) == pytest.approx(sorted(parts), rel=1e-6)
    assert shown[-1] == pytest.approx(step.exact.output, rel=1e-6)
    assert sum(shown[:-1]) == pytest.approx(shown[-1], rel=1e-6)
    tab.get_by_role("button", name="next cell").click()
    assert "rounding" in tab.inner_text(".sum")
    assert tab.errors == []


@pytest.fixture(scope="module")
def many_steps(open_page, make_model):
    """A network with so many steps that they are shown in blocks, and loaded when they are viewed."""
    model = make_model(
        "4C3r6-(8C1r6-D3r6-4C1l)+-K-8C1r6-D3s2r6-6C1l-(9C1r6-D3r6-6C1l)+-12C1r6-J", (3, 20, 20), seed=2
    )
    told = walk(model, np.random.default_rng(3).integers(0, 256, (20, 20, 3), np.uint8))
    tab, url = open_page(page_of(told.model_dump()), "blocks")
    yield Opened(told, tab, url)
    assert tab.errors == []


@pytest.fixture(scope="module")
def separable(open_page, make_model):
    """A network of depthwise separable convolutions, without shortcuts."""
    model = make_model("4C3s2r6-D3r6-6C1r6-D3s2r6-8C1r6-D3r6-8C1r6-D3r6-8C1r6-D3r6-8C1r6-J", (3, 20, 20))
    told = walk(model, np.random.default_rng(3).integers(0, 256, (20, 20, 3), np.uint8))
    tab, url = open_page(page_of(told.model_dump()), "separable")
    yield Opened(told, tab, url)
    assert tab.errors == []


RIBBON = ".ribbon > ol > li"


def test_a_block_has_one_depthwise_convolution(separable):
    separable.go("")
    shown = separable.texts(f"{RIBBON} a > span:not(.thumbnail, .quiet)")
    assert [name for name in shown if "block" in name] == [f"block {number}" for number in range(1, 6)]
    separable.tab.click(".ribbon a:has-text('block 2')")
    separable.tab.wait_for_selector(".ribbon .block a:has-text('depthwise 2')")
    assert separable.texts(".ribbon .block a > span:not(.thumbnail, .quiet)") == [
        *("depthwise 2", "ReLU6", "conv 3", "ReLU6")
    ]


def test_a_deep_network_is_shown_in_blocks_that_open(many_steps):
    many_steps.go("")
    shown = ["overview", "image", "block 1", "block 2", "block 3", "block 4", "block 5", "means"]
    shown += ["flatten", "full 1", "softmax", "loss", "why this answer", "invariance"]
    names = f"{RIBBON} a > span:not(.thumbnail, .quiet)"
    assert many_steps.texts(names) == shown
    many_steps.tab.click(".ribbon a:has-text('block 2')")
    many_steps.tab.wait_for_selector("h1:text-is('addition 1')")
    assert many_steps.texts(".ribbon .block a > span:not(.thumbnail, .quiet)") == [
        "conv 2",
        "ReLU6",
        "depthwise 1",
        "ReLU6",
        "conv 3",
        "add 1",
    ]
    assert many_steps.texts(".ribbon [aria-current] > span:nth-child(2)") == ["add 1"]


@pytest.mark.slow
def test_every_step_is_read_when_it_is_looked_at(many_steps):
    for step in many_steps.walk.steps:
        many_steps.go(f"#at={step.name}")
        assert (
            many_steps.texts("h1")[0]
            .replace("global ", "")
            .startswith(("ReLU6 after", step.name.split(".")[0].replace("_", " ")))
        )
    block, shortcut = many_steps.step("addition_2").inputs
    many_steps.go("#at=addition_2:3.4.5")
    told = [many_steps.output(name)[3, 4, 5] for name in (block, shortcut, "addition_2")]
    np.testing.assert_allclose(many_steps.numbers(".middle-pane .equation .number"), told, **CLOSE)


def test_the_overview_begins_with_three_steps_and_a_picture_of_blocks(many_steps):
    many_steps.go("#at=overview")
    telling = [step for step in many_steps.walk.steps if step.kind == "relu6" and len(step.shape) == 3]
    early, middle, late = telling[0], telling[len(telling) // 2], telling[-1]
    for step, text in zip((early, middle, late), many_steps.texts(".gist li > .quiet"), strict=False):
        maps, height, width = step.shape
        assert text.startswith(f"{maps} maps of {height} × {width}.")
        size, start, stride = (
            step.receptive_field.size,
            step.receptive_field.start,
            step.receptive_field.stride,
        )
        top = start[0] + height // 2 * stride[0]
        rows = min(20, top + size[0]) - max(0, top)
        assert f"One number sees {rows} × " in text
    shapes = many_steps.texts(".block-picture .quiet")
    assert shapes[0] == "3 × 20 × 20"
    assert shapes[2] == " × ".join(map(str, many_steps.step("addition_1").shape))


def test_the_overview_of_blocks_links_to_their_steps(many_steps):
    many_steps.go("#at=overview")
    assert len(many_steps.tab.query_selector_all(".block-steps a")) == len(
        [step for step in many_steps.walk.steps if len(step.shape) == 3 and step.kind != "image"]
    )
    many_steps.tab.click(".block-steps a:has-text('depthwise 2')")
    many_steps.tab.wait_for_selector("h1:text-is('depthwise convolution 2')")
