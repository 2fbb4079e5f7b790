import pytest

from convscope.walkthrough.loss_table import table


def test_the_table_is_the_course_s():
    first, second = table()["networks"]
    losses = ("classification_error", "squared_error", "cross_entropy")
    assert [round(first[loss], 4) for loss in losses] == [0.3333, 0.2533, 0.3757]
    assert [round(second[loss], 4) for loss in losses] == [0.3333, 0.7067, 1.0567]
    for network in (first, second):
        for picture in network["pictures"]:
            p, truth = picture["probabilities"][picture["truth"]], picture["truth"]
            assert picture["gradients"]["cross_entropy"][truth] == pytest.approx(p - 1)
            assert picture["gradients"]["squared_error"][truth] == pytest.approx(-4 * p * (1 - p) ** 2)
