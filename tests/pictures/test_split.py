import hashlib
import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from convscope.errors import DataError
from convscope.pictures.near_duplicates.looks import Looks
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


# For each class, the count of each content; contents belong to one class or to all.
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


def grouped(pictures, groups, *, given=True):
    """A store whose pictures have these groups, given by the source or by names such as `g7-0`."""
    names = [f"g{group}-{place}" for place, group in enumerate(groups)]
    store = replace(store_of(pictures), names=names)
    return replace(store, given_groups=np.array(groups, np.int64)) if given else store


GROUPED = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 12), st.integers(1, 6)), min_size=4, max_size=30
).map(lambda rows: [(label, group) for label, group, count in rows for _ in range(count)])


@given(GROUPED, st.booleans())
def test_no_group_is_on_two_sides(rows, given):
    assume(len({label for label, _ in rows}) > 1)
    assume(min(Counter(label for label, _ in rows).values()) > 1)
    labels = {label: number for number, label in enumerate(sorted({label for label, _ in rows}))}
    assume(len(set(rows)) > len(labels))  # groups that are classes are ignored
    pictures = [(labels[label], f"{place}", None) for place, (label, _) in enumerate(rows)]
    groups = [group for _, group in rows]
    parts = split(grouped(pictures, groups, given=given), None if given else r"(g\d+)-")
    sides = [{groups[index] for index in part} for part in (parts.train, parts.validation, parts.test)]
    assert sum(map(len, sides)) == len(set(groups))
    for label in labels.values():  # all tested classes were trained on
        assert any(pictures[index][0] == label for index in parts.train)


def test_groups_of_one_class_are_tested_in_their_share():
    rows = [(label, 100 * label + group) for label in (0, 1) for group in range(20) for _ in range(10)]
    store = grouped([(label, place, None) for place, (label, _) in enumerate(rows)], [g for _, g in rows])
    parts = split(store)
    assert np.bincount(store.labels[parts.test]).tolist() == [40, 40]
    assert np.bincount(store.labels[parts.validation]).tolist() == [10, 10]
    assert "groups given: 40, each kept together wherever pictures are set aside" in parts.notes


def test_groups_of_several_classes_are_tested_in_about_their_share():
    rng = np.random.default_rng(0)
    rows = [(int(label), group) for group in range(30) for label in rng.integers(0, 3, rng.integers(5, 30))]
    store = grouped([(label, place, None) for place, (label, _) in enumerate(rows)], [g for _, g in rows])
    shares = np.bincount(store.labels[split(store).test]) / np.bincount(store.labels)
    assert (shares > 0.13).all()
    assert (shares < 0.27).all()


def test_a_class_of_one_group_is_learned_and_not_tested():
    rows = [(0, 7)] * 10 + [(1, group) for group in range(20)]
    store = grouped([(label, place, None) for place, (label, _) in enumerate(rows)], [g for _, g in rows])
    parts = split(store)
    assert "no test pictures of the class 'class 0'" in parts.notes
    assert set(range(10)) <= set(parts.train.tolist())


def test_a_pattern_that_fits_no_name_is_refused():
    with pytest.raises(DataError, match="fits no picture's name"):
        split(grouped([(n % 2, n, None) for n in range(8)], range(8), given=False), "frame")


