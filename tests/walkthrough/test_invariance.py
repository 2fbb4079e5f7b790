import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from convscope.model.predictor import Predictor
from convscope.steps.windows import Windows
from convscope.walkthrough import invariance
from convscope.walkthrough.invariance import distances, maps_to_pool, measure_invariance, transform
from convscope.walkthrough.numpy_chain import forward


def picture(height=9, width=12, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8)


@given(st.integers(-12, 12))
def test_a_shift_moves_columns_and_repeats_the_edge(amount):
    pixels = picture()
    columns = np.clip(np.arange(12) - amount, 0, 11)
    np.testing.assert_array_equal(transform(pixels, "shift", amount), pixels[:, columns])


@pytest.mark.parametrize("channels", [1, 3])
def test_a_quarter_turn_clockwise(channels):
    pixels = picture(8, 8, channels)
    np.testing.assert_array_equal(transform(pixels, "turn", 90), np.rot90(pixels, -1))


@pytest.mark.parametrize(("name", "amount"), [("shift", 0), ("turn", 0), ("scale", 1), ("squash", 1)])
def test_what_is_neutral_changes_nothing(name, amount):
    np.testing.assert_array_equal(transform(picture(), name, amount), picture())


def test_scaling_keeps_the_centre_and_squashing_the_height():
    pixels = np.zeros((9, 9, 1), np.uint8)
    pixels[3:6, 3:6] = 200
    larger, wider = transform(pixels, "scale", 2), transform(pixels, "squash", 2)
    assert larger[1:8, 1:8].min() > 0
    assert larger[4, 4] == wider[4, 4] == 200
    assert wider[2].max() == 0
    assert wider[4, 1:8].min() > 0


def test_distances_are_relative_to_the_reference():
    maps = [np.array([[2.0, 0.0]]), np.array([[0.0, 0.0]]), np.array([[2.0, 1.0]])]
    assert distances(maps, reference=0) == [0, 1, 0.5]
    assert distances(maps, reference=1) == [0, 0, 0]


@pytest.mark.parametrize(
    ("notation", "name", "windows"),
    [
        ("2C3-3C3-MP3s2o-4C3-AP2", "convolution_2.relu", Windows((3, 3), (2, 2), overhang=True)),
        ("AP2-2C3", "image", Windows((2, 2), (2, 2))),
        ("2C3-4N", "convolution_1.relu", Windows((2, 2), (2, 2), overhang=True)),
        ("4N", "image", Windows((2, 2), (2, 2), overhang=True)),
    ],
)
def test_which_maps_are_pooled(make_model, notation, name, windows):
    assert maps_to_pool(make_model(notation)) == (name, windows)


def test_the_lab_against_pytorch(make_model):
    model, pixels = make_model("4C3-MP2-5N", (3, 12, 12)), picture(12, 12)
    predictor = Predictor(model)
    measured = measure_invariance(model, predictor, pixels)
    assert [one.change for one in measured] == ["shift", "turn", "scale", "squash"]
    assert measured[0].amounts == [-2, -1, 0, 1, 2]
    reference = torch.from_numpy(forward(model, pixels)[2].output)
    for one in measured:
        for place, amount in enumerate(one.amounts):
            moved = transform(pixels, one.change, amount)
            maps = torch.from_numpy(forward(model, moved)[2].output)
            expected = {
                "max": [functional.max_pool2d(m, 2) for m in (maps, reference)],
                "average": [functional.avg_pool2d(m, 2) for m in (maps, reference)],
                "none": [m[:, ::2, ::2] for m in (maps, reference)],
            }
            assert one.before[place] == pytest.approx(
                float((maps - reference).norm() / reference.norm()), abs=1e-5
            )
            for kind, (pooled, unchanged) in expected.items():
                wanted = float((pooled - unchanged).norm() / unchanged.norm())
                assert getattr(one.after, kind)[place] == pytest.approx(wanted, abs=1e-5)
        moved = np.stack([transform(pixels, one.change, amount) for amount in one.amounts])
        np.testing.assert_allclose(one.logits.values(), predictor.logits(moved), rtol=1e-5)
        np.testing.assert_allclose(one.probabilities.values(), predictor.probabilities(moved), rtol=1e-5)
        assert len(one.thumbnails) == len(one.amounts)


@pytest.mark.parametrize("kind", ["max", "average", "none"])
def test_logits_of_the_same_weights_with_another_pooling(make_model, kind):
    """Pooling of 3 cells with stride 2 on maps of 11, then of 2 on maps of 5: neither fits exactly."""
    model, pixels = make_model("4C3-MP3s2-3C3-AP2-5N", (3, 11, 11)), picture(11, 11)
    weights = {name: torch.from_numpy(weight).double() for name, weight in model.weights.items()}

    def pool(maps, window, stride):
        if kind == "none":
            rows = (maps.shape[-1] - window) // stride + 1
            return maps[..., ::stride, ::stride][..., :rows, :rows]
        return {"max": functional.max_pool2d, "average": functional.avg_pool2d}[kind](maps, window, stride)

    def layer(operation, name, value, **settings):
        return operation(value, weights[f"{name}.weight"], weights[f"{name}.bias"], **settings)

    def logits(moved):
        value = (torch.from_numpy(moved).double() - torch.tensor(model.mean)) / torch.tensor(model.std)
        value = layer(functional.conv2d, "convolution_1", value.permute(2, 0, 1)[None], padding=1).relu()
        value = layer(functional.conv2d, "convolution_2", pool(value, 3, 2), padding=1).relu()
        value = layer(functional.linear, "full_connection_1", pool(value, 2, 2).flatten(1)).relu()
        return layer(functional.linear, "full_connection_2", value)[0].numpy()

    for one in measure_invariance(model, Predictor(model), pixels):
        measured = getattr(one.by_pooling, kind)
        expected = [logits(transform(pixels, one.change, amount)) for amount in one.amounts]
        np.testing.assert_allclose(measured.logits.values(), expected, rtol=1e-4, atol=1e-5)
        unmoved = logits(pixels)
        moves = [np.linalg.norm(row - unmoved) / np.linalg.norm(unmoved) for row in expected]
        np.testing.assert_allclose(measured.distances, moves, atol=1e-5)


def test_what_has_no_pooling_cannot_have_another(make_model):
    model = make_model("2C3-4N")
    assert all(one.by_pooling is None for one in measure_invariance(model, Predictor(model), picture(8, 8)))


@pytest.mark.parametrize("width", [1, 2, 3, 7, 64])
def test_narrow_pictures_are_shifted_by_a_pixel_at_least(width):
    shifts = invariance._transformations(width)[0].amounts
    assert shifts == tuple(sorted(shifts))
    assert {-1, 0, 1} <= {*shifts}
    assert max(shifts) <= max(1, width / 4)


@pytest.mark.parametrize(
    ("notation", "shape"), [("AP1", (1, 1, 1)), ("2C3-MP3s2o", (3, 5, 2)), ("3N", (1, 4, 9))]
)
def test_small_pictures_and_networks_without_pooling(make_model, notation, shape):
    model = make_model(notation, shape)
    measured = measure_invariance(model, Predictor(model), picture(*shape[1:], shape[0]))
    assert all(
        np.isfinite(one.before + one.after.max + one.after.average + one.after.none).all() for one in measured
    )
