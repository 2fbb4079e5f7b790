import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from convscope.errors import RunError
from convscope.training.events import EpochDone, Note, StepDone
from convscope.training.learning.loop import Training


def finished(training, **run):
    assert training.run(**run)
    training.finish()
    return {name: tensor.clone() for name, tensor in training.network.state_dict().items()}


def equal(first, second):
    return all(torch.equal(tensor, second[name]) for name, tensor in first.items())


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_same_seed_gives_the_same_weights_to_the_bit(make_training, make_data, precision):
    data = make_data()
    first, again, other = (
        finished(make_training(data, precision=precision, seed=seed)) for seed in (1, 1, 2)
    )
    assert equal(first, again)
    assert not equal(first, other)


def test_what_is_learned_is_learned(make_training, make_data):
    training = make_training(make_data(validation=12), epochs=20, flip=False)
    finished(training)
    for indices in (training.data.kept.split.train, training.data.kept.split.validation):
        predicted = training.evaluator.predict(indices).argmax(1).numpy()
        assert (predicted == training.data.kept.store.labels[indices]).mean() > 0.9


def test_every_step_and_every_epoch_is_told(make_training, make_data):
    events = []
    training = make_training(make_data(validation=15), batch_size=20, flip=False)
    training.run([events.append])
    assert [type(event) for event in events] == 4 * [StepDone, StepDone, EpochDone]
    places = [(event.epoch, event.step) for event in events if isinstance(event, StepDone)]
    assert places == list(itertools.product((1, 2, 3, 4), (1, 2)))
    epochs = [event for event in events if isinstance(event, EpochDone)]
    assert [event.epoch for event in epochs] == [1, 2, 3, 4]
    assert [event.learning_rate for event in epochs] == pytest.approx(
        [training.recipe.learning_rate * share for share in (0.75, 0.5, 0.25, 0)]
    )
    assert epochs[-1].remaining_seconds == 0
    elapsed = [event.elapsed_seconds for event in epochs]
    assert elapsed == sorted(elapsed)
    # the speed is that of all pictures up to the last step, before the epoch's validation
    assert 4 * 40 / elapsed[-1] <= epochs[-1].pictures_per_second <= 4 * 40 / elapsed[-2]


def test_the_validation_figures_are_of_the_validation_pictures(make_training, make_data):
    events = []
    training = make_training(make_data(validation=15), epochs=2, flip=False)
    training.run([events.append])
    indices = training.data.kept.split.validation
    labels = torch.from_numpy(training.data.kept.store.labels[indices])
    logits = training.evaluator.predict(indices)
    assert events[-1].validation_loss == pytest.approx(F.cross_entropy(logits, labels).item())
    assert events[-1].validation_accuracy_fraction == pytest.approx(
        (logits.argmax(1) == labels).double().mean().item()
    )
    events.clear()
    make_training(epochs=1).run([events.append])
    assert events[-1].validation_loss is None
    assert events[-1].validation_accuracy_fraction is None


@pytest.mark.parametrize("stops", [[1], [4], [5], [2, 7, 11], [23], [25]])
def test_a_stopped_run_goes_on_where_it_stopped(make_training, make_data, stops):
    """With 5 steps per epoch: after the first, in an epoch, at its end, repeatedly, near and at the end."""
    data = make_data(validation=10)
    whole = make_training(data, epochs=5)
    expected = finished(whole)
    training = make_training(data, epochs=5)
    steps = itertools.count(1)
    for stop in stops:
        assert not training.run(wants_stop=lambda stop=stop: next(steps) == stop)
        assert training.position.epoch * 5 + training.position.step == stop
    assert equal(finished(training), expected)
    assert replace(training.position, elapsed_seconds=0) == replace(whole.position, elapsed_seconds=0)


def test_the_state_can_be_saved_after_each_step_and_each_epoch(make_training):
    training, saved = make_training(epochs=2, flip=False), []
    training.run(save=lambda: saved.append((training.position.epoch, training.position.step)))
    assert saved == [
        *((0, step) for step in range(1, 7)),
        (1, 0),
        *((1, step) for step in range(1, 7)),
        (2, 0),
    ]