def test_groups_that_are_classes_are_not_used():
    rows = [(label, label // 2) for label in range(4) for _ in range(20)]
    pictures = [(label, place, None) for place, (label, _) in enumerate(rows)]
    parts = split(grouped(pictures, [group for _, group in rows]))
    assert "the groups given are not used: each class is in one of them, whole" in parts.notes
    assert np.array_equal(parts.test, split(store_of(pictures)).test)
    with pytest.raises(DataError, match="puts each class into one group"):
        split(grouped(pictures, [group for _, group in rows], given=False), r"(g\d+)-")


def test_groups_that_are_given_to_two_parts_are_noted():
    parts = ["train", "test"] * 10
    store = grouped([(n // 2 % 2, n, part) for n, part in enumerate(parts)], [n // 4 for n in range(20)])
    assert "groups of which there are both training and test pictures: 5" in split(store).notes


def frames(scenes, copies, labels=2, seed=0):
    """Looks of scenes with several frames each, and their labels."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (scenes, 8, 8)).repeat(4, axis=1).repeat(4, axis=2)
    pixels = (pixels // 2 + rng.integers(0, 128, (scenes, 32, 32))).repeat(copies, axis=0)
    noisy = np.clip(pixels + rng.normal(0, 2, pixels.shape), 0, 255).astype(np.uint8)
    looks = Looks(noisy, np.full((len(noisy), 4, 4, 3), 90, np.uint8))
    scene = np.arange(scenes).repeat(copies)
    return looks, scene, scene % labels


@pytest.mark.parametrize(("scenes", "copies"), [(40, 2), (20, 7), (20, 10), (8, 50)])
def test_near_duplicates_stay_on_one_side(scenes, copies):
    looks, scene, labels = frames(scenes, copies)
    store = store_of([(label, place, None) for place, label in enumerate(labels.tolist())])
    parts = split(replace(store, looks=looks))
    sides = [set(scene[part]) for part in (parts.train, parts.validation, parts.test)]
    assert sum(map(len, sides)) == scenes
    assert all(sides)
    found = f"near-duplicates: {scenes * copies:,} pictures in {scenes} clusters, kept on one side"
    assert any(note.startswith(found) for note in parts.notes)
    without = split(store)
    assert set(scene[without.train]) & set(scene[without.test])  # the pictures that would have been tested


def test_near_duplicates_of_given_parts_are_named():
    looks, _, labels = frames(20, 2)
    given = ["train", "test"] * 10 + ["train", "train", "test", "test"] * 5
    store = store_of(
        [(label, place, part) for (place, label), part in zip(enumerate(labels), given, strict=True)]
    )
    notes = split(replace(store, looks=looks)).notes
    expected = "test pictures that are nearly equal to training pictures: 10, such as 1 to 0"
    assert any(note.startswith(expected) for note in notes)
    assert any(note.startswith("near-duplicates: 20 pictures in 10 clusters") for note in notes)


def test_a_class_of_near_duplicates_alone_is_split_all_the_same():
    looks, _, labels = frames(11, 10)
    labels = np.where(np.arange(110) < 10, 0, 1)
    store = store_of([(label, place, None) for place, label in enumerate(labels.tolist())])
    parts = split(replace(store, looks=looks))
    assert any("all pictures of 'class 0' are near-duplicates of each other" in note for note in parts.notes)
    for part in (parts.train, parts.test):
        assert set(store.labels[part]) == {0, 1}


@pytest.mark.parametrize(
    ("sizes", "torn"), [((95, 1, 1, 1, 1, 1), ["test", "validation"]), ((50, 50), ["validation"])]
)
def test_near_duplicates_do_not_ruin_a_split(sizes, torn):
    looks, *_ = frames(2 * len(sizes), 1)
    looks = looks[np.repeat(np.arange(2 * len(sizes)), sizes * 2)]
    noise = np.random.default_rng(0).normal(0, 2, looks.thumbnails.shape)
    noisy = np.clip(looks.thumbnails + noise, 0, 255).astype(np.uint8)
    store = store_of([(place // 100, place, None) for place in range(200)])
    parts = split(replace(store, looks=replace(looks, thumbnails=noisy)))
    told = [re.search("are on both sides where ([a-z]*) pictures", note) for note in parts.notes]
    assert [found[1] for found in told if found] == torn
    for indices, least, most in ((parts.train, 45, 80), (parts.validation, 4, 10), (parts.test, 10, 50)):
        assert all(least <= (store.labels[indices] == label).sum() <= most for label in (0, 1))


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_pictures_does_not_change_which_groups_are_tested(seed):
    looks, scene, labels = frames(20, 5)
    shuffled = np.random.default_rng(seed).permutation(100)
    stores = [
        replace(store_of([(int(labels[place]), place, None) for place in order]), looks=looks[order])
        for order in (np.arange(100), shuffled)
    ]
    one, other = (split(store).test for store in stores)
    assert set(scene[one]) == set(scene[shuffled[other]])
