import numpy as np
import pytest

from convscope.errors import DataError
from convscope.pictures.classes import check_target
from convscope.pictures.sources.source import Item
from convscope.pictures.target import OneClass, SeveralLabels, encode


def items_of(sets):
    return [Item(f"{number}.png", ";".join(one), None, labels=tuple(one)) for number, one in enumerate(sets)]


def test_sets_of_labels_are_numbered_and_decoded_again():
    sets = [["round"], [], ["red", "round"], ["round"], ["item10"], ["item9"]]
    target, labels = encode(items_of(sets))
    assert target.classes == ("item9", "item10", "red", "round")
    assert [target.names[label] for label in labels] == [";".join(one) for one in sets]
    expected = [[name in one for name in target.classes] for one in sets]
    np.testing.assert_array_equal(target.indicators(labels), expected)


def test_one_class_is_one_indicator():
    target, labels = encode([Item("1", "b", None), Item("2", "a", None), Item("3", "b", None)])
    assert target == OneClass(("a", "b"))
    np.testing.assert_array_equal(target.indicators(labels), np.eye(2, dtype=bool)[[1, 0, 1]])


@pytest.mark.parametrize(
    ("sets", "parts", "message"),
    [
        ([["red"], ["red"], []], [None] * 3, "only one label, 'red'"),
        ([[], []], [None] * 2, "there are no labels"),
        ([["a"], ["b"]], ["validation", "test"], "no training pictures"),
    ],
)
def test_labels_that_cannot_be_learned_are_refused(sets, parts, message):
    with pytest.raises(DataError, match=message):
        check_target(*encode(items_of(sets)), parts)


def test_a_label_seen_once_or_only_in_one_part_is_no_error():
    target, labels = encode(items_of([["a"], ["b"], ["a", "once"], ["only here"]]))
    check_target(target, labels, ["train", "train", "test", "test"])
    assert isinstance(target, SeveralLabels)