def test_a_run_ends_when_its_minutes_are_over(make_training):
    events = []
    training = make_training(epochs=100_000, minutes=0.01)
    assert training.run([events.append])
    assert training.position.epoch < 100_000
    assert events[-1].learning_rate == 0
    assert events[-1].elapsed_seconds >= 0.6


def test_a_loss_that_is_no_number_stops_the_run(make_training):
    training = make_training()
    training.network.blocks[0].weight.data.fill_(np.nan)
    with pytest.raises(RunError, match="the loss became nan in epoch 1"):
        training.run()


@pytest.mark.slow
def test_easy_pictures_are_seen_a_third_as_often(make_training, make_data):
    data, events = make_data(validation=12), []
    training = make_training(data, epochs=None, flip=False)
    planned = training.recipe.epochs
    finished(training, listeners=[events.append])
    assert training.position.epochs == training.position.epoch == math.ceil(planned / 3)
    assert f"{training.position.epochs} epochs are enough instead of {planned}" in next(
        event.text for event in events if isinstance(event, Note)
    )
    assert events[-1].learning_rate == 0


@pytest.mark.slow
def test_epochs_that_were_asked_for_are_kept(make_training, make_data):
    training = make_training(make_data(validation=12), epochs=60, flip=False)
    training.run()
    assert training.position.epoch == 60


def test_the_final_statistics_are_those_of_the_training_pictures(make_training, make_data):
    """With one batch of all pictures, evaluation must give the same as training on that batch."""
    training = make_training(make_data(), batch_size=60, augmentation="none", flip=False)
    finished(training)
    evaluated = training.evaluator.predict(training.data.kept.split.train)
    training.network.train()
    with torch.no_grad():
        trained = training.network(*training.data.sample())
    torch.testing.assert_close(evaluated, trained, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("averaging", [True, False])
def test_the_average_of_the_last_weights_is_kept_if_wanted(make_training, averaging):
    training = make_training(epochs=30, ema=averaging)
    training.run()
    last = training.network.blocks[0].weight.detach().clone()
    average = training.ema.weights["blocks.0.weight"]
    training.finish()
    assert not torch.equal(last, average)
    assert torch.equal(training.network.blocks[0].weight, average if averaging else last)


def test_a_class_that_counts_for_nothing_is_not_learned(make_training):
    training = make_training(epochs=20, flip=False)
    training = Training(training.data, replace(training.recipe, class_weights=(0.0, 1.0, 1.0)))
    finished(training)
    predicted = training.evaluator.predict(training.data.kept.split.train).argmax(1).numpy()
    labels = training.data.kept.store.labels
    assert not (predicted == 0).any()
    assert (predicted == labels)[labels > 0].mean() > 0.9


def test_logits_are_the_same_whatever_the_batch_they_are_computed_in(make_training, make_data):
    pictures = np.random.default_rng(0).integers(0, 256, (1100, 4, 4, 1), np.uint8)
    training = make_training(make_data(pictures, np.arange(1100) % 2), network="3C3", epochs=1)
    training.run()
    everything = training.evaluator.predict(np.arange(1100))
    assert everything.shape == (1100, 2)
    torch.testing.assert_close(everything[990:1010], training.evaluator.predict(np.arange(990, 1010)))
    mirrored = training.evaluator.predict(np.arange(20), flip=True)
    assert not torch.allclose(mirrored, everything[:20])


def test_pictures_are_shown_smaller_in_the_first_half_of_the_run(make_training):
    training = make_training(network="4C3-MP8", progressive=True)
    shown = []
    training.network.register_forward_pre_hook(
        lambda _, maps: shown.append(tuple(maps[0].shape[2:])) if torch.is_grad_enabled() else None
    )
    training.run()
    steps = 4 * training.schedule.steps
    assert shown == [(6, 6)] * (steps // 2) + [(8, 8)] * (steps // 2)
