import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from convscope.errors import NetworkError, NotationError
from convscope.network.chain_builder import parse_chain
from convscope.network.notation import parse
from convscope.network.presets import PRESETS
from convscope.network.training_network import TrainingNetwork
from convscope.pictures.batches import Augmentation
from convscope.pictures.survey import Survey
from convscope.training.machine.machine import Machine
from convscope.training.recipe import (
    LARGEST_AUTOMATIC_SIDE,
    SMALL_SIDE,
    DatasetStats,
    recipe_lines,
    resolve,
    resolve_preparation,
)
from convscope.training.settings import Settings


def statistics_of(class_counts, shape):
    return DatasetStats(class_counts, shape, sum(class_counts))


STATISTICS = statistics_of((500, 500), (3, 32, 32))

counts = st.lists(st.integers(1, 60_000), min_size=2, max_size=12).map(tuple)
shapes = st.tuples(st.sampled_from([1, 3]), st.integers(1, 200), st.integers(1, 200))
statistics = st.builds(statistics_of, counts, shapes)


def recipe_for(statistics, machine=Machine(), **chosen):  # noqa: B008  # it is frozen
    return resolve(Settings(**chosen), statistics, machine)


@given(statistics)
def test_whatever_the_pictures_a_recipe_is_found_that_can_be_carried_out(statistics):
    recipe = recipe_for(statistics)
    parse_chain(recipe.network, statistics.shape, len(statistics.class_counts))
    assert recipe.epochs >= 1
    assert 2 <= recipe.batch_size <= statistics.pictures
    assert 0 < recipe.learning_rate < 1
    assert recipe.flip is None
    assert recipe.easy_epochs <= recipe.epochs
    assert all(text for _, text in recipe_lines(statistics, recipe))


def test_more_pictures_are_seen_in_fewer_epochs_but_more_often_in_all():
    sizes = [100, 1_000, 10_000, 100_000, 1_000_000]
    epochs = [recipe_for(statistics_of((size,) * 2, (1, 28, 28))).epochs for size in sizes]
    assert all(fewer < more for more, fewer in itertools.pairwise(epochs))
    seen = [size * count for size, count in zip(sizes, epochs, strict=True)]
    assert all(before < after for before, after in itertools.pairwise(seen))


def test_a_batch_is_a_power_of_two_that_grows_with_the_pictures():
    batches = [
        recipe_for(statistics_of((size,) * 2, (1, 28, 28))).batch_size
        for size in (50, 1_000, 10_000, 100_000)
    ]
    assert batches == sorted(batches)
    assert all(math.log2(batch).is_integer() for batch in batches)
    assert recipe_for(statistics_of((6, 5), (1, 28, 28))).batch_size == 11


@given(counts)
def test_classes_are_weighed_with_mean_one_and_rare_ones_the_most(counts):
    weights = recipe_for(statistics_of(counts, (3, 16, 16)), class_weights=True).class_weights
    assert np.average(weights, weights=counts) == pytest.approx(1)
    for (count, weight), (other, lighter) in itertools.permutations(zip(counts, weights, strict=True), 2):
        assert weight / lighter == pytest.approx(math.sqrt(other / count))


@pytest.mark.parametrize(
    ("class_counts", "said", "weighed"),
    [
        ((100, 199), None, False),
        ((100, 200), None, True),
        ((100, 200), False, False),
        ((100, 100), True, True),
    ],
)
def test_classes_are_weighed_where_they_differ_by_two_or_as_said(class_counts, said, weighed):
    recipe = recipe_for(statistics_of(class_counts, (3, 16, 16)), class_weights=said)
    assert (recipe.class_weights is not None) == weighed


def test_what_is_said_is_done():
    said = {
        "epochs": 7,
        "minutes": 2.5,
        "batch_size": 33,
        "learning_rate": 0.01,
        "label_smoothing": 0.0,
        "flip": False,
        "ema": False,
        "precision": "bf16",
        "seed": 5,
    }
    recipe = recipe_for(STATISTICS, network="4c3-mp2", augmentation="none", **said)
    assert {name: getattr(recipe, name) for name in said} == said
    assert recipe.network == "4C3-MP2"
    assert recipe.augmentation == Augmentation()
    assert recipe.easy_epochs is None


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_may_be_named(name):
    recipe = recipe_for(STATISTICS, network=name)
    assert parse(recipe.network) == parse(PRESETS[name])


