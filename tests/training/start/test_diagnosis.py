"""The diagnosis in one line, and remedies."""

from __future__ import annotations

import numpy as np

from convscope.model.evaluation import wilson_interval
from convscope.training.start.diagnosis import Outcome, diagnose
from convscope.training.start.head import Accuracy

CLASSES = ("cat", "dog", "owl")


def outcome(
    labels: np.ndarray,
    answers: np.ndarray,
    *,
    sure: float = 0.7,
    groups: np.ndarray | None = None,
    recognised: float | None = None,
    tuned: bool = False,
    tried_scratch: bool = False,
) -> Outcome:
    """Create an outcome with given predictions and probabilities."""
    count = len(labels)
    probabilities = np.full((count, 3), (1 - sure) / 2)
    probabilities[np.arange(count), answers] = sure
    correct = int((labels == answers).sum())
    low, high = wilson_interval(correct, count)
    return Outcome(
        "my pets",
        CLASSES,
        labels,
        np.arange(count) if groups is None else groups,
        probabilities,
        Accuracy(correct, count, low, high),
        correct / count if recognised is None else recognised,
        tuned,
        tried_scratch,
    )


def test_chance_is_no_success() -> None:
    labels = np.array([0] * 60 + [1] * 20 + [2] * 20)
    found = diagnose(outcome(labels, np.zeros(100, int)))
    assert "not separated" in found.sentence
    assert "always answering 'cat' is right for 60 %" in found.sentence
    assert any("convscope train 'my pets' --start scratch" in remedy for remedy in found.remedies)
    tried = diagnose(outcome(labels, np.zeros(100, int), tried_scratch=True))
    assert not any("--start scratch" in remedy for remedy in tried.remedies)


def test_a_few_pictures_of_small_classes_that_are_told_apart_are_no_chance() -> None:
    labels = np.array([0] * 20 + [1] * 3 + [2] * 3)
    answers = np.where(np.arange(26) < 24, labels, 0)
    assert "not separated" not in diagnose(outcome(labels, answers)).sentence
    few = np.where(np.arange(26) < 21, labels, 0)
    assert "not separated" in diagnose(outcome(labels, few)).sentence


def test_wrong_labels_are_counted_and_one_is_named() -> None:
    labels = np.arange(300) % 3
    answers = labels.copy()
    answers[[3, 6]] = 2
    found = diagnose(outcome(labels, answers, sure=0.96))
    assert found.sentence == "2 labels look wrong, such as 'cat' on what is rather 'owl'"
    assert "convscope doctor 'my pets' --labels" in found.remedies[0]


def test_doubtful_mistakes_are_no_wrong_labels() -> None:
    labels = np.arange(300) % 3
    answers = labels.copy()
    answers[[3, 6]] = 2
    assert diagnose(outcome(labels, answers, sure=0.6)).sentence == "nothing stands in the way"


def test_learned_by_heart() -> None:
    labels = np.arange(300) % 3
    answers = np.where(np.arange(300) % 10 < 2, (labels + 1) % 3, labels)
    found = diagnose(outcome(labels, answers, recognised=1.0))
    assert found.sentence.startswith("memorised: 100 % of the pictures")
    assert found.sentence.endswith("80 % before")


def test_the_weakest_class_and_what_it_is_taken_for() -> None:
    labels = np.array([0] * 200 + [1] * 200 + [2] * 30)
    answers = labels.copy()
    answers[400:412] = 1
    found = diagnose(outcome(labels, answers))
    assert found.sentence == "'owl' is recognised worst, 18 of 30 pictures, and mostly taken for 'dog'"
    assert "add pictures of 'owl'" in found.remedies[0]


def test_copies() -> None:
    labels = np.repeat(np.arange(150) % 3, 2)
    found = diagnose(outcome(labels, labels, groups=np.repeat(np.arange(150), 2)))
    assert found.sentence.startswith("150 of 300 pictures are copies")
    assert "--manifest" in found.remedies[0]


def test_few_pictures_and_at_most_three_remedies() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 2])
    found = diagnose(outcome(labels, labels))
    assert found.sentence.startswith("there are few pictures")
    assert found.remedies == ("add pictures, first of 'dog', which has 3",)
    everything = diagnose(outcome(labels, (labels + 1) % 3, sure=0.96, recognised=1.0))
    assert len(everything.remedies) == 3


def test_fine_tuning_is_proposed_where_it_was_not_tried_and_there_is_enough_to_learn_from() -> None:
    labels = np.arange(900) % 3
    answers = np.where(np.arange(900) % 10 == 0, (labels + np.arange(900) // 10 % 2 + 1) % 3, labels)
    found = diagnose(outcome(labels, answers, sure=0.6))
    assert found.sentence == "the frozen pretrained features recognise 90 % of these pictures"
    assert found.remedies == ("try fine-tuning them: convscope train 'my pets' --minutes 10",)
    assert diagnose(outcome(labels, answers, sure=0.6, tuned=True)).remedies == ()
    copies = np.arange(900) // 3
    assert not any("--minutes" in one for one in diagnose(outcome(labels, answers, groups=copies)).remedies)
    assert diagnose(outcome(labels, labels)).remedies == ()
