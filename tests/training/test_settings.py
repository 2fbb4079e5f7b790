import inspect
import math
from dataclasses import fields, replace
from typing import get_type_hints

import numpy as np
import pytest
from typer.testing import CliRunner

import convscope
from convscope.commands.app import app
from convscope.errors import ConvscopeError, NotationError, SettingError
from convscope.training.keyword_settings import CommonSettings, SettingsArguments
from convscope.training.settings import Settings, description, options


@pytest.mark.parametrize(
    ("said", "message", "remedy"),
    [
        ({"size": (0, 5)}, "size cannot be (0, 5)", "1 to 1,024 pixels"),
        ({"size": (5, 1025)}, "size cannot be (5, 1025)", "height and width"),
        ({"size": 10**400}, "size cannot be 1000", "height and width"),
        ({"size": "16"}, "size cannot be '16'", "height and width"),
        ({"size": np.array([3, 4])}, "size cannot be array([3, 4])", "height and width"),
        ({"epochs": 0}, "epochs cannot be 0", "give a whole number from 1 to 100,000"),
        ({"epochs": "3"}, "epochs cannot be '3'", "give a whole number from 1 to 100,000"),
        ({"epochs": 100_001}, "epochs cannot be 100001", "give a whole number from 1 to 100,000"),
        ({"epochs": 2.5}, "epochs cannot be 2.5", "give a whole number from 1 to 100,000"),
        ({"epochs": True}, "epochs cannot be True", "give a whole number from 1 to 100,000"),
        ({"minutes": 0}, "minutes cannot be 0", "give a number from 0.01 to 1,000,000"),
        ({"minutes": math.nan}, "minutes cannot be nan", "give a number"),
        ({"batch_size": 1}, "batch size cannot be 1", "give a whole number from 2 to 65,536"),
        ({"learning_rate": -0.1}, "learning rate cannot be -0.1", "give a number from 0.000001 to 10"),
        ({"learning_rate": math.inf}, "learning rate cannot be inf", "give a number"),
        ({"label_smoothing": 1}, "label smoothing cannot be 1", "give a number from 0 to 0.9"),
        ({"seed": -1}, "seed cannot be -1", "give a whole number from 0 to 4,294,967,295"),
        ({"seed": None}, "seed cannot be None", "give a whole number"),
        ({"group_pattern": "(frame"}, "group pattern cannot be '(frame'", "write one such as"),
        ({"group_pattern": 5}, "group pattern cannot be 5", "give a text"),
        ({"channels": 2}, "channels cannot be 2", "choose from 1, 3"),
        ({"flip": "no"}, "flip cannot be 'no'", "choose from True, False"),
        ({"device": "gpu"}, "device cannot be 'gpu'", "choose from auto, cpu, cuda"),
        ({"precision": "fp16"}, "fp16 is for GPUs", "choose the device cuda too"),
        ({"network": 5}, "network cannot be 5", "give a notation"),
    ],
)
def test_what_is_impossible_is_refused(said, message, remedy):
    with pytest.raises(SettingError) as caught:
        Settings(**said)
    assert caught.value.what.startswith(message)
    assert remedy in caught.value.remedy


def test_a_notation_that_cannot_be_read_is_refused():
    with pytest.raises(NotationError):
        Settings(network="nosuchpreset")
    with pytest.raises(ConvscopeError):
        replace(Settings(), network="32C")


def test_sides_and_numpy_s_numbers_become_python_s():
    settings = Settings(size=16, epochs=np.int64(3), learning_rate=np.float32(0.5), flip=np.zeros(1, bool)[0])
    assert settings == Settings(size=(16, 16), epochs=3, learning_rate=0.5, flip=False)
    assert type(settings.epochs) is int
    assert Settings(size=[3, 4]).size == (3, 4)


def test_the_keyword_arguments_are_the_fields():
    arguments = get_type_hints(SettingsArguments)
    plain = get_type_hints(Settings) | {"size": int | tuple[int, int] | None}
    assert arguments == plain
    assert get_type_hints(CommonSettings).keys() < arguments.keys()


def test_python_and_the_estimator_name_every_setting():
    train = inspect.signature(convscope.train).parameters
    assert {*get_type_hints(SettingsArguments)} <= train.keys()
    estimator = inspect.signature(convscope.ConvscopeClassifier).parameters
    assert {*get_type_hints(CommonSettings), "random_state"} == estimator.keys()
    assert convscope.ConvscopeClassifier(epochs=3).get_params()["epochs"] == 3


@pytest.mark.parametrize("call", [convscope.train, convscope.ConvscopeClassifier])
def test_an_unknown_setting_is_named(call):
    with pytest.raises((SettingError, TypeError), match="epoches"):
        call(epoches=3)


CHOSEN = {
    "network": "4C3-MP2",
    "size": (48, 64),
    "channels": 3,
    "fit": "pad",
    "epochs": 3,
    "start": "scratch",
    "minutes": 0.5,
    "batch_size": 7,
    "learning_rate": 0.01,
    "label_smoothing": 0.0,
    "flip": False,
    "augmentation": "strong",
    "class_weights": True,
    "multi_label": True,
    "progressive": False,
    "ema": False,
    "rejected_fraction": 0.1,
    "class_order": "b,a",
    "device": "cpu",
    "precision": "bf16",
    "seed": 5,
    "strict": True,
    "store_limit": 2.5,
    "group_pattern": "(.*)_frame",
}


def test_the_command_line_has_an_option_for_every_setting_with_its_help(monkeypatch):
    assert CHOSEN.keys() == {field.name for field in fields(Settings)}
    given = []

    def train(_data, settings, **_):
        given.append(settings)
        raise ConvscopeError("far enough")

    monkeypatch.setattr("convscope.training.runs.runner.train", train)
    monkeypatch.setattr("convscope.commands.process_tuning.tune", lambda: None)
    CliRunner().invoke(app, ["train", "digits", "--quiet", *options(Settings(**CHOSEN))])
    assert given == [Settings(**CHOSEN)]
    text = " ".join(CliRunner().invoke(app, ["train", "--help"], env={"COLUMNS": "250"}).output.split())
    assert all(description(name) in text for name in CHOSEN)