def test_small_pictures_are_shifted_and_large_ones_turned_zoomed_and_recoloured():
    small, large, grey = (
        recipe_for(statistics_of((9, 9), shape)).augmentation
        for shape in ((3, SMALL_SIDE, 90), (3, SMALL_SIDE + 1, 90), (1, SMALL_SIDE + 1, 90))
    )
    assert small == Augmentation(shift=small.shift)
    assert small.shift > 0
    assert min(large.zoom_in, large.turn, large.colour) > 0
    assert grey.turn == large.turn
    assert grey.colour == 0


def test_device_and_precision_are_the_machine_s_unless_the_person_chose_them():
    gpu = Machine("cuda", "fp16")
    found, chosen = recipe_for(STATISTICS, gpu), recipe_for(STATISTICS, gpu, device="cpu", precision="bf16")
    assert (found.device, found.precision) == ("cuda", "fp16")
    assert (chosen.device, chosen.precision) == ("cpu", "bf16")
    auto = recipe_for(STATISTICS, gpu, device="auto", precision="auto")
    assert auto == found


def test_a_network_that_cannot_be_is_refused():
    with pytest.raises(NotationError):
        recipe_for(STATISTICS, network="nosuchpreset")
    with pytest.raises(NetworkError, match="too deep"):
        recipe_for(STATISTICS, network="-".join(["MP2"] * 6))


def survey(*sizes, grey=True):
    heights, widths = zip(*sizes, strict=True)
    return Survey(np.array(heights), np.array(widths), grey)


def test_small_pictures_of_one_size_keep_it():
    preparation = resolve_preparation(Settings(), survey((28, 20), (28, 20)))
    assert (preparation.channels, preparation.height, preparation.width) == (1, 28, 20)


@given(st.lists(st.tuples(st.integers(1, 5000), st.integers(1, 5000)), min_size=1, max_size=9))
def test_all_others_become_squares_of_a_size_that_can_be_computed(sizes):
    preparation = resolve_preparation(Settings(), survey(*sizes, grey=False))
    assert preparation.channels == 3
    assert max(preparation.height, preparation.width) <= LARGEST_AUTOMATIC_SIDE
    if len(set(sizes)) > 1 or max(sizes[0]) > LARGEST_AUTOMATIC_SIDE:
        assert preparation.height == preparation.width
        assert preparation.height % 8 == 0


def test_size_channels_and_fit_may_be_said():
    preparation = resolve_preparation(Settings(size=(10, 12), channels=3, fit="crop"), survey((99, 99)))
    assert (preparation.channels, preparation.height, preparation.width) == (3, 10, 12)
    assert preparation.fit == "crop"


def test_the_plan_is_shown():
    recipe = recipe_for(statistics_of((100, 900), (3, 64, 64)), epochs=3, batch_size=50, minutes=2)
    lines = dict(recipe_lines(statistics_of((100, 900), (3, 64, 64)), recipe))
    for piece in ("3 epochs of 20 steps", "batch size 50", "2 minutes at most", "class weights"):
        assert piece in lines["schedule"]
    for piece in ("rotation", "colour", "flip if a trial proves it harmless"):
        assert piece in lines["augmentation"]
    assert lines["network"].startswith(recipe.network)


def test_colour_pictures_are_shown_smaller_at_first_where_the_network_allows_it():
    colour, grey = statistics_of((50, 50), (3, 32, 32)), statistics_of((50, 50), (1, 28, 28))
    assert recipe_for(colour).early_size == (24, 24)
    assert recipe_for(grey).early_size is None
    assert recipe_for(grey, progressive=True).early_size == (21, 21)
    assert recipe_for(colour, progressive=False).early_size is None
    assert recipe_for(colour, network="course", progressive=True).early_size is None
    assert "24 × 24 in the first half" in dict(recipe_lines(colour, recipe_for(colour)))["augmentation"]


@pytest.mark.parametrize("wider", [0, 3])
def test_whatever_their_size_pictures_that_are_shown_smaller_pass_through_the_network(wider):
    shown = 0
    for side in range(2, 33):
        colour = statistics_of((50, 50), (3, side, side + wider))
        recipe = recipe_for(colour)
        if recipe.early_size:
            chain = parse_chain(recipe.network, colour.shape, 2)
            network = TrainingNetwork(chain, whitened=None, fused=True)
            assert network(torch.zeros(2, 3, *recipe.early_size)).shape == (2, 2)
            shown += 1
    assert shown > 5
