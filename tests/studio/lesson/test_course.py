"""Every correct answer of the course, verified with PyTorch or by hand."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812  # PyTorch's own idiom

from convscope.pictures.shapes.drawings import draw_shapes
from convscope.studio.lesson import by_hand, shifting
from convscope.studio.lesson.course import PAGES
from convscope.studio.lesson.learning import illustration
from convscope.studio.lesson.material import material, own_material, steps_of
from convscope.studio.lesson.overfitting import recorded

NETWORKS = {
    "grey": ("4C3-MP2-6C3-MP2o-7N", (1, 12, 11)),
    "colour": ("4C3s2p0-AP2-5N", (3, 15, 14)),
    "no convolution": ("AP4", (1, 8, 8)),
    "no pooling": ("3C5-4N", (3, 8, 8)),
}
SHOWN = [name for name, page in PAGES.items() if page.exhibit]


@pytest.fixture(scope="module", params=["own", *NETWORKS])
def taken(request, make_model):
    if request.param == "own":
        return own_material()
    notation, shape = NETWORKS[request.param]
    model = make_model(notation, shape, classes=4, seed=3)
    picture = np.random.default_rng(0).integers(0, 256, (*shape[1:], shape[0]), np.uint8)
    return material(model, picture, model.classes[2])


def answers(taken, page):
    return {one.name: one for one in PAGES[page].questions(taken)}


def chosen(question):
    return question.options[question.answer]


def tensor(array):
    return torch.from_numpy(np.array(array, np.float64))


def in_pytorch(taken, pixels=None, *, weights=None, relu=F.relu):
    """Compute the network; return the values before and after the first pooling, and the logits."""
    model = taken.model
    weights = weights or {name: tensor(weight) for name, weight in model.weights.items()}
    pixels = taken.pixels if pixels is None else pixels
    maps = (tensor(pixels) - tensor(model.mean)) / tensor(model.std)
    maps, around = maps.permute(2, 0, 1), None
    layers = {step.name: step for step in model.chain}
    for name, step in layers.items():
        before = maps
        match step.kind:
            case "convolution":
                windows = step.windows
                maps = F.conv2d(
                    maps[None],
                    weights[f"{name}.weight"],
                    weights[f"{name}.bias"],
                    windows.stride,
                    windows.padding,
                )[0]
            case "relu":
                maps = relu(maps)
            case "max_pooling":
                windows = step.windows
                maps = F.max_pool2d(maps[None], windows.size, windows.stride, ceil_mode=windows.overhang)[0]
                around = around or (before, maps)
            case "average_pooling":
                maps = F.avg_pool2d(maps[None], step.windows.size, step.windows.stride)[0]
                around = around or (before, maps)
            case "flattening":
                maps = maps.flatten()
            case "full_connection":
                maps = F.linear(maps, weights[f"{name}.weight"], weights[f"{name}.bias"])
            case _:
                pass
    return around, maps


def moved(pixels):
    return np.concatenate([np.zeros_like(pixels[:, :1]), pixels[:, :-1]], axis=1)


def test_the_seven_steps_come_in_the_order_of_the_chain_then_learning():
    assert list(PAGES) == [
        *("image", "convolution", "relu", "pooling", "flattening", "full-connection", "softmax"),
        *("learning", "overfitting"),
    ]


@pytest.mark.parametrize("page", PAGES)
def test_correct_answers_are_accepted_and_others_are_not(taken, page):
    asked = PAGES[page].questions(taken)
    assert len({one.name for one in asked}) == len(asked) >= 3
    for one in asked:
        assert one.check(one.answer).right
        for wrong in range(len(one.options)):
            assert one.check(wrong).right == (wrong == one.answer)
        if not one.options:
            beside = one.check(one.answer + 2 * one.within + 1)
            assert not beside.right
            assert beside.answer is None
        assert one.reveal().working


def test_half_of_the_questions_ask_what_would_happen_or_why():
    asked = [one for page in PAGES.values() for one in page.questions(own_material())]
    assert sum(bool(one.options) for one in asked) >= len(asked) / 2


def test_numbers_that_are_asked_for_are_hidden_if_the_page_shows_them():
    for page, name in (
        ("pooling", "value"),
        ("full-connection", "logit"),
        ("softmax", "loss"),
        ("softmax", "share"),
    ):
        question = answers(own_material(), page)[name]
        assert question.asked().hides == question.answer
    assert answers(own_material(), "pooling")["size"].asked().hides is None


@pytest.mark.parametrize("page", SHOWN)
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
    row, column = (piece for piece in asked["number"].prompt[:7] if isinstance(piece, int))
    assert asked["number"].answer == pytest.approx(normalised[row, column])
    assert asked["count"].answer == np.prod(taken.pixels.shape)
    changed = (moved(taken.pixels) != taken.pixels).mean()
    assert asked["moved"].answer == (0 if changed == 0 else 2 if changed > 0.05 else 1)
    _, negative = in_pytorch(taken, 255 - taken.pixels)
    assert chosen(asked["negative"]) == ("yes" if negative.argmax() == taken.logits.argmax() else "no")


def test_convolution_is_pytorchs(taken):
    asked = answers(taken, "convolution")
    small = F.conv2d(tensor(by_hand.drawing())[None, None], tensor(by_hand.LINE_FILTER)[None, None])[0, 0]
    window, weights = (np.array(grid.rows) for grid in asked["sum"].grids)
    assert asked["sum"].answer == (window * weights).sum() == small[3, 1]
    *_, strongest = sorted((np.array(grid.rows) * weights).sum() for grid in asked["strongest"].grids[1:])
    picked = asked["strongest"].grids[1 + asked["strongest"].answer]
    assert (np.array(picked.rows) * weights).sum() == strongest == small.max()
    of, step = taken.first(("convolution",))
    windows = step.step.windows
    weight, bias = (tensor(one) for one in of.weights(step))
    maps = F.conv2d(tensor(step.input)[None], weight, bias, windows.stride, windows.padding)[0]
    assert asked["size"].answer == maps.shape[1]
    twice = F.conv2d(tensor(step.input)[None], 2 * weight, 2 * bias, windows.stride, windows.padding)[0]
    assert torch.allclose(twice, 2 * maps)
    assert chosen(asked["doubled"]) == "each is doubled"
    assert chosen(asked["moved"]) == "the same numbers, one column further right"


def test_relu(taken):
    asked = answers(taken, "relu")
    _, step = taken.first(("relu",))
    assert asked["value"].answer == max(0, step.input.min())
    (grid,) = asked["count"].grids
    assert asked["count"].answer == sum(cell <= 0 for row in grid.rows for cell in row)
    _, without = in_pytorch(taken, relu=lambda maps: maps)
    before, after = taken.probabilities[taken.truth], without.softmax(0)[taken.truth].item()
    expected = (
        "it stays the same"
        if np.isclose(before, after)
        else f"it gets {'larger' if after > before else 'smaller'}"
    )
    assert chosen(asked["left-out"]) == expected
    assert chosen(asked["one-layer"]) == "yes, always"


def test_pooling_is_pytorchs(taken):
    asked = answers(taken, "pooling")
    of, step = taken.first(("max_pooling", "average_pooling"))
    windows = step.step.windows
    if step.kind == "max_pooling":
        pooled = F.max_pool2d(
            tensor(step.input)[None], windows.size, windows.stride, ceil_mode=windows.overhang
        )[0]
        assert chosen(asked["forgotten"]) == "it stays the same"
    else:
        pooled = F.avg_pool2d(tensor(step.input)[None], windows.size, windows.stride)[0]
        assert chosen(asked["forgotten"]) != "it stays the same"
    assert asked["size"].answer == pooled.shape[1]
    (grid,) = asked["value"].grids
    cells = [cell for row in grid.rows for cell in row if cell is not None]
    assert asked["value"].answer == pytest.approx(
        max(cells) if step.kind == "max_pooling" else np.mean(cells)
    )
    _, (stop,) = PAGES["pooling"].exhibit(taken)
    assert pooled[tuple(stop.place)].item() == pytest.approx(asked["value"].answer)
    old, _ = in_pytorch(of)
    new, _ = in_pytorch(of, moved(of.pixels))
    shares = [((b - a).abs().sum() / a.abs().sum()).item() for a, b in zip(old, new, strict=True)]
    assert asked["moved"].answer == (0 if shares[1] < shares[0] else 1)
    still, by_one, *_ = shifting.illustration(taken).shifts
    assert (still.changed_before, still.changed_after) == (0, 0)
    assert [by_one.changed_before, by_one.changed_after] == pytest.approx(shares)


def test_flattening_is_numpys(taken):
    asked = answers(taken, "flattening")
    shape = next(step for step in taken.steps if step.kind == "flattening").input.shape
    channel, row, column = (piece for piece in asked["index"].prompt if not isinstance(piece, str))
    assert asked["index"].answer == np.ravel_multi_index((channel, row, column), shape)
    assert asked["length"].answer == np.prod(shape)
    if shape[1] > 1:
        assert asked["apart"].answer == shape[2]
    assert chosen(asked["shuffled"]) == "nothing"


def test_full_connection_is_pytorchs(taken):
    asked, step = answers(taken, "full-connection"), taken.steps[-2]
    weight, bias = (tensor(one) for one in taken.weights(step))
    inputs = tensor(step.input)
    logits = F.linear(inputs, weight, bias)
    best = int(logits.argmax())
    products = weight[best] * inputs
    assert asked["logit"].answer == pytest.approx(logits.max().item())
    assert abs(asked["product"].answer) == pytest.approx(products.abs().max().item())
    if "against" in asked:
        assert chosen(asked["against"]) == f"input {int(products.argmin())}"
    without = inputs.clone()
    without[products.abs().argmax()] = 0
    assert chosen(asked["removed"]) == ("yes" if F.linear(without, weight, bias).argmax() == best else "no")
    assert chosen(asked["doubled"]) == "the same class, with more confidence"
    assert (2 * logits).softmax(0)[best] > logits.softmax(0)[best]


def test_softmax_and_cross_entropy_are_pytorchs(taken):
    asked = answers(taken, "softmax")
    logits = tensor(taken.logits)
    loss = F.cross_entropy(logits[None], logits.argsort()[-2:-1])
    assert asked["share"].answer == pytest.approx(logits.softmax(0).max().item())
    assert asked["loss"].answer == pytest.approx(loss.item())
    assert chosen(asked["shift"]) == "it stays the same"
    assert chosen(asked["confidently-wrong"]) == f"about {np.log(0.001) / np.log(0.5):.0f} times as large"
    wrong = tensor(np.log([1e-6, 1 - 1e-6])).requires_grad_()
    steep, flat = (
        torch.autograd.grad(loss, wrong)[0][0].item()
        for loss in (
            F.cross_entropy(wrong[None], torch.tensor([0])),
            (wrong.softmax(0) - tensor([1, 0])).square().sum(),
        )
    )
    assert steep / flat == pytest.approx(250_000, rel=1e-5)
    assert chosen(asked["why"]) == "about 250,000 times as fast"


def test_learning_is_pytorchs(taken):
    asked, shown = answers(taken, "learning"), illustration(taken)
    of, _ = taken.first(("convolution",))
    place = tuple(shown.curve.weight.place)
    weights = {name: tensor(weight).requires_grad_() for name, weight in of.model.weights.items()}

    def loss(value=None):
        used = dict(weights)
        if value is not None:
            used["convolution_1.weight"] = weights["convolution_1.weight"].detach().clone()
            used["convolution_1.weight"][place] = value
        _, logits = in_pytorch(of, weights=used)
        return F.cross_entropy(logits[None], torch.tensor([of.truth]))

    loss().backward()
    gradient = weights["convolution_1.weight"].grad[place].item()
    value = of.model.weights["convolution_1.weight"][place].item()
    assert shown.curve.weight.gradient == pytest.approx(gradient, abs=1e-9)
    assert asked["gradient"].answer == pytest.approx(of.probabilities[of.truth] - 1)
    small, large = shown.curve.descents[0].rate, shown.curve.descents[-1].rate
    assert asked["step"].answer == pytest.approx(value - small * gradient)
    assert chosen(asked["direction"]) == ("smaller" if gradient > 0 else "larger")
    before, after = loss(value).item(), loss(value - large * gradient).item()
    assert chosen(asked["too-far"]) == f"it gets {'larger' if after > before else 'smaller'}"
    assert asked["silenced"].answer == 0
    assert chosen(asked["winner"]) == "the cell with 4"
    for kept in shown.back:
        assert np.isfinite(kept.rows).all()


def test_the_lessons_own_weight_has_a_valley_and_a_rate_that_is_too_large():
    asked = answers(own_material(), "learning")
    assert chosen(asked["too-far"]) == "it gets larger"
    losses = illustration(own_material()).curve.losses
    assert 0 < np.argmin(losses) < len(losses) - 1


def test_overfitting_is_what_was_recorded(taken):
    asked, runs = answers(taken, "overfitting"), {run.name: run for run in recorded().runs}
    few = runs["few"]
    assert asked["gap"].answer == pytest.approx(100 * (few.train_accuracy[-1] - few.validation_accuracy[-1]))
    assert asked["by-heart"].answer == pytest.approx(100 / recorded().classes)
    assert chosen(asked["stop"]) == f"step {few.step[int(np.argmin(few.validation_loss))]}"
    for name in ("many", "shifted"):
        assert runs[name].validation_accuracy[-1] > few.validation_accuracy[-1]
        assert chosen(asked[name]) == "it gets larger"


def test_the_recorded_runs_show_overfitting():
    runs = {run.name: run for run in recorded().runs}
    assert runs["few"].train_accuracy[-1] == 1
    assert runs["few"].train_accuracy[-1] - runs["few"].validation_accuracy[-1] > 0.2
    assert np.argmin(runs["few"].validation_loss) < len(runs["few"].step) / 2
    assert runs["many"].validation_accuracy[-1] > 0.9


@pytest.mark.slow
def test_the_lessons_drawing_is_none_that_was_learned_from():
    own, (pictures, _) = own_material(), draw_shapes(3_600)
    assert not (pictures == own.pixels[:, :, 0]).all(axis=(1, 2)).any()
    assert own.logits.argmax() == own.truth
    assert 0.5 < own.probabilities[own.truth] < 0.99


def test_without_a_known_class_the_prediction_counts_as_true(taken):
    assert material(taken.model, taken.pixels, None).truth == taken.logits.argmax()
    assert material(taken.model, taken.pixels, "elsewhere").truth == taken.logits.argmax()
