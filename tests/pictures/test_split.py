import hashlib
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.errors import DataError
from convscope.pictures.preparation import Preparation
from convscope.pictures.split import (
    FEWEST_TEST_PICTURES,
    TEST_PERCENT,
    VALIDATION_LIMIT,
    split,
    split_for_cross_validation,
)
from convscope.pictures.store import Store


def store_of(pictures):
    """A store of (label, content, part) triples."""
    labels, contents, parts = zip(*pictures, strict=True)
    digests = [hashlib.blake2b(str(content).encode(), digest_size=16).digest() for content in contents]
    return Store(
        pictures=np.zeros((len(labels), 1, 1, 1), np.uint8),
        labels=np.array(labels, np.int64),
        digests=np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 16),
        classes=tuple(f"class {label}" for label in range(max(labels) + 1)),
        names=tuple(map(str, contents)),
        parts=tuple(parts),
        broken=(),
        preparation=Preparation(1, 1, 1),
        notes=(),
    )


def members(store, indices):
    return Counter((store.labels[index].item(), store.names[index]) for index in indices.tolist())


# For each class how often each of its contents occurs; contents are of one class or shared by all.
COPIES = st.lists(st.integers(1, 4), min_size=2, max_size=40)
SOURCES = st.lists(COPIES, min_size=2, max_size=5).map(
    lambda classes: [
        (label, f"{label}-{content}", None)
        for label, copies in enumerate(classes)
        for content, count in enumerate(copies)
        for _ in range(count)
    ]
)


@given(SOURCES)
def test_every_picture_is_in_one_part_and_equal_ones_are_together(pictures):
    store = store_of(pictures)
    parts = split(store)
    together = np.concatenate([parts.train, parts.validation, parts.test])
    assert np.array_equal(np.sort(together), np.arange(len(pictures)))
    contents = [
        set(np.array(store.names)[indices]) for indices in (parts.train, parts.validation, parts.test)
    ]
    assert sum(map(len, contents)) == len(set.union(*contents))


@given(SOURCES, st.randoms())
def test_order_and_names_do_not_matter(pictures, random):
    shuffled = random.sample(pictures, len(pictures))
    one, other = store_of(pictures), store_of(shuffled)
    for part in ("train", "validation", "test"):
        assert members(one, getattr(split(one), part)) == members(other, getattr(split(other), part))


@pytest.mark.slow
@given(st.lists(st.integers(2, 200), min_size=2, max_size=5))
def test_without_copies_the_shares_are_kept_in_every_class(counts):
    store = store_of(
        [(label, f"{label}-{n}", None) for label, count in enumerate(counts) for n in range(count)]
    )
    parts = split(store)
    for label, count in enumerate(counts):
        test = int((store.labels[parts.test] == label).sum())
        validation = int((store.labels[parts.validation] == label).sum())
        train = int((store.labels[parts.train] == label).sum())
        assert test == max(1, round(count * TEST_PERCENT / 100))
        assert train >= 1
        assert (validation >= 1) == (count - test > 2)
        assert validation <= max(1, 0.1 * (count - test))


@given(SOURCES)
def test_with_copies_the_test_share_is_not_exceeded_where_single_pictures_allow(pictures):
    store = store_of(pictures)
    parts = split(store)
    for label in range(len(store.classes)):
        mine = [name for of, name, _ in pictures if of == label]
        smallest = min(Counter(mine).values())
        taken = int((store.labels[parts.test] == label).sum())
        assert 1 <= taken <= max(smallest, 1, round(len(mine) * TEST_PERCENT / 100))
        assert (store.labels[parts.train] == label).any()


def test_validation_is_limited_in_all():
    store = store_of(
        [(n % 3, n, "train") for n in range(60_000)] + [(n % 3, -n - 1, "test") for n in range(9)]
    )
    parts = split(store)
    assert VALIDATION_LIMIT - 3 <= len(parts.validation) <= VALIDATION_LIMIT
    assert len(parts.test) == 9


def test_a_split_given_is_taken_as_it_is():
    given_parts = ["train", "validation", "test"] * 4
    store = store_of([(n % 2, n, part) for n, part in enumerate(given_parts)])
    parts = split(store)
    assert parts.train.tolist() == [0, 3, 6, 9]
    assert parts.validation.tolist() == [1, 4, 7, 10]
    assert parts.test.tolist() == [2, 5, 8, 11]
    assert not parts.notes


def test_with_validation_but_no_test_pictures_none_are_set_aside():
    store = store_of([(n % 2, n, "validation" if n < 10 else "train") for n in range(40)])
    parts = split(store)
    assert (len(parts.train), len(parts.validation), len(parts.test)) == (30, 10, 0)


def test_training_pictures_alone_are_split_like_any():
    pictures = [(n % 2, n, None) for n in range(40)]
    alone, unsplit = store_of([(label, n, "train") for label, n, _ in pictures]), store_of(pictures)
    assert np.array_equal(split(alone).test, split(unsplit).test)


def test_a_class_missing_from_a_part_is_noted_and_mislabels_nothing():
    store = store_of(
        [(0, n, "train") for n in range(9)] + [(1, 10 + n, "train") for n in range(9)] + [(1, 50, "test")]
    )
    parts = split(store)
    assert "no test pictures of the class 'class 0'" in parts.notes
    assert store.labels[parts.test].tolist() == [1]


def test_pictures_given_on_both_sides_are_noted():
    store = store_of([(n % 2, n, "train") for n in range(8)] + [(0, 0, "test"), (1, 99, "test")])
    assert "test pictures that equal training pictures, byte by byte: 1" in split(store).notes


def test_a_class_of_equal_pictures_cannot_be_split():
    with pytest.raises(DataError, match="'class 1' cannot be split"):
        split(store_of([(0, 1, None), (0, 2, None), (1, 3, None), (1, 3, None)]))


def test_equal_pictures_of_two_classes_stay_together():
    store = store_of(
        [(label, n, None) for label in (0, 1) for n in (*range(9), f"own {label}", f"more {label}")]
    )
    parts = split(store)
    names = np.array(store.names)
    assert not set(names[parts.test]) & set(names[np.concatenate([parts.train, parts.validation])])


def plain(count, part=None, start=0):
    """Pictures of two classes, all different."""
    return [(label, f"{label}-{start + number}", part) for label in (0, 1) for number in range(count)]


def test_cross_validation_learns_from_all_of_few_pictures():
    parts = split_for_cross_validation(store_of(plain(20)))
    assert parts.train.tolist() == list(range(40))
    assert not len(parts.validation)
    assert not len(parts.test)


def test_cross_validation_keeps_the_test_set_of_many_and_needs_no_validation_set():
    store = store_of(plain(5 * FEWEST_TEST_PICTURES // 2))
    parts = split_for_cross_validation(store)
    assert parts.test.tolist() == split(store).test.tolist()
    assert not len(parts.validation)
    assert sorted([*parts.train.tolist(), *parts.test.tolist()]) == list(range(len(store.labels)))
    assert not [note for note in parts.notes if "validation" in note]


def test_cross_validation_keeps_the_parts_that_are_given():
    given = plain(5, "train") + plain(2, "validation", 50) + plain(2, "test", 70)
    for pictures in (given, given[:10] + given[14:], given[:14]):
        store = store_of(pictures)
        parts = split_for_cross_validation(store)
        for part in ("train", "validation", "test"):
            expected = [index for index, (_, _, own) in enumerate(pictures) if own == part]
            assert getattr(parts, part).tolist() == expected
