import numpy as np
import pytest
import torch

import convscope
from convscope.errors import DataError, SettingError
from convscope.model.file import load, save
from convscope.network.unfolding import unfold
from convscope.training.events import Note
from convscope.training.runs.model import plain_chain
from convscope.training.settings import Settings
from convscope.training.start.earlier_model import carry_over, check_old_classes, weights_for, with_model
from convscope.walkthrough.numpy_chain import forward

pytestmark = pytest.mark.usefixtures("cache")


@pytest.mark.parametrize("network", ["4C3-MP2-5N", "6C3-D3-MP2-(6C3l)+-J", "18C3-MP2-4C3-7N"])
@pytest.mark.parametrize("fused", [True, False])
def test_an_unfolded_network_gives_the_logits_of_the_plain_chain(make_training, make_data, network, fused):
    source = make_training(make_data(), network=network, epochs=2)
    source.run()
    source.finish()
    model = plain_chain(source)
    training = make_training(make_data(), network=network)
    for module in training.network.modules():
        if hasattr(module, "fused"):
            module.fused = fused and module.fused
    maps = torch.cat([*training.data.sample()])
    unfold(training.network, model.weights, maps.split(2))
    logits = training.network.eval()(maps[:3]).detach()
    pictures = training.data.kept.store.pictures
    expected = [forward(model, np.asarray(picture))[-2].output for picture in pictures[:3]]
    np.testing.assert_allclose(logits, expected, atol=1e-3)
    in_training = training.network.train()(maps).detach().ravel()
    as_measured = training.network.eval()(maps).detach().ravel()
    assert torch.corrcoef(torch.stack([in_training, as_measured]))[0, 1] > 0.9


def colours(names, count, seed=0):
    """Noisy pictures of one colour each."""
    shades = {"red": (200, 40, 40), "green": (40, 200, 40), "blue": (40, 40, 200), "grey": (120, 120, 120)}
    noise = np.random.default_rng(seed).integers(-40, 40, (len(names) * count, 8, 8, 3))
    labels = [name for name in names for _ in range(count)]
    return (noise + np.array([shades[name] for name in labels])[:, None, None]).astype(np.uint8), labels


@pytest.mark.slow
def test_a_class_is_added_and_the_others_are_not_forgotten(tmp_path):
    three, four = ("red", "green", "blue"), ("red", "green", "blue", "grey")
    small = {"network": "8C3-MP2-8C3-MP2", "precision": "fp32"}
    convscope.train(colours(three, 40), output=tmp_path / "three", epochs=8, **small)
    pictures, labels = colours(four, 40, seed=1)
    keep = [place for place, label in enumerate(labels) if label == "grey" or place % 8 == 0]
    events = []
    classifier = convscope.train(
        (pictures[keep], [labels[place] for place in keep]),
        start=str(tmp_path / "three"),
        epochs=4,
        precision="fp32",
        listeners=[events.append],
    )
    notes = [event.text for event in events if isinstance(event, Note)]
    assert "classes kept: blue, green, red; new: grey; dropped: none" in notes
    new, truth = colours(four, 20, seed=2)
    found = [answer.label for answer in classifier.predict(list(new))]
    assert np.mean([a == b for a, b in zip(found, truth, strict=True)]) >= 0.9
    assert classifier.network == load(tmp_path / "three").notation


def test_output_neurons_go_on_by_name(make_model):
    model = make_model("3C3-MP2", (1, 8, 8))
    first, second, third = model.classes
    weights = weights_for(model, (third, "new", first))
    name, bias = model.chain.output.parameters
    np.testing.assert_array_equal(
        weights[name], [model.weights[name][2], 0 * model.weights[name][0], model.weights[name][0]]
    )
    assert weights[bias][1] == model.weights[bias].min()
    assert carry_over(model.classes, (third, "new", first)).dropped == (second,)


def test_what_the_model_decides_cannot_be_chosen(make_model):
    with pytest.raises(SettingError, match="--network cannot be combined with --start"):
        with_model(Settings(start="m.safetensors", network="8C3"), make_model("3C3-MP2", (1, 8, 8)))


def test_a_model_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingError, match="cannot start from nowhere"):
        convscope.train(colours(("red", "blue"), 10), start="nowhere", output=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_new_class_does_not_come_alone(make_model, tmp_path):
    model = make_model()
    known = model.classes[0]
    check_old_classes(model, [known])  # evaluated elsewhere: there is only one class
    check_old_classes(model, [known, "fox"])
    with pytest.raises(DataError, match="all pictures are of the class 'fox', which is new") as caught:
        check_old_classes(model, ["fox"] * 3)
    assert f"it would forget {known}" in caught.value.why
    pictures = np.random.default_rng(0).integers(0, 256, (8, 16, 16, 3), np.uint8)
    save(model, tmp_path / "model.safetensors")
    with pytest.raises(DataError, match="which is new to the model"):
        convscope.train((pictures, ["fox"] * 8), start=str(tmp_path / "model.safetensors"))
