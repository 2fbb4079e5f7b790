import numpy as np
import pytest
import torch

from convscope.pictures.target import OneClass, SeveralLabels
from convscope.training.learning.flip_test import flips_are_harmless
from convscope.training.learning.objective import BinaryCrossEntropy, CrossEntropy, objective_of

TARGET = SeveralLabels(("a", "b", "c"), ((), (0,), (0, 2), (1,)))
LABELS = torch.tensor([2, 0, 3, 1, 2])
LOGITS = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))


def truth():
    return torch.from_numpy(TARGET.indicators(LABELS.numpy())).float()


def test_several_labels_are_learned_by_bce_with_logits():
    objective = objective_of(TARGET, None)
    assert isinstance(objective, BinaryCrossEntropy)
    ours, theirs = (LOGITS.clone().requires_grad_() for _ in range(2))
    expected = torch.nn.BCEWithLogitsLoss(reduction="sum")(theirs, truth())
    expected.backward()
    loss = objective.loss(ours, LABELS)
    loss.backward()
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(ours.grad, theirs.grad)
    torch.testing.assert_close(objective.shown_loss(LOGITS, LABELS), expected.detach())


def test_smoothed_answers_are_less_certain():
    objective = BinaryCrossEntropy(torch.from_numpy(TARGET.table).float(), smoothing=0.2)
    wanted = truth() * 0.8 + 0.1
    expected = torch.nn.functional.binary_cross_entropy_with_logits(LOGITS, wanted, reduction="sum")
    torch.testing.assert_close(objective.loss(LOGITS, LABELS), expected)


def test_a_picture_is_correct_if_all_its_labels_are():
    objective = objective_of(TARGET, None)
    logits = torch.where(truth() > 0, 1.0, -1.0)
    logits[1, 1] = 0.5
    assert objective.correct(logits, LABELS).tolist() == [True, False, True, True, True]
    assert objective.weight(LABELS.numpy()) == 5


@pytest.mark.parametrize("weights", [None, torch.tensor([1.0, 3.0])])
def test_one_class_is_learned_by_cross_entropy(weights):
    objective = CrossEntropy(0.1, weights)
    labels = torch.tensor([0, 1, 1, 0, 1])
    expected = torch.nn.CrossEntropyLoss(weights, reduction="sum", label_smoothing=0.1)(LOGITS[:, :2], labels)
    torch.testing.assert_close(objective.loss(LOGITS[:, :2], labels), expected)
    assert objective.weight(labels.numpy()) == (5 if weights is None else 11)


def test_what_is_decided_agrees_with_what_is_correct():
    target = OneClass(("a", "b", "c"))
    objective, labels = objective_of(target, None), torch.tensor([0, 1, 2, 1, 0])
    right = (objective.decide(LOGITS).numpy() == target.indicators(labels.numpy())).all(axis=1)
    np.testing.assert_array_equal(objective.correct(LOGITS, labels).numpy(), right)


def test_a_rare_label_that_is_ranked_well_is_found_before_it_is_probable():
    """With one half, no label is predicted early in a run, so the flip test could never decide."""
    target = SeveralLabels(("a", "b"), ((), (0,), (1,)))
    labels = torch.tensor([0, 0, 0, 1, 2] * 20)
    truth = target.indicators(labels.numpy())
    random = np.random.default_rng(1)
    logits, changed = (
        torch.from_numpy((truth * 1.5 - 2.5 + random.normal(0, 0.3, truth.shape)).astype(np.float32))
        for _ in range(2)
    )
    objective = objective_of(target, None)
    assert not objective.decide(logits).any()
    plain, flipped = objective.decide_both(logits, changed, truth)
    assert (plain == truth).mean() > 0.95
    assert flips_are_harmless(truth, plain, flipped, target.classes).flip is True
    swapped = torch.flip(changed, (1,))
    plain, flipped = objective.decide_both(logits, swapped, truth)
    assert flips_are_harmless(truth, plain, flipped, target.classes).flip is False


def test_one_class_decides_by_the_largest_logit_either_way():
    objective = CrossEntropy()
    plain, changed = objective.decide_both(LOGITS, -LOGITS, np.zeros((5, 3), bool))
    np.testing.assert_array_equal(plain.argmax(axis=1), LOGITS.argmax(1))
    np.testing.assert_array_equal(changed.argmax(axis=1), LOGITS.argmin(1))
