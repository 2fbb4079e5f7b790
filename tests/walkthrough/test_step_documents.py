"""The documents of a walk's steps, compared with PyTorch and with cases made by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from convscope.steps import relu
from convscope.steps.windows import output_size
from convscope.walkthrough import step_documents
from convscope.walkthrough.arrays import NEGATIVE_MULTIPLE
from convscope.walkthrough.compute import compute, prepare_input, step_engine
from convscope.walkthrough.losses import losses, top_classes
from convscope.walkthrough.step_documents import MAX_CONTRIBUTIONS, StepWriter, is_large


def tell(model, pixels, outputs=(), *, coarse=False):
    computed = compute(prepare_input(pixels, model), model, step_engine(model))
    return computed, computed.write(StepWriter(model, outputs, relevance=None, coarse=coarse))


def picture(height, width, channels=1, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


@given(
    st.integers(1, 20), st.integers(1, 5), st.integers(1, 4), st.integers(0, 3), st.booleans(), st.booleans()
)
def test_the_filled_in_formula_says_how_many_windows_fit(size, window, stride, padding, overhang, pools):
    padding = 0 if pools else padding
    overhang = overhang and pools
    count = output_size(size, window, stride, padding, overhang=overhang)
    if count < 1:
        return
    formula = step_documents._formula(size, window, stride, padding, overhang=overhang)
    left, right = formula.replace("·", "*").replace("−", "-").split(" = ")
    names = {"floor": np.floor, "ceil": np.ceil, "__builtins__": {}}
    assert eval(left, names) == int(right) == count


def test_winners_and_what_was_thrown_away(make_model):
    model = make_model("2C3-MP2s1", (1, 6, 7))
    computed, steps = tell(model, picture(6, 7))
    rectified = torch.from_numpy(computed.steps[2].output)
    _, places = functional.max_pool2d(rectified, 2, 1, return_indices=True)
    np.testing.assert_allclose(steps[3].values(computed.steps[2].output), computed.steps[3].output)
    in_window = steps[3].winners.values().astype(int)
    rows, columns = np.arange(5)[:, np.newaxis] + in_window // 2, np.arange(6) + in_window % 2
    np.testing.assert_array_equal(rows * 7 + columns, places)
    kept = np.zeros((2, 42), bool)
    for channel in range(2):
        kept[channel, np.unique(places[channel])] = True
    flat = rectified.numpy().reshape(2, 42)
    assert steps[3].kept_fraction == pytest.approx(kept.mean())
    assert steps[3].lost_fraction == pytest.approx(flat[~kept].sum() / flat.sum())


def test_nothing_is_said_of_a_share_of_what_may_be_negative(make_model):
    assert tell(make_model("MP2", (1, 6, 6)), picture(6, 6))[1][1].lost_fraction is None


def test_average_pooling_keeps_one_in_four(make_model):
    _, steps = tell(make_model("AP2", (3, 8, 8)), picture(8, 8, 3))
    assert (steps[1].kind, steps[1].kept_fraction) == ("average_pooling", 0.25)


def test_relu_tells_how_many_it_silences(make_model):
    computed, steps = tell(make_model("3C3-4N", (1, 6, 6)), picture(6, 6))
    maps, neurons = computed.steps[1].output, computed.steps[4].output
    np.testing.assert_allclose(steps[2].silenced.values(), (maps < 0).mean(axis=(1, 2)), rtol=1e-6)
    assert steps[2].silenced_fraction == pytest.approx((maps < 0).mean())
    assert steps[5].silenced.values().tolist() == [steps[5].silenced_fraction] == [(neurons < 0).mean()]


@pytest.mark.parametrize(("side", "count"), [(8, 64), (17, MAX_CONTRIBUTIONS)])
def test_contributions_bias_and_the_rest_add_up_to_the_neuron(make_model, side, count):
    computed, steps = tell(make_model("AP1-3N", (1, side, side)), picture(side, side))
    inputs, connection = computed.steps[3].input, steps[3]
    weights = connection.weights.values()
    contributions = connection.contributions
    products, indices = contributions.products.values(), contributions.inputs.values()
    assert products.shape == (3, count)
    assert contributions.rest_count == side * side - count
    assert (np.diff(np.abs(products)) <= 0).all()
    np.testing.assert_allclose(contributions.weights.values(), np.take_along_axis(weights, indices, axis=1))
    np.testing.assert_allclose(products, inputs[indices] * contributions.weights.values(), rtol=1e-6)
    totals = products.sum(axis=1) + contributions.rest_sums.values() + connection.bias.values()
    np.testing.assert_allclose(totals, connection.output.values(), rtol=1e-4, atol=1e-4)
    for row, of_neuron in zip(indices, weights, strict=True):
        smallest_shown = np.abs(inputs[row] * of_neuron[row]).min()
        assert (np.abs(np.delete(inputs * of_neuron, row)) <= smallest_shown).all()


@given(st.lists(st.sampled_from([0.0, -1.0, 1.0, 2.5, -7.0]), min_size=1, max_size=40), st.data())
def test_the_largest_are_those_of_a_stable_sort(products, data):
    products = np.array(products)
    count = data.draw(st.integers(1, len(products)))
    expected = np.argsort(-np.abs(products), kind="stable")[:count]
    np.testing.assert_array_equal(step_documents._largest(products, count), expected)


def test_of_too_many_weights_only_the_contributions_are_written(make_model, monkeypatch):
    monkeypatch.setattr(step_documents, "MAX_WEIGHTS", 3 * 64 - 1)
    assert tell(make_model("AP1-3N", (1, 8, 8)), picture(8, 8))[1][3].weights is None


def test_flattening_tells_the_true_order(make_model):
    computed, steps = tell(make_model("2C3", (1, 4, 5)), picture(4, 5))
    flattening, maps = steps[3], computed.steps[3].input
    assert flattening.input_shape == [2, 4, 5]
    formula = flattening.formula.replace("·", "*").split(" = ")[1]
    for place, value in np.ndenumerate(maps):
        index = eval(formula, dict(zip(("map", "row", "column"), place, strict=True)))
        assert computed.steps[3].output[index] == value


def test_the_temperature_is_a_step_between_logits_and_softmax(make_model):
    model = replace(make_model("3N"), temperature=2.5)
    computed, steps = tell(model, picture(8, 8, 3))
    logits = torch.from_numpy(computed.steps[-1].input)
    temperature, softmax, loss = steps[-3:]
    assert [temperature.inputs, softmax.inputs] == [[steps[-4].name], [temperature.name]]
    np.testing.assert_allclose(temperature.output, logits / 2.5, rtol=1e-12)
    np.testing.assert_allclose(softmax.output, (logits / 2.5).softmax(0), rtol=1e-12)
    np.testing.assert_allclose(
        softmax.exponentials, np.exp((logits / 2.5).numpy() - softmax.largest), rtol=1e-12
    )
    for one in loss.truths:
        target = torch.tensor(one.truth)
        assert one.cross_entropy == pytest.approx(functional.cross_entropy(logits / 2.5, target).item())
    assert steps[-2].sum == pytest.approx(sum(steps[-2].exponentials))


@given(st.lists(st.floats(-20, 20), min_size=2, max_size=6), st.data())
@settings(max_examples=30)
def test_losses_and_gradients_are_pytorch_s(logits, data):
    truth = data.draw(st.integers(0, len(logits) - 1))
    measured = losses(np.array(logits), truth)
    values, target = torch.tensor(logits, dtype=torch.float64, requires_grad=True), torch.tensor(truth)
    entropy = functional.cross_entropy(values, target)
    squares = (values.softmax(0) - functional.one_hot(target, len(logits))).square().sum()
    assert measured.cross_entropy == pytest.approx(entropy.item(), abs=1e-12)
    assert measured.squared_error == pytest.approx(squares.item(), abs=1e-12)
    assert measured.classification_error == float(int(np.argmax(logits)) != truth)
    for loss, name in ((entropy, "cross_entropy"), (squares, "squared_error")):
        (expected,) = torch.autograd.grad(loss, values, retain_graph=True)
        np.testing.assert_allclose(getattr(measured.gradients, name), expected, atol=1e-12)
    assert not any(measured.gradients.classification_error)


def test_of_many_classes_the_most_probable_and_the_true_one_are_shown():
    logits = np.arange(100.0)
    assert top_classes(logits) == [*range(80, 100)]
    assert top_classes(logits, also=[7]) == [7, *range(80, 100)]


def test_a_walk_is_large_by_all_its_numbers(make_model):
    assert not is_large(make_model("2C3", (1, 8, 8)))
    assert is_large(make_model("24C3-64C3-MP64", (3, 110, 110)))


def test_large_arrays_of_large_walks_are_rounded_and_say_so(make_model):
    computed, steps = tell(make_model("12C3-MP64", (3, 80, 80)), picture(80, 80, 3), coarse=True)
    output = steps[1].output
    assert (output.dtype, steps[1].filters.dtype) == ("int16", "float32")
    halves = np.array(output.scales).reshape(-1, 1, 1) / 2
    exact = computed.steps[1].output
    allowed = np.where(exact < 0, NEGATIVE_MULTIPLE * halves, halves)  # ReLU sets the negative ones to 0
    assert (np.abs(output.values() - exact) <= allowed * (1 + 1e-9)).all()
    assert not (np.abs(output.values() - exact) <= halves).all()


def test_of_many_filters_those_of_the_most_active_maps_are_kept(make_model, monkeypatch):
    monkeypatch.setattr(step_documents, "_MANY_WEIGHTS", 100)
    monkeypatch.setattr(step_documents, "MAX_FILTERS", 5)
    model = make_model("20C3-2C1", (3, 8, 8))
    computed = compute(prepare_input(picture(8, 8, 3), model), model, step_engine(model))
    _, many, _, few, *_ = computed.write(StepWriter(model, (), None, coarse=False, all_filters=False))
    active = np.maximum(computed.steps[1].output, 0).mean(axis=(1, 2))
    assert sorted(np.argsort(active)[-5:].tolist()) == many.held
    np.testing.assert_array_equal(many.filters.values(), model.weights["convolution_1.weight"][many.held])
    assert few.held is None


def test_a_preview_is_the_map_that_varies_most_in_few_levels(make_model):
    model = make_model("3C3r6", (1, 60, 97))
    computed = compute(prepare_input(picture(60, 97), model), model, step_engine(model))
    steps = computed.write(StepWriter(model, (), None, coarse=False, previews=True))
    for step, found in zip(computed.steps[1:3], steps[1:3], strict=True):
        assert found.preview.map == step.output.std(axis=(1, 2)).argmax()
        shown = (found.preview.values.values().astype(float) - 127) / 127 * found.preview.limit
        exact = step.output[found.preview.map, ::3, ::3]
        np.testing.assert_allclose(shown, exact, atol=found.preview.limit / 250)
    assert steps[1].preview.limit == steps[2].preview.limit
    assert all(step.preview is None for step in steps[3:])


def test_the_largest_of_a_window_is_the_largest_after_rounding_too(make_model):
    _, steps = tell(make_model("12C3-MP2", (3, 80, 80)), picture(80, 80, 3), coarse=True)
    rectified = np.maximum(steps[1].output.values(), 0)
    expected = functional.max_pool2d(torch.from_numpy(rectified), 2)
    np.testing.assert_array_equal(steps[3].values(rectified), expected)


@pytest.mark.parametrize(
    ("notation", "shape"),
    [
        ("3C3-MP2-5N", (1, 9, 9)),
        ("4C3s2-3C1-AP2", (3, 11, 8)),
        ("MP3s2o-2C3p0", (3, 10, 10)),
        ("2C3-MP2o-3N-4N", (1, 7, 5)),
        ("6N", (1, 3, 3)),
    ],
)
def test_every_step_agrees_with_onnx_runtime(make_model, notation, shape):
    computed, steps = tell(make_model(notation, shape), picture(shape[1], shape[2], shape[0]))
    for step, document in zip(computed.steps, steps[:-1], strict=True):
        assert 0 <= document.difference <= 1e-5 * max(1, np.abs(step.output).max())


def test_a_difference_from_onnx_runtime_is_noticed(make_model, monkeypatch):
    right = relu.forward
    monkeypatch.setattr(relu, "forward", lambda values: right(values) + 0.5)
    assert tell(make_model("2C3"), picture(8, 8, 3))[1][2].difference == pytest.approx(0.5, abs=1e-4)
