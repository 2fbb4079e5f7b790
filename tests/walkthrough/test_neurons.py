"""The pictures and classes that filters and neurons respond to, compared with the steps."""

import numpy as np
import pytest

from convscope.model.selection import select
from convscope.walkthrough import neurons
from convscope.walkthrough.neurons import collect_activations, selectivity
from convscope.walkthrough.numpy_chain import forward

pytestmark = pytest.mark.usefixtures("cache")


@pytest.fixture
def seen(make_model):
    """A model, some pictures, and the results of the steps for each of them."""
    random = np.random.default_rng(3)
    pictures = random.integers(0, 256, (40, 9, 8, 3), np.uint8)
    model = make_model("4C3-MP2-6C3p0-7N", (3, 9, 8), classes=4)
    selection = select((pictures, [f"class {n % 3}" for n in range(40)]), model, "all")
    return model, selection, [forward(model, one) for one in pictures]


def of_steps(steps, name):
    (step,) = [step for step in steps if step.name == name]
    return step.output


def test_the_pictures_and_cells_are_those_that_the_steps_find(seen):
    model, selection, steps = seen
    activations = collect_activations(model, selection)
    assert [one.step for one in activations] == [
        "convolution_1.relu",
        "convolution_2.relu",
        "full_connection_1.relu",
        "full_connection_2",
    ]
    for one in activations:
        outputs = np.stack([of_steps(of, one.step) for of in steps])
        expected = outputs.reshape(40, outputs.shape[1], -1).max(axis=2)
        assert one.pictures.shape == (outputs.shape[1], neurons.MAX_PICTURES)
        np.testing.assert_allclose(
            one.values, -np.sort(-expected, axis=0)[: neurons.MAX_PICTURES].T, atol=1e-4
        )
        for unit, places in enumerate(one.pictures):
            np.testing.assert_allclose(expected[places, unit], one.values[unit], atol=1e-4)
            assert len({*places.tolist()}) == len(places)
        if one.cells is not None:
            rows, columns = one.cells[..., 0], one.cells[..., 1]
            units = np.arange(outputs.shape[1])[:, np.newaxis]
            np.testing.assert_allclose(outputs[one.pictures, units, rows, columns], one.values, atol=1e-4)
    fields = {step.name: step.receptive_field for step in model.chain}
    assert [one.field for one in activations] == [fields[one.step] for one in activations]


def test_means_are_those_of_the_pictures_of_each_class(seen):
    model, selection, steps = seen
    for one in collect_activations(model, selection):
        outputs = np.stack([of_steps(of, one.step) for of in steps])
        largest = outputs.reshape(40, outputs.shape[1], -1).max(axis=2)
        means = np.stack([largest[np.arange(40) % 3 == n].mean(axis=0) for n in range(3)], axis=1)
        np.testing.assert_allclose(one.mean[:, :3], means, atol=1e-4)
        assert np.isnan(one.mean[:, 3]).all()  # no picture is of this class
        np.testing.assert_array_equal(one.classes, means.argmax(axis=1))


def test_a_neuron_that_knows_a_class_speaks_for_it(brightness, pets):
    (activations,) = collect_activations(brightness, select(pets, brightness, "all"))
    assert activations.classes.tolist() == [0, 1]
    assert activations.cells is None
    assert np.isnan(activations.selectivity).all()  # logits can be negative


def test_fewer_pictures_than_are_kept(make_model):
    pictures = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), np.uint8)
    model = make_model("4C3-MP2-6N", (3, 8, 8), classes=2)
    activations = collect_activations(model, select((pictures, ["class 0"] * 4 + ["class 1"]), model, "all"))
    assert [one.pictures.shape for one in activations] == [(4, 5), (6, 5), (2, 5)]


def test_a_batch_at_a_time_is_in_memory(seen, monkeypatch):
    model, selection, _ = seen
    whole = collect_activations(model, selection)
    monkeypatch.setattr(neurons, "batch_size_of", lambda _: 7)
    shown = []
    parts = collect_activations(model, selection, progress=lambda done, total: shown.append((done, total)))
    assert shown == [(7, 40), (14, 40), (21, 40), (28, 40), (35, 40), (40, 40)]
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one.pictures, other.pictures)
        np.testing.assert_allclose(one.mean, other.mean, rtol=1e-6)


def test_selectivity_leaves_classes_without_pictures_out():
    result = selectivity(
        np.array([[4.0, np.nan, 0.0], [1.0, 0.5, 0.0], [np.nan, 2.0, np.nan], [1.0, -1.0, 0]])
    )
    np.testing.assert_allclose(result, [1, 0.6, np.nan, np.nan])


def test_a_picture_with_several_labels_counts_for_each_of_them(make_model):
    pictures = np.random.default_rng(3).integers(0, 256, (12, 9, 8, 3), np.uint8)
    sets = [["class 0"], ["class 0", "class 2"], [], ["class 1", "class 2"]] * 3
    model = make_model("4C3-MP2", (3, 9, 8), thresholds=(0.5,) * 3)
    selection = select((pictures, sets), model, "all")
    (one, _) = collect_activations(model, selection)
    largest = np.stack([of_steps(forward(model, picture), one.step) for picture in pictures]).max(axis=(2, 3))
    for label in range(3):
        having = [f"class {label}" in members for members in sets]
        np.testing.assert_allclose(one.mean[:, label], largest[having].mean(axis=0), atol=1e-4)
