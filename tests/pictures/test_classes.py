import pytest

from convscope.errors import DataError
from convscope.pictures.classes import check_classes


def test_classes_may_be_missing_from_validation_and_test():
    check_classes(["a", "b", "a"], ["train", "train", "test"])


@pytest.mark.parametrize(
    ("labels", "parts", "message"),
    [
        (["a", "a"], [None, None], "only one class, 'a'"),
        (["a", "a", "b"], [None, None, None], "'b' cannot be split"),
        (["a", "b", "c"], ["train", "train", "validation"], "'c' is in the validation pictures"),
        (["a", "b"], ["validation", "test"], "no training pictures"),
    ],
)
def test_what_cannot_be_learned_is_named(labels, parts, message):
    with pytest.raises(DataError, match=message):
        check_classes(labels, parts)
