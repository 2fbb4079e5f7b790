"""Every right answer of the course, found again by PyTorch or by hand."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own idiom

from convscope.studio.lesson.course import PAGES
from convscope.studio.lesson.material import material, smiley, steps_of

NETWORKS = {
    "grey": ("4C3-MP2-6C3-MP2o-7N", (1, 12, 11)),
    "colour": ("4C3s2p0-AP2-5N", (3, 15, 14)),
    "no convolution": ("AP4", (1, 8, 8)),
    "no pooling": ("3C5-4N", (3, 8, 8)),
}


@pytest.fixture(scope="module", params=NETWORKS)
def taken(request, make_model):
    notation, shape = NETWORKS[request.param]
    model = make_model(notation, shape, classes=4, seed=3)
    picture = np.random.default_rng(0).integers(0, 256, (*shape[1:], shape[0]), np.uint8)
    return material(model, picture, model.classes[2])


def answers(taken, page):
    return {one.name: one for one in PAGES[page].questions(taken)}


def tensor(array):
    return torch.from_numpy(np.array(array, np.float64))


def test_the_steps_come_in_the_order_of_the_chain():
    assert list(PAGES) == [
        *("image", "convolution", "relu", "pooling", "flattening", "full-connection", "softmax"),
    ]


@pytest.mark.parametrize("page", PAGES)
def test_correct_answers_are_accepted_and_others_are_not(taken, page):
    asked = PAGES[page].questions(taken)
    assert len({one.name for one in asked}) == len(asked) >= 2
    for one in asked:
        assert one.check(one.answer).right
        for wrong in range(len(one.options)):
            assert one.check(wrong).right == (wrong == one.answer)
        if not one.options:
            beside = one.check(one.answer + 2 * one.within + 1)
            assert not beside.right
            assert beside.answer is None
        assert one.reveal().working


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_a_number_of_its_walk(taken, page):
    shown, stops = PAGES[page].exhibit(taken)
    walked = {step.name: step for step in steps_of(shown).steps}
    computed = {step.name: step.output for step in shown.steps} | {"loss": taken.probabilities}
    assert stops
    for stop in stops:
        assert stop.step in walked
        assert np.isfinite(computed[stop.step][tuple(stop.place)])


def test_image(taken):
    asked, model = answers(taken, "image"), taken.model
    normalised = (taken.pixels[:, :, 0] - model.mean[0]) / model.std[0]
    assert abs(asked["number"].answer) == pytest.approx(np.abs(normalised).max())
    assert asked["count"].answer == np.prod(taken.pixels.shape)


def test_convolution_is_pytorchs(taken):
    asked = answers(taken, "convolution")
    of, step = taken.first(("convolution",))
    windows = step.step.windows
    weight, bias = (tensor(one) for one in of.weights(step))
    maps = F.conv2d(tensor(step.input)[None], weight, bias, windows.stride, windows.padding)[0]
    assert asked["sum"].answer == pytest.approx(maps.max().item())
    assert asked["size"].answer == maps.shape[1]
    if "strongest" in asked:
        given = [float(row[-1]) for row in asked["strongest"].working]
        assert given[asked["strongest"].answer] == pytest.approx(maps.max().item())


def test_a_filter_turned_by_180_degrees_is_recognised(taken):
    of, step = taken.first(("convolution",))
    if len(step.input) > 1:
        pytest.skip("asked of grey pictures only")
    windows, asked = step.step.windows, answers(taken, "convolution")["sum"]
    weight, bias = (tensor(one) for one in of.weights(step))
    place = np.unravel_index(step.output.argmax(), step.output.shape)
    turned = F.conv2d(tensor(step.input)[None], weight.flip(2, 3), bias, windows.stride, windows.padding)[0]
    flipped = turned[tuple(int(n) for n in place)].item()
    if abs(flipped - asked.answer) > asked.within:
        assert "turned" in asked.check(flipped).why


def test_relu(taken):
    asked = answers(taken, "relu")
    _, step = taken.first(("relu",))
    assert asked["value"].answer == max(0, step.input.min())
    (grid,) = asked["count"].grids
    assert asked["count"].answer == sum(cell <= 0 for row in grid.rows for cell in row)
    assert asked["share"].answer == pytest.approx(
        100 * (tensor(step.input).relu() == 0).double().mean().item()
    )


def test_pooling_is_pytorchs(taken):
    asked = answers(taken, "pooling")
    _, step = taken.first(("max_pooling", "average_pooling"))
    windows = step.step.windows
    if step.kind == "max_pooling":
        pooled = F.max_pool2d(
            tensor(step.input)[None], windows.size, windows.stride, ceil_mode=windows.overhang
        )[0]
        assert asked["forgotten"].options[asked["forgotten"].answer] == "it stays the same"
    else:
        pooled = F.avg_pool2d(tensor(step.input)[None], windows.size, windows.stride)[0]
        assert asked["forgotten"].options[asked["forgotten"].answer] != "it stays the same"
    assert asked["size"].answer == pooled.shape[1]
    (grid,) = asked["value"].grids
    cells = [cell for row in grid.rows for cell in row if cell is not None]
    assert asked["value"].answer == pytest.approx(
        max(cells) if step.kind == "max_pooling" else np.mean(cells)
    )
    assert np.isclose(pooled.numpy(), asked["value"].answer).any()


def test_flattening_is_numpys(taken):
    asked = answers(taken, "flattening")
    shape = next(step for step in taken.steps if step.kind == "flattening").input.shape
    channel, row, column = (piece for piece in asked["index"].prompt if not isinstance(piece, str))
    assert asked["index"].answer == np.ravel_multi_index((channel, row, column), shape)
    assert asked["length"].answer == np.prod(shape)
    (index,) = (piece for piece in asked["back"].prompt if not isinstance(piece, str))
    assert asked["back"].answer == np.unravel_index(index, shape)[1]


def test_full_connection_is_pytorchs(taken):
    asked, step = answers(taken, "full-connection"), taken.steps[-2]
    weight, bias = (tensor(one) for one in taken.weights(step))
    logits = F.linear(tensor(step.input), weight, bias)
    best = int(logits.argmax())
    products = weight[best] * tensor(step.input)
    assert asked["logit"].answer == pytest.approx(logits.max().item())
    assert abs(asked["product"].answer) == pytest.approx(products.abs().max().item())
    assert asked["parameters"].answer == weight.numel() + bias.numel()
    if "against" in asked:
        told = asked["against"].options[asked["against"].answer]
        assert told == f"input {int(products.argmin())}"


def test_softmax_and_cross_entropy_are_pytorchs(taken):
    asked = answers(taken, "softmax")
    logits = tensor(taken.logits).requires_grad_()
    loss = F.cross_entropy(logits[None], torch.tensor([taken.truth]))
    loss.backward()
    assert asked["share"].answer == pytest.approx(logits.softmax(0).max().item())
    assert asked["loss"].answer == pytest.approx(loss.item())
    assert asked["gradient"].answer == pytest.approx(logits.grad[taken.truth].item())
    assert asked["shift"].options[asked["shift"].answer] == "it stays the same"
    assert asked["why"].options[asked["why"].answer] == "about 250,000 times as large"


def test_the_smiley_can_be_done_by_hand():
    """The course's own numbers: the strongest cell is 4, three rows are left, and their column has nine."""
    taken = smiley()
    assert answers(taken, "convolution")["sum"].answer == 4
    assert answers(taken, "convolution")["size"].answer == 5
    assert answers(taken, "pooling")["size"].answer == 3
    assert answers(taken, "flattening")["length"].answer == 9
    assert answers(taken, "full-connection")["logit"].answer == 1.5


def test_without_a_known_class_the_prediction_counts_as_true(taken):
    assert material(taken.model, taken.pixels, None).truth == taken.logits.argmax()
    assert material(taken.model, taken.pixels, "elsewhere").truth == taken.logits.argmax()
    assert taken.truth == 2
