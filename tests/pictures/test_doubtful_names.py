import pytest

from convscope.pictures.doubtful_names import doubtful_labels, doubtful_names
from convscope.pictures.naming import class_name
from convscope.pictures.sources.source import Item


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cat", "Cat"),
        ("cat", "cat\u200b"),
        ("red panda", "Red_Panda"),
        ("1", "1.0"),
        ("7", "07"),
        ("ﬁsh", "fish"),
    ],
)
def test_names_that_look_like_one(one, other):
    classes = [class_name(one), class_name(other), "else"]
    (note,) = doubtful_names(classes)
    assert note.startswith(f"classes that are spelt nearly alike: {classes[0]}, {classes[1]};")


def test_names_that_are_two():
    assert doubtful_names(["cat", "cats", "café", "cafe", "1", "10", "1.5", "a-b", "ab", "nano"]) == ()


@pytest.mark.parametrize("name", ["NaN", "null", "None", "N/A", "<NA>"])
def test_names_that_may_mean_no_label(name):
    assert any(f"learned as a class: {name};" in note for note in doubtful_names(["cat", name]))


def test_each_of_several_labels_counts():
    items = [Item("", "a+b", None, labels=("a", "b")), Item("", "A", None, labels=("A",))]
    assert len(doubtful_labels(items)) == 1
