import numpy as np
import pytest

from convscope.errors import RunError
from convscope.model.file import load
from convscope.model.predictor import Predictor
from convscope.training.runs import snapshots


def names(run):
    return sorted(path.name for path in (run / "epochs").iterdir())


def test_a_snapshot_answers_as_the_network_does(make_training, tmp_path):
    training = make_training()

    def keep():
        if training.position.step == 0:
            snapshots.save_snapshot(tmp_path, training)

    training.run(save=keep)
    assert names(tmp_path) == [f"000{epoch}.safetensors" for epoch in (1, 2, 3, 4)]
    indices = np.arange(12)
    predictor = Predictor(load(tmp_path / "epochs" / "0004.safetensors"), 1)
    mine = predictor.logits(training.data.kept.store.pictures[indices])
    np.testing.assert_allclose(mine, training.evaluator.predict(indices).numpy(), rtol=1e-4, atol=1e-4)


def test_of_many_epochs_only_some_are_kept(make_training, tmp_path, monkeypatch):
    monkeypatch.setattr(snapshots, "MOST", 3)
    training = make_training(epochs=7)
    training.run(save=lambda: training.position.step or snapshots.save_snapshot(tmp_path, training))
    assert names(tmp_path) == ["0003.safetensors", "0006.safetensors", "0007.safetensors"]


def test_a_folder_that_cannot_be_made_is_told(make_training, tmp_path):
    (tmp_path / "epochs").touch()
    with pytest.raises(RunError, match="cannot make"):
        snapshots.save_snapshot(tmp_path, make_training())
