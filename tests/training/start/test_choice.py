import numpy as np
import pytest

from convscope.errors import SettingError
from convscope.pictures.survey import Survey
from convscope.training.settings import Settings
from convscope.training.start.choice import MANY, plan_start


def survey(side: int) -> Survey:
    return Survey(np.array([side]), np.array([side]), grey=False)


MANY_LABELS = ["cat"] * MANY + ["dog"] * MANY


@pytest.mark.parametrize(
    "case",
    [
        (Settings(), 192, MANY_LABELS, None),
        (Settings(minutes=3, fit="crop", seed=7), 192, MANY_LABELS, None),
        (Settings(group_pattern="(.*)_frame", strict=True), 192, MANY_LABELS, None),
        (Settings(), 32, MANY_LABELS, "scratch"),
        (Settings(), 32, MANY_LABELS[1:], None),
        (Settings(epochs=3), 192, MANY_LABELS, "scratch"),
        (Settings(network="8C3"), 192, MANY_LABELS, "scratch"),
        (Settings(flip=False), 192, MANY_LABELS, "scratch"),
        (Settings(start="scratch"), 192, MANY_LABELS, "scratch"),
        (Settings(start="lite0"), 8, MANY_LABELS, "lite0"),
    ],
)
def test_what_the_person_chose_counts_and_then_the_pictures(case):
    settings, side, labels, expected = case
    assert plan_start(settings, survey(side), labels) == expected


def test_several_processes_and_streams_start_from_scratch():
    assert plan_start(Settings(), survey(192), MANY_LABELS, processes=2) == "scratch"
    assert plan_start(Settings(), survey(192), MANY_LABELS, streamed=True) == "scratch"


@pytest.mark.parametrize(
    ("settings", "flag"), [({"network": "8C3"}, "--network"), ({"batch_size": 8}, "--batch-size")]
)
def test_settings_of_training_from_scratch_do_not_go_with_learned_features(settings, flag):
    with pytest.raises(SettingError, match=f"{flag} cannot be combined with --start lite0"):
        plan_start(Settings(start="lite0", **settings), survey(192), MANY_LABELS)


def test_learned_features_need_all_pictures_on_the_disk():
    with pytest.raises(SettingError, match="need all pictures on the disk"):
        plan_start(Settings(start="lite0"), survey(192), MANY_LABELS, streamed=True)


def test_the_first_of_several_processes_learns_a_head_alone():
    assert plan_start(Settings(start="lite0"), survey(192), MANY_LABELS, processes=2) == "lite0"


def test_several_labels_start_without_a_trial():
    photos, small = survey(300), survey(28)
    labels = ["red", "red;round", ""]
    assert plan_start(Settings(), photos, labels, several_labels=True) == "lite0"
    assert plan_start(Settings(), small, labels, several_labels=True) == "scratch"
    assert plan_start(Settings(epochs=3), photos, labels, several_labels=True) == "scratch"
    with pytest.raises(SettingError, match="--rejected-fraction"):
        plan_start(Settings(rejected_fraction=0.05), photos, labels, several_labels=True)
