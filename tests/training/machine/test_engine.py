"""The GPU engine, run on the CPU if there is no GPU: the same code, except for the device."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from convscope.errors import SettingError
from convscope.network.chain_builder import parse_chain
from convscope.network.folding import fold
from convscope.training.learning.loop import Training
from convscope.training.machine.engine import Engine, engine_name, engine_of
from convscope.training.machine.machine import Machine
from convscope.training.machine.trial import compare, resolve_device
from convscope.training.recipe import resolve
from convscope.training.runs.checkpoint import Checkpoints
from convscope.training.settings import Settings

PLAIN = Engine(torch.device("cpu"), fused=False)
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
ENGINES = [PLAIN, pytest.param(Engine(torch.device("cuda"), fused=False), marks=needs_gpu)]
CHAIN = parse_chain("3C3-MP2", (1, 8, 8), 2)


def begin(data, engine, **said):
    said = {"network": "4C3-MP2-5N", "epochs": 4, "batch_size": 10, "precision": "fp32", **said}
    return Training(data, resolve(Settings(**said), data.statistics, Machine()), engine=engine)


def weights(training):
    return {name: tensor.clone().cpu() for name, tensor in training.state().items()}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("growing", [False, True])
def test_one_epoch_on_the_device_is_one_epoch_on_the_processors(make_data, engine, growing):
    data = make_data(validation=12)
    said = {"network": "16C3-MP2-5C3-AP4", "flip": True, "progressive": growing, "epochs": 1}
    pair = [begin(data, one, **said) for one in (Engine(), engine)]
    for training in pair:
        training.run()
    ours, theirs = map(weights, pair)
    assert ours.keys() == theirs.keys()
    for name, tensor in ours.items():  # Muon rounds to bfloat16, which amplifies last-bit differences
        torch.testing.assert_close(theirs[name], tensor, rtol=0.05, atol=0.02, msg=name)
    indices = data.kept.split.validation
    predicted = [training.evaluator.predict(indices) for training in pair]
    torch.testing.assert_close(predicted[1], predicted[0], rtol=0.05, atol=0.05)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_what_is_learned_is_learned_and_folds_away(make_data, engine, precision):
    data = make_data(validation=12)
    device = {"device": "cuda"} if precision == "fp16" else {}
    training = begin(data, engine, epochs=20, flip=False, precision=precision, **device)
    assert training.run()
    training.finish()
    indices = data.kept.split.validation
    predicted = training.evaluator.predict(indices)
    assert predicted.device.type == "cpu"
    assert (predicted.argmax(1).numpy() == data.kept.store.labels[indices]).mean() > 0.9
    assert all(array.dtype == np.float32 for array in fold(training.network).values())


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_a_run_that_was_stopped_goes_on_to_the_bit(make_data, engine, precision, tmp_path):
    data = make_data()
    said = {"precision": precision, "flip": False, "device": "cuda"}
    whole, stopped, gone_on = (begin(data, engine, **said) for _ in range(3))
    whole.run()
    stops = iter([False] * 7 + [True])
    assert not stopped.run(wants_stop=lambda: next(stops))
    Checkpoints(tmp_path).save(stopped)
    Checkpoints(tmp_path).restore(gone_on)
    gone_on.run()
    expected, found = weights(whole), weights(gone_on)
    assert ("scale.state" in expected) == (precision == "fp16")
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())


def test_a_step_whose_gradients_overflow_is_not_taken(make_data):
    training = begin(make_data(), PLAIN, precision="fp16", device="cuda", epochs=1)
    training.scale.state()["state"].copy_(torch.tensor([math.inf, 0.0]))
    before = weights(training)
    stops = iter([True])
    training.run(wants_stop=lambda: next(stops))
    after = weights(training)
    for name in before:
        if name.startswith("momentum.") or name.endswith(".weight"):
            assert torch.equal(before[name], after[name]), name


def test_the_faster_of_two_is_taken(monkeypatch):
    times = {True: 0.2, False: 0.1}
    monkeypatch.setattr(
        "convscope.training.machine.trial._step_seconds", lambda engine, *_: times[engine.fused]
    )
    device, note = compare(PLAIN, "fp32", CHAIN, 8)
    assert (device, note) == (
        "cuda",
        "training on the GPU: a step takes 100.0 ms on the GPU, 200.0 ms on the CPU",
    )
    times[False] = 0.3
    assert compare(PLAIN, "fp32", CHAIN, 8)[0] == "cpu"


def test_a_trial_takes_real_steps_on_both_sides():
    device, note = compare(PLAIN, "fp32", CHAIN, 8)
    assert device in {"cpu", "cuda"}
    assert "ms on the GPU" in note


def test_a_gpu_that_fails_is_left_alone():
    # a meta tensor has no data: reading the result of a step is an error, like on a broken device
    device, note = compare(Engine(torch.device("meta"), fused=False), "fp32", CHAIN, 8)
    assert device == "cpu"
    assert note.startswith("training on the CPU: the GPU failed in a trial, ")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_is_the_cpu_unless_a_gpu_was_wanted():
    machine, notes = resolve_device(Settings(), CHAIN, 8)
    assert (machine.device, notes) == ("cpu", ())
    assert machine.precision in {"bf16", "fp32"}
    assert resolve_device(Settings(precision="bf16"), CHAIN, 8) == (Machine("cpu", "bf16"), ())
    with pytest.raises(SettingError, match="cannot train on a GPU"):
        resolve_device(Settings(device="cuda"), CHAIN, 8)
    with pytest.raises(SettingError, match="cannot train on a GPU"):
        engine_of("cuda")


def test_several_processes_train_on_gpus_only_if_each_has_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "set_device", lambda _: None)
    tried = []

    def compare(gpu, _precision, _chain, batch_size):
        tried.append((gpu, batch_size))
        return "cuda", "it is faster"

    monkeypatch.setattr("convscope.training.machine.trial.compare", compare)
    said = Settings(precision="fp32", batch_size=60)
    machine, notes = resolve_device(said, CHAIN, 20, each_has_gpu=False)
    assert machine.device == "cpu"
    assert notes == ("training on the CPU: there is no GPU for every process",)
    with pytest.raises(SettingError, match="cannot train on GPUs"):
        resolve_device(replace(said, device="cuda"), CHAIN, 20, each_has_gpu=False)
    assert not tried
    machine, notes = resolve_device(said, CHAIN, 20, each_has_gpu=True)
    assert (machine.device, notes) == ("cuda", ("it is faster",))
    assert tried == [(Engine(torch.device("cuda", 0), fused=False), 20)]


@needs_gpu
def test_a_gpu_has_a_name_and_passes_its_trial():
    assert engine_name("cuda")
    device, note = compare(engine_of("cuda"), "fp32", CHAIN, 8)
    assert device in {"cpu", "cuda"}
    assert "failed" not in note


@pytest.mark.parametrize("said", [{"device": "tpu"}, {"precision": "int8"}, {"precision": "fp16"}])
def test_impossible_devices_and_precisions_are_refused(said):
    with pytest.raises(SettingError):
        Settings(**said).check()
