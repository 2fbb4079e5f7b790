"""Every number on the page equals that of the NumPy steps for the model's real weights."""

import numpy as np
import pytest

from convscope.steps import (
    convolution,
    cross_entropy,
    full_connection,
    max_pooling,
    softmax,
    squared_error,
)
from convscope.steps.windows import Windows

CLOSE = {"rtol": 1e-5, "atol": 1e-6}  # the page's numbers are float32 with nine digits


def cells(shape, count=2):
    random = np.random.default_rng(1)
    return [tuple(int(random.integers(size)) for size in shape) for _ in range(count)] + [
        tuple(s - 1 for s in shape)
    ]


def at(step, place):
    return f"#at={step}:{'.'.join(map(str, place))}"


@pytest.mark.parametrize("name", ["convolution_1", "convolution_2"])
def test_the_sum_behind_a_cell_of_a_convolution(colour, name):
    step = colour.step(name)
    (before,) = step.inputs
    for channel, row, column in cells(step.shape):
        colour.go(at(name, (channel, row, column)))
        told = convolution.explain(
            colour.output(before),
            step.filters.values(),
            step.bias.values(),
            Windows(tuple(step.window), tuple(step.stride), tuple(step.padding)),
            channel=channel,
            row=row,
            column=column,
        )
        np.testing.assert_allclose(
            sorted(colour.numbers(".sum .line.part .number")), sorted(told.subtotals), **CLOSE
        )
        np.testing.assert_allclose(
            colour.numbers(".sum .line:not(.part) .number"), [told.bias, told.result], **CLOSE
        )
        np.testing.assert_allclose(told.result, colour.output(name)[channel, row, column], **CLOSE)
        for of in range(len(told.subtotals)):
            colour.go(at(name, (channel, row, column)).replace("#", f"#channel={of}&"))
            terms = [term for term in told.terms if term.channel == of]
            shown = [colour.numbers(f".terms tbody td:nth-child({n}) .number") for n in (2, 4, 6)]
            expected = [(term.input, term.weight, term.product) for term in terms]
            np.testing.assert_allclose(np.transpose(shown), expected, **CLOSE)
            assert colour.numbers(".grids .flies") == shown[2]
            places = ["padding" if term.padding else f"({term.row}, {term.column})" for term in terms]
            assert colour.texts(".terms tbody td:first-child") == places


def test_the_drawn_window_is_the_one_that_is_summed(colour):
    colour.go("#at=convolution_1:1.0.0")
    padding = colour.texts(".grid.input td.padding")
    assert len(padding) == 5  # of a 3 x 3 window in the corner, padded by 1
    colour.go("#at=convolution_1:1.5.6")
    (box,) = colour.tab.query_selector_all(".input-pane .board .outline.input")
    board = colour.tab.query_selector(".input-pane .board canvas").bounding_box()
    cell = board["width"] / (12 + 2)
    found = box.bounding_box()
    assert found["x"] - board["x"] == pytest.approx(6 * cell, abs=1)  # column 6 - 1, and 1 of padding
    assert found["y"] - board["y"] == pytest.approx(5 * cell, abs=1)
    assert found["width"] == pytest.approx(3 * cell, abs=1)
    assert len(colour.tab.query_selector_all(".input-pane .gallery.marked .window")) == 3


def test_a_map_is_drawn_in_the_colours_of_its_numbers(colour):
    colour.go("#at=convolution_1:2.3.4&theme=light")
    drawn = colour.tab.eval_on_selector(
        ".output-pane .board canvas",
        """canvas => {
          const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
          copy.drawImage(canvas, 0, 0);
          const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
          return { size: [canvas.height, canvas.width], data: [...data] };
        }""",
    )
    values = colour.output("convolution_1")[2]
    assert tuple(drawn["size"]) == values.shape
    rgb = np.array(drawn["data"]).reshape(*values.shape, 4)[..., :3].astype(int)
    redder = rgb[..., 0] - rgb[..., 2]
    limit = np.abs(colour.output("convolution_1")).max()
    clear = np.abs(values) > 0.1 * limit
    assert (np.sign(redder)[clear] == np.sign(values)[clear]).all()
    assert np.corrcoef(redder.flat, values.flat)[0, 1] > 0.9


def test_relu_says_what_becomes_of_a_number(colour, number):
    values = colour.output("convolution_1")
    negative = np.unravel_index(values.argmin(), values.shape)
    positive = np.unravel_index(values.argmax(), values.shape)
    for place in (negative, positive):
        colour.go(at("convolution_1.relu", place))
        np.testing.assert_allclose(
            colour.numbers(".middle-pane .equation .number"), [values[place], max(0, values[place])], **CLOSE
        )
    step = colour.step("convolution_1.relu")
    shares = [number(text) for text in colour.texts(".middle-pane .bars td:nth-child(2)")]
    np.testing.assert_allclose(sorted(shares), sorted(step.silenced.values()), atol=6e-4)


