import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageDraw

import convscope
from convscope.classifier import Classifier
from convscope.errors import SettingError
from convscope.model.file import load
from convscope.training.events import EpochDone, Note, Preparing
from convscope.training.repeat import repeat
from convscope.training.runs import runner
from convscope.training.settings import Settings
from convscope.training.start.backbone import load_backbone

pytestmark = pytest.mark.usefixtures("cache")


def draw(kind: str, number: int) -> Image.Image:
    """Draw round or square objects with many colours, sizes and positions, on a noisy background."""
    rng = np.random.default_rng((number, kind == "round"))
    picture = Image.fromarray(rng.integers(90, 166, (64, 64, 3), np.uint8))
    size, left, top = (int(value) for value in rng.integers((24, 2, 2), (40, 20, 20)))
    shape = ImageDraw.Draw(picture).ellipse if kind == "round" else ImageDraw.Draw(picture).rectangle
    shape((left, top, left + size, top + size), fill=tuple(rng.integers(0, 256, 3).tolist()))
    return picture


@pytest.fixture(scope="module")
def things(tmp_path_factory):
    """Eight pictures of each of two kinds."""
    folder = tmp_path_factory.mktemp("things")
    for kind in ("round", "square"):
        (folder / kind).mkdir()
        for number in range(8):
            draw(kind, number).save(folder / kind / f"{number}.png")
    return folder


def test_a_run_learns_a_head_and_writes_one_chain(things, tmp_path):
    events = []
    run = tmp_path / "run"
    classifier = runner.train(things, Settings(start="lite0"), output=run, listeners=[events.append])
    model = load(run / "model.safetensors")
    assert model.chain.input_shape == (3, 224, 224)
    assert all(
        np.array_equal(model.weights[name], weight) for name, weight in load_backbone("lite0").weights.items()
    )
    assert {path.name for path in run.iterdir()} == {
        *("events.jsonl", "figures", "metrics.json", "model.onnx", "model.safetensors", "pictures.csv")
    }
    metrics = json.loads((run / "metrics.json").read_text())
    judged = metrics["cross-validation"]
    assert judged["pictures"] == metrics["pictures"]["train"] == 16
    assert (metrics["start"], classifier.model.figures["part"]) == ("lite0", "cross-validation")
    assert judged["accuracy_fraction"] >= 0.75
    assert not [event for event in events if isinstance(event, EpochDone)]
    done = [event.done for event in events if isinstance(event, Preparing) and "features" in event.task]
    assert done[-1] == 16
    assert any(isinstance(event, Note) and "in cross-validation" in event.text for event in events)
    new = [draw(kind, number) for kind in ("round", "square") for number in range(100, 110)]
    predicted = [answer.label for answer in Classifier(model).predict(new)]
    assert np.mean([*map(str.__eq__, predicted, ["round"] * 10 + ["square"] * 10)]) >= 0.7


@pytest.mark.slow
def test_the_same_pictures_give_the_same_weights(things):
    model = runner.train(things, Settings(start="lite0", seed=3)).model
    assert model.receipt["start"] == "lite0"
    assert model.receipt["start_digest"] == load_backbone("lite0").digest
    again = repeat(model, things)
    assert all(np.array_equal(again.weights[name], weight) for name, weight in model.weights.items())
    assert again.temperature == model.temperature


def test_other_settings_are_refused_at_once(things, tmp_path):
    with pytest.raises(SettingError, match="--epochs cannot be combined with --start lite0"):
        runner.train(things, Settings(start="lite0", epochs=2), output=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_test_set_that_is_given_is_not_learned_from(tmp_path):
    for kind in ("round", "square"):
        for part, numbers in {"train": range(5), "test": range(5, 7)}.items():
            (tmp_path / part / kind).mkdir(parents=True)
            for number in numbers:
                draw(kind, number).save(tmp_path / part / kind / f"{number}.png")
    model = convscope.train(tmp_path, start="lite0").model
    assert (model.figures["part"], model.figures["pictures"]) == ("test", 4)


TRAINED = """
from convscope.training.runs import runner
from convscope.training.settings import Settings
runner.train(sys.argv[1], Settings(start="lite0"))
print({"torch", "numba", "sklearn", "scipy"} & {*sys.modules} or "none of them")
"""
FITTED = """
import numpy as np
from convscope import ConvscopeClassifier
from PIL import Image
paths = sorted(Path(sys.argv[1]).rglob("*.png"))
pictures = np.stack([np.asarray(Image.open(path).convert("RGB").resize((64, 64))) for path in paths])
ConvscopeClassifier(start="lite0").fit(pictures, [path.parent.name for path in paths]).predict(pictures)
print({"torch", "numba"} & {*sys.modules} or "none of them")
"""


@pytest.mark.slow
@pytest.mark.parametrize("code", [TRAINED, FITTED], ids=["by the command", "by the estimator"])
def test_a_head_is_learned_without_pytorch(things, tmp_path, code):
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\nfrom pathlib import Path\n{code}", str(things)],
        env=os.environ | {"CONVSCOPE_CACHE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "none of them\n"
