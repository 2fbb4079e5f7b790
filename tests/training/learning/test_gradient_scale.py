import torch

from convscope.training.learning.gradient_scale import GradientScale


def test_where_it_is_not_needed_nothing_is_done():
    scale, gradient = GradientScale(needed=False), torch.tensor([1.0, torch.inf])
    assert scale.factor == 1
    assert scale.undo([gradient])
    assert gradient.tolist() == [1, torch.inf]
    assert scale.state() == {}


def test_gradients_are_divided_and_the_factor_grows_after_long_peace():
    scale = GradientScale(needed=True)
    for _ in range(2_000):
        assert scale.factor == 2**16
        gradient = torch.full((3,), 2.0**17)
        assert scale.undo([gradient])
        assert gradient.tolist() == [2, 2, 2]
    assert scale.factor == 2**17


def test_an_overflow_or_nan_anywhere_halves_the_factor_and_takes_no_step():
    for bad in (torch.inf, -torch.inf, torch.nan):
        scale = GradientScale(needed=True)
        assert not scale.undo([torch.ones(2), torch.tensor([0.0, bad])])
        assert scale.factor == 2**15


def test_it_goes_on_from_where_it_was():
    first, second = GradientScale(needed=True), GradientScale(needed=True)
    first.undo([torch.tensor([torch.inf])])
    second.state()["state"].copy_(first.state()["state"])
    assert second.factor == first.factor