def test_without_relu_the_answer_is_another(colour, number):
    colour.go("#at=convolution_1.relu")
    assert "matrix" not in colour.tab.inner_text(".below")
    colour.tab.get_by_role("switch").check()
    rows = colour.texts(".below table.figures tbody td")
    told = colour.walk
    expected = [
        share for pair in zip(told.probabilities, told.no_relu.probabilities, strict=True) for share in pair
    ]
    np.testing.assert_allclose([number(text) for text in rows], expected, atol=6e-4)
    assert told.no_relu.linear.text in colour.tab.inner_text(".below")
    assert "relu=off" in colour.address


def test_the_winner_of_a_window(colour):
    step = colour.step("max_pooling_1")
    for channel, row, column in cells(step.shape):
        colour.go(at("max_pooling_1", (channel, row, column)))
        told = max_pooling.explain(
            colour.output("convolution_1.relu"),
            Windows(tuple(step.window), tuple(step.stride), overhang=step.overhang),
            channel=channel,
            row=row,
            column=column,
        )
        inside = [cell.value for cell in told.cells if cell.value is not None]
        shown = colour.numbers(".middle-pane .grid td:not(.padding)")
        np.testing.assert_allclose(shown, inside, **CLOSE)
        np.testing.assert_allclose(colour.numbers(".middle-pane .grid td.winner"), [told.result], **CLOSE)
        winner = told.cells[told.winner]
        assert f"({winner.row}, {winner.column})" in colour.tab.inner_text(".middle-pane .equation")


def test_the_mean_of_a_window(colour):
    colour.go("#at=average_pooling_1:3.1.0")
    window = colour.output("convolution_2.relu")[3, 2:4, 0:2]
    np.testing.assert_allclose(
        colour.numbers(".middle-pane .equation .number"), [window.sum(), window.mean()], **CLOSE
    )


def test_flattening_both_ways(colour):
    shape = colour.step("flattening").input_shape
    for index in (0, 7, int(np.prod(shape)) - 1):
        colour.go(f"#at=flattening:{index}")
        channel, row, column = (int(part) for part in np.unravel_index(index, shape))
        text = colour.tab.inner_text(".middle-pane")
        assert f"map {channel}, row {row}, column {column}" in text
        assert f"({channel} × {shape[1]} + {row}) × {shape[2]} + {column} = {index}" in text
        (value,) = colour.numbers(".middle-pane .equation .number")
        np.testing.assert_allclose(value, colour.output("flattening")[index], **CLOSE)
    colour.tab.get_by_label("Look up index").fill("5")
    colour.tab.keyboard.press("Enter")
    colour.tab.wait_for_url("**at=flattening:5")


def test_the_waterfall_of_a_neuron_comes_to_its_value(colour):
    step = colour.step("full_connection_2")
    inputs = colour.output("full_connection_1.relu")
    colour.go("#contributions=all&at=full_connection_2:1")
    told = full_connection.explain(inputs, step.weights.values(), step.bias.values(), neuron=1)
    shown = colour.numbers(".waterfall td:nth-child(6) .number")
    products = sorted((term.product for term in told.contributions), key=abs, reverse=True)
    np.testing.assert_allclose(shown, [told.bias, *products], **CLOSE)
    np.testing.assert_allclose(colour.numbers(".waterfall tfoot .number"), [told.result], **CLOSE)


def test_a_long_waterfall_folds_and_still_adds_up(colour):
    step = colour.step("full_connection_1")
    colour.go("#at=full_connection_1:4")
    folded = colour.numbers(".waterfall tbody td:nth-child(6) .number")
    assert len(folded) == 1 + 8 + 1
    np.testing.assert_allclose(sum(folded), step.output.values()[4], rtol=1e-4, atol=1e-5)
    colour.tab.get_by_role("button", name="show the").click()
    whole = colour.numbers(".waterfall tbody td:nth-child(6) .number")
    assert len(whole) == 1 + len(colour.output("flattening"))
    np.testing.assert_allclose(sum(whole), step.output.values()[4], rtol=1e-4, atol=1e-5)


def test_softmax_line_by_line(colour):
    logits = np.array(colour.step("softmax").logits)
    colour.go("#at=softmax:2")
    order = np.argsort(-logits)
    exponentials = np.exp(logits - logits.max())
    table = ".middle-pane table.figures"
    np.testing.assert_allclose(
        colour.numbers(f"{table} tbody td:nth-child(2) .number"), logits[order], **CLOSE
    )
    np.testing.assert_allclose(
        colour.numbers(f"{table} tbody td:nth-child(4) .number"), exponentials[order], **CLOSE
    )
    np.testing.assert_allclose(
        colour.numbers(f"{table} tbody td:nth-child(5) .number"), softmax.forward(logits)[order], **CLOSE
    )
    np.testing.assert_allclose(colour.numbers(f"{table} tfoot .number"), [exponentials.sum(), 1], **CLOSE)


