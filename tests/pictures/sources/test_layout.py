import pytest
from hypothesis import given
from hypothesis import strategies as st

from convscope.errors import DataError
from convscope.pictures.sources.layout import lay_out


def found(*names):
    return [(item.label, item.part) for item in lay_out("source", names).items]


def test_flat_class_folders():
    assert found("cats/1.jpg", "dogs/2.PNG") == [("cats", None), ("dogs", None)]


def test_folders_inside_a_class_belong_to_it():
    assert found("cats/indoor/1.jpg", "dogs/2.jpg") == [("cats", None), ("dogs", None)]


def test_parts_under_common_names():
    names = ("Training_Set/cats/1.jpg", "valid/cats/2.jpg", "TEST/dogs/deep/3.jpg")
    assert found(*names) == [("cats", "train"), ("cats", "validation"), ("dogs", "test")]


@pytest.mark.parametrize("wrapper", ["pets/", "data/pets-v1/"])
def test_folders_that_only_wrap_are_looked_through(wrapper):
    assert found(f"{wrapper}cats/1.jpg", f"{wrapper}dogs/2.jpg") == [("cats", None), ("dogs", None)]
    assert found(f"{wrapper}train/cats/1.jpg", f"{wrapper}test/cats/2.jpg") == [
        ("cats", "train"),
        ("cats", "test"),
    ]


def test_a_part_alone_is_a_part():
    assert found("test/cats/1.jpg", "test/dogs/1.jpg") == [("cats", "test"), ("dogs", "test")]


def test_a_class_may_be_called_like_a_part():
    assert found("train/1.jpg", "bus/1.jpg") == [("train", None), ("bus", None)]
    assert found("train/steam/1.jpg", "bus/1.jpg") == [("train", None), ("bus", None)]


def test_unlabelled_pictures_beside_class_folders_are_noted():
    layout = lay_out("source", ["train/cats/1.jpg", "train/dogs/1.jpg", "test/1.jpg", "cover.jpg"])
    assert [item.part for item in layout.items] == ["train", "train"]
    assert layout.notes == ("pictures left out as they lie outside any class folder: 2",)


def test_files_that_are_no_pictures_are_noted_and_hidden_ones_are_not():
    names = ["cats/1.jpg", "dogs/1.jpg", "cats/readme.txt", "LICENSE", ".DS_Store", "__MACOSX/cats/._1.jpg"]
    layout = lay_out("source", [*names, "cats/.hidden.jpg", "dogs/Thumbs.db", ".git/x/y.png"])
    assert layout.members == (0, 1)
    assert layout.notes == ("files left out as no pictures by their suffix: 2 (.txt, none)",)


def test_accents_written_in_two_ways_are_one_class():
    assert len({label for label, _ in found("train/Käfer/1.jpg", "test/Ka\u0308fer/1.jpg")}) == 1


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "it is empty"),
        (["cats/.hidden.jpg"], "it is empty"),
        (["cats/1.txt", "2.csv"], "2 files have other suffixes"),
        (["1.jpg", "2.jpg"], "no class folders"),
    ],
)
def test_what_holds_no_classes_says_why(names, message):
    with pytest.raises(DataError, match=message):
        lay_out("source", names)


@given(
    st.lists(st.text(st.sampled_from("ab./\\: train\n\udcff"), max_size=12).map(lambda name: f"{name}.png"))
)
def test_any_names_give_items_or_an_error(names):
    try:
        layout = lay_out("source", names)
    except DataError:
        return
    assert len(layout.items) == len(layout.members) == len(set(layout.members))
    assert all(item.name.isprintable() and item.label for item in layout.items)
