import pytest

from convscope.pictures.sources.source import part_named


@pytest.mark.parametrize(
    ("part", "names"),
    [
        (
            "train",
            [
                "train",
                "Training",
                "TRAIN",
                "training_set",
                "train-set",
                " train ",
                "trainset",
                "Train Images",
            ],
        ),
        ("validation", ["val", "valid", "validation", "Validation_Set", "dev"]),
        ("test", ["test", "testing", "test_set", "TESTSET", "test data"]),
        (None, ["cats", "trains", "tested", "", "value", "contest", "train/test"]),
    ],
)
def test_common_names_of_parts_are_known(part, names):
    assert {name: part_named(name) for name in names} == dict.fromkeys(names, part)
