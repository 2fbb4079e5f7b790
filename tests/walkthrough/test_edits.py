"""Edits of a network give a new model, whose steps are those of the changed weights."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from convscope.errors import ConvscopeError, NetworkError, SettingError
from convscope.model.file import load, save
from convscope.model.predictor import Predictor
from convscope.steps import convolution, softmax
from convscope.steps.windows import Windows
from convscope.walkthrough.compute import prepare_input, step_engine
from convscope.walkthrough.edits import (
    Edit,
    FilterEdit,
    GeometryEdit,
    ReluEdit,
    WeightEdit,
    apply_edits,
    overlap,
)
from convscope.walkthrough.named_filters import NAMED_FILTERS, parse_filter
from convscope.walkthrough.numpy_chain import forward
from convscope.walkthrough.walk import walk, walk_steps

PICTURE = np.random.default_rng(0).integers(0, 256, (12, 11, 3), np.uint8)


@pytest.fixture
def model(make_model):
    return make_model("4C3-MP2-5C3-6N", (3, 12, 11))


def step(steps, name):
    (result,) = [one for one in steps if one.name == name]
    return result


def test_a_weight_is_another_and_the_model_given_stays_as_it_is(model):
    before = model.weights["convolution_1.weight"].copy()
    edit = WeightEdit(tensor="convolution_1.weight", place=[2, 1, 0, 2], value=0.75)
    changed = apply_edits(model, [edit])
    differs = np.argwhere(changed.weights["convolution_1.weight"] != before).tolist()
    assert differs == [[2, 1, 0, 2]]
    assert changed.weights["convolution_1.weight"][2, 1, 0, 2] == 0.75
    np.testing.assert_array_equal(model.weights["convolution_1.weight"], before)


def test_every_later_step_follows_and_none_before(model):
    edit = WeightEdit(tensor="full_connection_1.bias", place=[3], value=9)
    steps, after = forward(model, PICTURE), forward(apply_edits(model, [edit]), PICTURE)
    for one, other in zip(steps, after, strict=True):
        place = [step.name for step in steps].index(one.name)
        changed = place >= [step.name for step in steps].index("full_connection_1")
        assert np.array_equal(one.output, other.output) is not changed


@pytest.mark.parametrize("name", NAMED_FILTERS)
def test_a_named_filter_slides_over_the_mean_of_all_channels(model, name):
    edit = FilterEdit(step="convolution_1", filter=1, kernel=name)
    steps = forward(apply_edits(model, [edit]), PICTURE)
    mean = steps[0].output.mean(axis=0, keepdims=True)
    bias = model.weights["convolution_1.bias"][1:2]
    expected = convolution.forward(
        mean, parse_filter(name)[None, None], bias, Windows((3, 3), padding=(1, 1))
    )
    np.testing.assert_allclose(step(steps, "convolution_1").output[1], expected[0], atol=1e-5)


def test_a_filter_for_one_channel_leaves_the_others(model):
    edit = FilterEdit(step="convolution_2", filter=0, kernel="2", channel=3)
    filters = apply_edits(model, [edit]).weights["convolution_2.weight"]
    assert filters[0, 3].tolist() == [[0, 0, 0], [0, 2, 0], [0, 0, 0]]
    np.testing.assert_array_equal(filters[0, :3], model.weights["convolution_2.weight"][0, :3])
    np.testing.assert_array_equal(filters[1:], model.weights["convolution_2.weight"][1:])


@pytest.mark.parametrize(("stride", "padding"), [([2, 2], [1, 1]), ([1, 1], [0, 0]), ([1, 3], [2, 0])])
def test_stride_and_padding(model, stride, padding):
    changed = apply_edits(model, [GeometryEdit(stride=stride, padding=padding)])
    steps = forward(changed, PICTURE)
    filters, bias = (model.weights[f"convolution_1.{name}"] for name in ("weight", "bias"))
    windows = Windows((3, 3), tuple(stride), tuple(padding))
    expected = convolution.forward(steps[0].output, filters, bias, windows)
    np.testing.assert_allclose(step(steps, "convolution_1").output, expected)
    logits = Predictor(changed).logits(PICTURE[None])[0]
    np.testing.assert_allclose(steps[-1].input, logits, atol=1e-4)
    old, new = model.weights["full_connection_1.weight"], changed.weights["full_connection_1.weight"]
    np.testing.assert_allclose(
        new.reshape(6, 5, -1).sum(axis=2), old.reshape(6, 5, -1).sum(axis=2), atol=1e-4
    )


def test_stride_and_padding_put_back_give_the_same_predictions_only_without_a_detour(model):
    there = GeometryEdit(stride=[2, 2], padding=[1, 1])
    assert apply_edits(model, []).notation == model.notation
    same = apply_edits(model, [GeometryEdit(stride=[1, 1], padding=[1, 1])])
    np.testing.assert_array_equal(
        same.weights["full_connection_1.weight"], model.weights["full_connection_1.weight"]
    )
    assert apply_edits(model, [there]).notation == "4C3s2-MP2-5C3-6N"


def test_a_pooling_of_whole_maps_stays_one(make_model):
    model = make_model("4C3-MP2-5C3-AP6", (3, 12, 12))
    changed = apply_edits(model, [GeometryEdit(stride=[2, 1], padding=[1, 1])])
    assert changed.notation == "4C3s2x1-MP2-5C3-AP3x6"
    np.testing.assert_array_equal(
        changed.weights["full_connection_1.weight"], model.weights["full_connection_1.weight"]
    )


def test_relu_left_out_and_put_back(model):
    without = apply_edits(model, [ReluEdit(present=False)])
    assert apply_edits(model, [ReluEdit(present=False), ReluEdit(present=True)]).chain == model.chain
    walked = walk_steps(without, prepare_input(PICTURE, without), step_engine(without))
    assert [step.name for step in walked.steps[:-1]] == [
        step.name for step in model.chain if step.kind != "relu"
    ]
    assert walked.largest_difference < 1e-3
    logits = forward(without, PICTURE)[-1].input
    np.testing.assert_allclose(walked.probabilities, softmax.forward(logits / model.temperature))


def test_the_walk_of_an_edited_model_is_compared_with_onnx_runtime(model, unpacked):
    edits = [
        WeightEdit(tensor="convolution_2.bias", place=[0], value=-3),
        FilterEdit(step="convolution_1", filter=0, kernel="sharpen"),
        GeometryEdit(stride=[2, 2], padding=[0, 0]),
    ]
    changed = apply_edits(model, edits)
    document = walk_steps(changed, prepare_input(PICTURE, changed), step_engine(changed))
    assert document.largest_difference < 1e-3
    np.testing.assert_allclose(
        document.probabilities, Predictor(changed).probabilities(PICTURE[None])[0], atol=1e-5
    )
    whole = walk(changed, PICTURE)
    assert unpacked(whole.steps) == unpacked(document.steps)
    assert whole.why is not None


def test_an_edited_model_is_kept_as_any_model(model, tmp_path):
    changed = apply_edits(model, [GeometryEdit(stride=[2, 2], padding=[1, 1])])
    save(changed, tmp_path / "kept.safetensors")
    again = load(tmp_path / "kept.safetensors")
    np.testing.assert_array_equal(
        Predictor(again).logits(PICTURE[None]), Predictor(changed).logits(PICTURE[None])
    )


@pytest.mark.parametrize(
    ("edit", "error", "what"),
    [
        (WeightEdit(tensor="convolution_9.weight", place=[0], value=0), SettingError, "no weights"),
        (WeightEdit(tensor="\x1b.weight", place=[0], value=0), SettingError, "no weights"),
        (WeightEdit(tensor="convolution_1.bias", place=[4], value=0), SettingError, "no weight at"),
        (WeightEdit(tensor="convolution_1.weight", place=[0], value=0), SettingError, "no weight at"),
        (FilterEdit(step="full_connection_1", filter=0, kernel="blur"), SettingError, "no convolution"),
        (FilterEdit(step="convolution_1", filter=4, kernel="blur"), SettingError, "no such filter"),
        (FilterEdit(step="convolution_1", filter=0, kernel="blur", channel=3), SettingError, "no such"),
        (FilterEdit(step="convolution_1", filter=0, kernel="1 1 1 1"), SettingError, "does not fit"),
        (FilterEdit(step="convolution_1", filter=0, kernel="blurr"), SettingError, "cannot read the filter"),
        (GeometryEdit(stride=[1, 1], padding=[3, 0]), SettingError, "too wide"),
        (GeometryEdit(stride=[12, 12], padding=[0, 0]), NetworkError, "too deep"),
    ],
)
def test_what_cannot_be_is_refused(model, edit, error, what):
    with pytest.raises(error, match=what) as failure:
        apply_edits(model, [edit])
    assert isinstance(failure.value, ConvscopeError)
    assert "\x1b" not in str(failure.value)


def test_a_network_without_convolution_has_no_stride(make_model):
    with pytest.raises(SettingError, match="no convolution"):
        apply_edits(make_model("4N"), [GeometryEdit(stride=[1, 1], padding=[0, 0])])


@pytest.mark.parametrize(
    "edit",
    [
        {"kind": "weight", "tensor": "a", "place": [0], "value": float("nan")},
        {"kind": "weight", "tensor": "a", "place": [0], "value": 1e39},
        {"kind": "weight", "tensor": "a", "place": [-1], "value": 0},
        {"kind": "geometry", "stride": [0, 1], "padding": [0, 0]},
        {"kind": "magic"},
        {"kind": "relu", "present": True, "more": 1},
    ],
)
def test_what_is_no_edit_is_refused(edit):
    with pytest.raises(ValidationError):
        TypeAdapter(Edit).validate_python(edit)


@given(new=st.integers(1, 20), old=st.integers(1, 20))
def test_spreading_keeps_the_sum_and_an_even_map_even(new, old):
    spread = overlap(new, old)
    assert spread.shape == (new, old)
    np.testing.assert_allclose(spread.sum(axis=0), 1)
    np.testing.assert_allclose(spread.sum(axis=1), old / new)


def test_weights_spread_over_the_same_cells_stay_to_the_bit():
    np.testing.assert_allclose(overlap(7, 7), np.eye(7), atol=1e-15)


def test_temperature_stays(model):
    warm = replace(model, temperature=2.0)
    assert apply_edits(warm, [ReluEdit(present=False)]).temperature == 2.0