def test_the_temperature_divides_the_logits_and_one_probability_is_shown_everywhere(colour, number):
    temperature = colour.walk.temperature
    assert temperature != 1
    logits = colour.output("full_connection_2")
    colour.go("#at=temperature:2")
    np.testing.assert_allclose(
        colour.numbers(".middle-pane .equation .number"),
        [logits[2], temperature, logits[2] / temperature],
        **CLOSE,
    )
    told = sorted(colour.walk.probabilities, reverse=True)
    for step in ("softmax", "loss"):
        colour.go(f"#at={step}")
        pane = ".output-pane" if step == "softmax" else ".input-pane"
        shares = sorted(
            (number(text) for text in colour.texts(f"{pane} .bars td:nth-child(2)")), reverse=True
        )
        np.testing.assert_allclose(shares, told, atol=6e-4)
    colour.go("#at=overview")
    shares = [number(text) for text in colour.texts(".overview .bars td:nth-child(2)")]
    np.testing.assert_allclose(shares, told, atol=6e-4)


def test_the_overview_keeps_the_order_of_colours_and_sorts_feature_maps(colour):
    colour.go("#at=overview")
    captions = colour.texts(".overview .gallery .caption")
    assert captions[:3] == ["red", "green", "blue"]
    activity = np.maximum(colour.output("convolution_1"), 0).mean(axis=(1, 2))
    assert captions[3:7] == [str(index) for index in np.argsort(-activity)]


@pytest.mark.parametrize("truth", [0, 2])
def test_three_losses_and_their_gradients(colour, truth):
    logits = np.array(colour.step("softmax").logits)
    colour.go(f"#at=loss:{truth}")
    shown = colour.numbers(".middle-pane .output .number, .middle-pane td.output .number")
    expected = [cross_entropy.forward(logits, truth), squared_error.forward(logits, truth)]
    np.testing.assert_allclose(shown[:2], expected, **CLOSE)
    assert shown[2] == float(logits.argmax() != truth)
    table = ".output-pane table tbody"
    for place, gradient in ((2, cross_entropy.gradient), (3, squared_error.gradient)):
        np.testing.assert_allclose(
            colour.numbers(f"{table} td:nth-child({place}) .number"), gradient(logits, truth), **CLOSE
        )


def test_the_numbers_of_a_pixel(colour):
    step = colour.step("image")
    colour.go("#at=image:1.4.5")
    values = np.array(colour.numbers(".middle-pane table.figures .number")).reshape(3, 4)
    np.testing.assert_allclose(values[:, 0], step.pixels.values()[:, 4, 5])
    np.testing.assert_allclose(values[:, 1], step.mean, **CLOSE)
    np.testing.assert_allclose(values[:, 2], step.std, **CLOSE)
    np.testing.assert_allclose(values[:, 3], step.output.values()[:, 4, 5], **CLOSE)


def test_why_maps_say_their_strongest_place(colour, number):
    colour.go("#at=why")
    occlusion = colour.walk.why.occlusion.classes[colour.walk.predicted]
    for readout, told in zip(colour.texts(".readout"), (colour.walk.why.grad_cam, occlusion), strict=True):
        values = told.map.values()
        row, column = np.unravel_index(values.argmax(), values.shape)
        place, value = readout.split(": ")
        assert place == f"({row}, {column})"
        np.testing.assert_allclose(number(value), values.max(), **CLOSE)


def test_the_lab_reads_the_curves_at_the_slider(colour, number):
    colour.go("#at=invariance&change=shift&amount=0")
    (change,) = [one for one in colour.walk.invariance if one.change == "shift"]
    shown = [number(text) for text in colour.texts(".lab table.figures td")]
    expected = [change.before[0], change.after.max[0], change.after.average[0], change.after.none[0]]
    expected += [
        one.distances[0] for one in (change.by_pooling.max, change.by_pooling.average, change.by_pooling.none)
    ]
    np.testing.assert_allclose(shown, expected, rtol=6e-3)
    shares = [number(text) for text in colour.texts(".lab .bars td:nth-child(2)")]
    np.testing.assert_allclose(shares, sorted(change.probabilities.values()[0], reverse=True)[:4], atol=6e-4)


def test_the_header_says_what_predict_says(colour, number):
    shares = [number(text) for text in colour.texts(".answer strong")]
    np.testing.assert_allclose(shares, sorted(colour.walk.probabilities, reverse=True)[:3], atol=6e-4)


def test_the_course_example_as_everybody_knows_it(smiley):
    smiley.go("#at=convolution_1:0.2.2")
    digits = "".join(smiley.texts(".output-pane .digits span"))
    assert digits == "0100001110100211421000121"
    assert smiley.numbers(".sum .line.output .number") == [0]
    smiley.go("#at=max_pooling_1")
    assert "".join(smiley.texts(".output-pane .digits span")) == "110421021"
    smiley.go("#at=flattening")
    assert "".join(smiley.texts(".output-pane .digits span")) == "110421021"
