"""Starting from a model with a head on pretrained features."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

import convscope
from convscope.classifier import Classifier
from convscope.errors import SettingError
from convscope.model import nearest
from convscope.network.backbones import design
from convscope.network.chain_builder import parse_chain
from convscope.training.events import Note
from convscope.training.settings import Settings
from convscope.training.start.backbone import load_backbone
from convscope.training.start.earlier_head import Earlier, backbone_of, check_settings
from convscope.training.start.earlier_model import has_learned_head

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("cache")

SHADES = {"red": (200, 40, 40), "green": (40, 200, 40), "blue": (40, 40, 200), "grey": (120, 120, 120)}


def colours(names: tuple[str, ...], counts: tuple[int, ...], seed: int = 0) -> tuple[np.ndarray, list[str]]:
    """Noisy pictures of one colour each."""
    labels = [name for name, count in zip(names, counts, strict=True) for _ in range(count)]
    noise = np.random.default_rng(seed).integers(-40, 40, (len(labels), 48, 48, 3))
    return (noise + np.array([SHADES[name] for name in labels])[:, None, None]).astype(np.uint8), labels


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of three colours, trained on ten pictures of each."""
    run = tmp_path_factory.mktemp("three") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONVSCOPE_CACHE", str(run.parent / "cache"))
        convscope.train(colours(("red", "green", "blue"), (10,) * 3), start="lite0", output=run)
    return run


@pytest.mark.slow
def test_a_class_is_added_and_the_three_are_not_forgotten(three: Path, tmp_path: Path) -> None:
    events = []
    classifier = convscope.train(
        colours(("red", "green", "blue", "grey"), (2, 2, 2, 20), seed=1),
        start=str(three),
        output=tmp_path / "run",
        listeners=[events.append],
    )
    notes = [event.text for event in events if isinstance(event, Note)]
    assert "classes kept: blue, green, red; new: grey; dropped: none" in notes
    new, truth = colours(tuple(SHADES), (8,) * 4, seed=2)
    answers = classifier.predict(list(new))
    assert [answer.label for answer in answers] == truth
    assert np.mean([answer.unknown for answer in answers]) < 0.25
    model = classifier.model
    assert model.receipt["start"] == str(three)
    assert model.receipt["start_digest"] == load_backbone("lite0").digest
    assert len(model.receipt["start_model_digest"]) == 64
    assert len(model.open_set.pictures) == 30 + 26
    assert all(
        np.array_equal(model.weights[name], weight) for name, weight in load_backbone("lite0").weights.items()
    )


def test_what_the_model_decides_cannot_be_chosen(three: Path, tmp_path: Path) -> None:
    pictures = colours(("red", "grey"), (3, 3))
    with pytest.raises(SettingError, match="--epochs cannot be combined with --start"):
        convscope.train(pictures, start=str(three), epochs=2, output=tmp_path / "run")
    with pytest.raises(SettingError, match="--size cannot be combined with --start"):
        convscope.train(pictures, start=str(three), size=32, output=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_streams_are_refused_in_one_sentence() -> None:
    with pytest.raises(SettingError, match="need all pictures on the disk"):
        check_settings(Settings(start="runs/pets"), fits=False)
    check_settings(Settings(start="runs/pets", seed=3, device="cpu"), fits=True)
    with pytest.raises(SettingError, match="--device cannot be combined with --start runs/pets"):
        check_settings(Settings(start="runs/pets", device="cuda"), fits=True)


@pytest.mark.slow
def test_pictures_it_has_learned_from_are_not_remembered_twice_and_measure_nothing(three: Path) -> None:
    events = []
    pictures = colours(("red", "green", "blue"), (10,) * 3)
    model = convscope.train(pictures, start=str(three), minutes=1, listeners=[events.append]).model
    assert any("no fine-tuning" in event.text for event in events if isinstance(event, Note))
    assert len(model.open_set.pictures) == 30
    assert any("was trained on some of these" in event.text for event in events if isinstance(event, Note))


def test_the_backbone_is_that_of_the_model(three: Path) -> None:
    model = convscope.load(three).model
    assert has_learned_head(model)
    backbone = backbone_of(model)
    assert backbone.design.notation(backbone.joinable) == model.notation
    assert (
        backbone.digest != load_backbone("lite0").digest
    )  # of the numbers, so that cached features are not mistaken
    other = replace(model, chain=parse_chain("4C3-AP2", design("lite0").shape, 3), weights={})
    other = replace(other, weights={name: np.zeros(1, np.float32) for name in other.chain.parameters})
    with pytest.raises(SettingError, match="not that of EfficientNet-Lite0 any more"):
        backbone_of(other)
    with pytest.raises(SettingError, match="does not know its backbone 'resnet'"):
        backbone_of(replace(model, receipt={**model.receipt, "start_backbone": "resnet"}))


def test_remembered_features_are_those_of_the_pictures_but_for_their_length(three: Path) -> None:
    model = convscope.load(three).model
    rule = model.open_set
    assert isinstance(rule, nearest.Nearest)
    fresh = rule.rows() * 3
    known = Earlier(model, ("blue", "red")).remembered(fresh, np.zeros((len(fresh), 16), np.uint8))
    assert sorted(set(known.labels.tolist())) == [0, 1]
    assert len(known.labels) == 20
    np.testing.assert_allclose(rule.cosines(known.features).max(axis=1), 1, atol=1e-3)
    assert rule.length(known.features) == pytest.approx(rule.length(fresh), rel=1e-3)


@pytest.mark.slow
def test_the_estimator_starts_from_it_too(three: Path) -> None:
    pictures, labels = colours(("red", "green", "blue", "grey"), (2, 2, 2, 8), seed=3)
    estimator = convscope.ConvscopeClassifier(start=str(three)).fit(pictures, labels)
    new, truth = colours(tuple(SHADES), (4,) * 4, seed=4)
    assert estimator.predict(new).tolist() == truth
    assert isinstance(estimator.classifier_, Classifier)
